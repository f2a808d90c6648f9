using System.Buffers;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>
/// QEMU's control protocol (qemu-qmp-ref(7)): one JSON object a line. The peer is not trusted: lines and waits are limited, and events are
/// counted, not kept. QEMU serves one client at a time; the next gets no greeting until it disconnects.
/// </summary>
internal sealed class QmpClient : IAsyncDisposable
{
    /// <summary>Limit in bytes. The longest answer in use, all CPU models with their features, has 0.2 MiB.</summary>
    private const int LongestLine = 4 << 20;

    private static readonly TimeSpan GreetingLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(30);

    private readonly Stream _stream;
    private readonly QmpLines _lines;
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly ConcurrentDictionary<string, int> _events = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource<JsonElement>? _waiting;
    private CloudletException? _end;
    private long _waitingId;
    private long _id;
    private Task _reading = Task.CompletedTask;

    private QmpClient(Stream stream) => (_stream, _lines) = (stream, new QmpLines(stream, LongestLine));

    /// <summary>Opens the protocol over a connected socket. Busy when no greeting comes, because another client is connected.</summary>
    public static Task<QmpClient> OpenAsync(Socket socket, CancellationToken ct) =>
        OpenAsync(new NetworkStream(socket, ownsSocket: true), GreetingLimit, ct);

    /// <summary>Opens the protocol over any stream, which is closed with this.</summary>
    internal static async Task<QmpClient> OpenAsync(Stream stream, TimeSpan greetingLimit, CancellationToken ct)
    {
        var client = new QmpClient(stream);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(greetingLimit);
            var greeting = Parse(await client._lines.ReadAsync(limit.Token) ?? throw Ended(null));
            if (greeting.ValueKind != JsonValueKind.Object || !greeting.TryGetProperty("QMP", out _))
                throw new CloudletException(ErrorKind.Unexpected, "QEMU's control socket did not send a QMP greeting");
            client._reading = client.ReadAsync();
            await client.ExecuteAsync("qmp_capabilities", ct);
            return client;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            await client.DisposeAsync();
            throw new CloudletException(
                ErrorKind.Busy,
                $"QEMU sent no greeting on its control socket within {greetingLimit.TotalSeconds:0.#} s: another command is "
                    + "connected to it, or it hangs; try again"
            );
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>How often an event of that name was received.</summary>
    public int CountOf(string name) => _events.GetValueOrDefault(name);

    /// <summary>Runs a command without arguments.</summary>
    public Task<JsonElement> ExecuteAsync(string command, CancellationToken ct) => ExecuteAsync(command, null, CommandLimit, ct);

    /// <summary>Runs a command.</summary>
    public Task<JsonElement> ExecuteAsync(string command, Action<Utf8JsonWriter> arguments, CancellationToken ct) =>
        ExecuteAsync(command, arguments, CommandLimit, ct);

    /// <summary>
    /// Runs a command and returns its answer. ProcessFailed with QEMU's error class and description when it refuses, Timeout after
    /// <paramref name="limit"/>, Unreachable when QEMU closes the connection.
    /// </summary>
    public async Task<JsonElement> ExecuteAsync(string command, Action<Utf8JsonWriter>? arguments, TimeSpan limit, CancellationToken ct)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(limit);
        try
        {
            await _oneAtATime.WaitAsync(timeout.Token);
            try
            {
                var answer = Expect(out var id);
                await _stream.WriteAsync(Request(command, arguments, id), timeout.Token);
                return Result(command, await answer.WaitAsync(timeout.Token));
            }
            finally
            {
                _oneAtATime.Release();
            }
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new CloudletException(
                ErrorKind.Timeout,
                $"QEMU did not answer '{command}' within {limit.TotalSeconds:0.#} s: the machine is too busy, or the process hangs"
            );
        }
        catch (IOException e)
        {
            throw Ended(e);
        }
    }

    /// <summary>Disconnects; QEMU keeps running.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _reading;
        _oneAtATime.Dispose();
    }

    private static CloudletException Ended(Exception? cause) =>
        new(ErrorKind.Unreachable, "QEMU closed its control socket: it has exited, or another command ended it", cause);

    private static ReadOnlyMemory<byte> Request(string command, Action<Utf8JsonWriter>? arguments, long id)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("execute", command);
            if (arguments is not null)
            {
                json.WriteStartObject("arguments");
                arguments(json);
                json.WriteEndObject();
            }

            json.WriteNumber("id", id);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenMemory;
    }

    private static JsonElement Result(string command, JsonElement answer)
    {
        if (answer.TryGetProperty("return", out var result))
            return result;
        var error = answer.TryGetProperty("error", out var found) ? found : default;
        throw new CloudletException(
            ErrorKind.ProcessFailed,
            $"QEMU refused '{command}': {error.Text("class") ?? "no class"}: {error.Text("desc") ?? "no reason given"}"
        );
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new CloudletException(ErrorKind.Unexpected, "QEMU's control socket sent a line that is not JSON", e);
        }
    }

    private Task<JsonElement> Expect(out long id)
    {
        lock (_lock)
        {
            if (_end is not null)
                throw new CloudletException(_end.Kind, _end.Message, _end);
            id = _waitingId = ++_id;
            _waiting = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
            return _waiting.Task;
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _lines.ReadAsync(CancellationToken.None) is { } line)
                Take(Parse(line));
            End(Ended(null));
        }
        catch (CloudletException e)
        {
            End(e);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            End(Ended(e));
        }
    }

    private void Take(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object)
            return;
        if (message.Text("event") is { } name)
        {
            // More than QEMU has: a malicious peer could invent names without end.
            if (_events.Count < 100 || _events.ContainsKey(name))
                _events.AddOrUpdate(name, 1, static (_, count) => count + 1);
            return;
        }

        lock (_lock)
            if (message.Number("id") == _waitingId)
                _waiting?.TrySetResult(message);
    }

    private void End(CloudletException why)
    {
        lock (_lock)
        {
            _end = why;
            _waiting?.TrySetException(why);
        }
    }
}
