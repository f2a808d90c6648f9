using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Synthesis.Vms;

/// <summary>
/// Client of QEMU's guest agent (qemu-ga(8)), a program in the guest that answers on a virtio port. The guest may have none, and is not
/// trusted: lengths and times are limited.
/// </summary>
internal sealed class GuestAgent : IDisposable
{
    private const int LongestAnswer = 64 << 10;
    private const byte Delimiter = 0xff;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly NetworkStream _stream;
    private readonly QmpLines _lines;

    private GuestAgent(NetworkStream stream) => (_stream, _lines) = (stream, new QmpLines(stream, LongestAnswer));

    /// <summary>Connects to the agent; null when there is none, or it does not answer before <paramref name="ct"/> is cancelled.</summary>
    public static async Task<GuestAgent?> FindAsync(RunningVm vm, CancellationToken ct)
    {
        if (!await vm.HasAgentAsync(ct))
            return null;
        var socket = await vm.ConnectAsync(QemuArguments.AgentSocket, ct);
        var agent = new GuestAgent(new NetworkStream(socket, ownsSocket: true));
        try
        {
            // The delimiter ends whatever an earlier client left unfinished; the number tells our answer from old ones.
            var number = Random.Shared.Next(1, int.MaxValue);
            await agent._stream.WriteAsync(
                (byte[])
                    [
                        Delimiter,
                        .. Encoding.ASCII.GetBytes(
                            $"{{\"execute\":\"guest-sync-delimited\",\"arguments\":{{\"id\":"
                                + $"{number.ToString(CultureInfo.InvariantCulture)}}}}}\n"
                        ),
                    ],
                ct
            );
            while (await agent.AnswerAsync(ct) is { } answer)
                if (answer.Number("return") == number)
                    return agent;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or CloudletException)
        {
            // No agent, or one that sends garbage.
        }

        agent.Dispose();
        return null;
    }

    /// <summary>Runs a command, given as one line of JSON. Null when it is refused or the answer is not valid.</summary>
    public async Task<JsonElement?> ExecuteAsync(string request, CancellationToken ct)
    {
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(request + "\n"), ct);
        return await AnswerAsync(ct) is { } answer && answer.TryGetProperty("return", out var returned) ? returned : null;
    }

    /// <summary>
    /// Runs a shell script in the guest as root; returns its exit status. Null when the agent does not allow it, or a signal ended it.
    /// </summary>
    public async Task<int?> RunAsync(string script, CancellationToken ct)
    {
        var started = await ExecuteAsync(
            $$$"""{"execute":"guest-exec","arguments":{"path":"/bin/sh","arg":["-c","{{{JsonEncodedText.Encode(script)}}}"]}}""",
            ct
        );
        if (started?.Number("pid") is not { } pid)
            return null;
        for (; ; await Task.Delay(Pause, ct))
        {
            var status = await ExecuteAsync(
                $$$"""{"execute":"guest-exec-status","arguments":{"pid":{{{pid.ToString(CultureInfo.InvariantCulture)}}}}}""",
                ct
            );
            if (status is not { ValueKind: JsonValueKind.Object } known || !known.TryGetProperty("exited", out var exited))
                return null;
            if (exited.ValueKind == JsonValueKind.True)
                return (int?)known.Number("exitcode");
        }
    }

    public void Dispose() => _stream.Dispose();

    private async Task<JsonElement?> AnswerAsync(CancellationToken ct)
    {
        while (await _lines.ReadAsync(ct) is { } line)
        {
            var text = line.Slice(line.Span.LastIndexOf(Delimiter) + 1);
            try
            {
                using var document = JsonDocument.Parse(text);
                if (document.RootElement.ValueKind == JsonValueKind.Object)
                    return document.RootElement.Clone();
            }
            catch (JsonException)
            {
                continue;
            }
        }

        return null;
    }
}
