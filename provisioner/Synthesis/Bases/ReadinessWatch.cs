using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Synthesis.Bases;

/// <summary>Waits until a guest is ready, has ended, or the time limit is over.</summary>
internal sealed class ReadinessWatch(
    Readiness until,
    QemuProcess qemu,
    QmpClient control,
    string consoleLog,
    int? hostPort,
    Func<CancellationToken, Task>? person
)
{
    /// <summary>Share of one processor that an idle guest may use: timers, and the emulator itself.</summary>
    private const double Idle = 0.1;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan News = TimeSpan.FromSeconds(5);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private long _searched;
    private (TimeSpan At, TimeSpan Used) _lastWork;

    /// <summary>
    /// Returns when the guest is ready. ProcessFailed when it ends before, Timeout after <paramref name="limit"/>; both with the end of its
    /// console output.
    /// </summary>
    public async Task WaitAsync(TimeSpan limit, IProgress<string> progress, CancellationToken ct)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var confirmed = person is null || until.Kind != ReadinessKind.Manual ? null : person(stop.Token);
        try
        {
            for (var news = News; !await IsReadyAsync(confirmed, ct); await Task.Delay(Pause, ct))
            {
                if (!qemu.Identity.IsAlive)
                    throw qemu.Explain(
                        $"the guest ended after {_watch.Elapsed.TotalSeconds:0} s, before it was ready (waited for {until}). Its "
                            + $"console ended with:\n{LogTail.Of(consoleLog, 15)}\n"
                    );
                if (control.CountOf("BLOCK_IO_ERROR") > 0)
                    throw qemu.Explain(
                        $"the guest is stalled after {_watch.Elapsed.TotalSeconds:0} s, because its disk can't be written: the file "
                            + $"system of {Path.GetDirectoryName(consoleLog)} is full or broken"
                    );
                if (_watch.Elapsed > limit)
                    throw new CloudletException(
                        ErrorKind.Timeout,
                        $"waited {limit.TotalSeconds:0} s for {until}; give more time with --timeout, or look at the end of its "
                            + $"console:\n{LogTail.Of(consoleLog, 15)}"
                    );
                if (_watch.Elapsed < news)
                    continue;
                news += News;
                progress.Report($"{_watch.Elapsed.TotalSeconds:0} s, waiting for {until}; console: {LogTail.Of(consoleLog, 1)}");
            }
        }
        finally
        {
            await stop.CancelAsync();
        }
    }

    private async Task<bool> IsReadyAsync(Task? person, CancellationToken ct)
    {
        switch (until.Kind)
        {
            case ReadinessKind.Serial:
                return HasText();
            case ReadinessKind.Port:
                return await AnswersAsync(ct);
            case ReadinessKind.Idle:
                return IsIdle();
            case ReadinessKind.Time:
                return _watch.Elapsed.TotalSeconds >= until.Number;
            default:
                if (person is not { IsCompleted: true })
                    return false;
                await person;
                return true;
        }
    }

    /// <summary>Searches the new output, and as much before it as the start of the text may be in.</summary>
    private bool HasText()
    {
        var text = Encoding.UTF8.GetBytes(until.Text);
        using var file = File.OpenHandle(consoleLog, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var buffer = new byte[64 << 10];
        while (RandomAccess.Read(file, buffer, _searched) is > 0 and var read)
        {
            if (buffer.AsSpan(0, read).IndexOf(text) >= 0)
                return true;
            if (read <= text.Length)
                return false;
            _searched += read - text.Length;
        }

        return false;
    }

    private bool IsIdle()
    {
        var (now, used) = (_watch.Elapsed, qemu.Identity.ProcessorTime ?? TimeSpan.Zero);
        if (now - _lastWork.At < TimeSpan.FromSeconds(until.Number))
            return false;
        var isIdle = used - _lastWork.Used < (now - _lastWork.At) * Idle;
        _lastWork = (now, used);
        return isIdle && now.TotalSeconds >= 2 * until.Number;
    }

    /// <summary>
    /// QEMU accepts every connection and only then connects to the guest. The guest has answered when it sent something, or when QEMU lists
    /// the connection as established. A guest that sends first and hangs up leaves that list too soon to be seen in it.
    /// </summary>
    private async Task<bool> AnswersAsync(CancellationToken ct)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, hostPort!.Value), ct);
        }
        catch (SocketException)
        {
            return false;
        }

        for (var tries = 0; tries < 10; tries++)
        {
            await Task.Delay(Pause, ct);
            if (socket.Available > 0)
                return true;
            var list = await control.ExecuteAsync("human-monitor-command", json => json.WriteString("command-line", "info usernet"), ct);
            if (
                (list.ValueKind == JsonValueKind.String ? list.GetString()! : "")
                    .Split('\n')
                    .Any(l =>
                        l.Contains("TCP[ESTABLISHED]", StringComparison.Ordinal)
                        && l.Split(' ', StringSplitOptions.RemoveEmptyEntries).Contains($"{until.Number}")
                    )
            )
                return true;
        }

        return false;
    }
}
