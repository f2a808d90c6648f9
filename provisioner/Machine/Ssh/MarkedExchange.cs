using System.Text;
using CliWrap;

namespace Cloudlet.Machine.Ssh;

/// <summary>A command to run on a host.</summary>
/// <param name="Command">Program and arguments.</param>
/// <param name="Input">Its standard input.</param>
/// <param name="Output">Receives its standard output.</param>
/// <param name="Error">Receives its standard error.</param>
/// <param name="Timeout">Time limit.</param>
internal sealed record SshRun(IReadOnlyList<string> Command, Stream Input, PipeTarget Output, PipeTarget Error, TimeSpan Timeout)
{
    /// <summary>Its name in messages.</summary>
    public string What { get; init; } = $"'{Command[0]}'";
}

/// <summary>
/// The streams of one command over ssh. Only output of the command itself reaches the targets, and its input is sent after it has started,
/// so that no start file consumes it.
/// </summary>
/// <param name="run">The command.</param>
/// <param name="onBegin">Called when it has started.</param>
internal sealed class MarkedExchange(SshRun run, Action onBegin) : IDisposable
{
    private readonly MarkedCommand _command = new(run.Command);
    private readonly TaskCompletionSource<bool> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LastLines _lines = new(4);
    private MarkedStream? _output;

    /// <summary>The command line for the host.</summary>
    public string Line => _command.Line;

    /// <summary>True when the command has started.</summary>
    public bool HasBegun => _output?.HasBegun == true;

    /// <summary>The exit code of the command itself; null when it did not report one.</summary>
    public int? ExitCode => _output?.ExitCode;

    /// <summary>
    /// The last messages of ssh, the command and, if that did not run, the start files, to be appended to a message; empty when there are
    /// none.
    /// </summary>
    public string Words
    {
        get
        {
            var lines = _lines.All;
            if (!HasBegun && _output?.Noise is { } noise)
                lines =
                [
                    .. noise.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).TakeLast(2),
                    .. lines,
                ];
            return lines.Count == 0 ? "" : $": {string.Join(" | ", lines)}";
        }
    }

    /// <summary>
    /// True when a resolver reported that the name does not exist, so that a retry is useless; false when it did not answer.
    /// </summary>
    public bool NameIsUnknown =>
        !HasBegun
        && _lines.All.Any(static l =>
            l.Contains("Could not resolve hostname", StringComparison.Ordinal)
            && (l.Contains("not known", StringComparison.Ordinal) || l.Contains("No address associated", StringComparison.Ordinal))
        );

    /// <inheritdoc/>
    public void Dispose() => _output?.Dispose();

    /// <summary>The ssh program with its streams connected.</summary>
    public Command Attach(Command ssh) =>
        ssh.WithStandardInputPipe(PipeSource.Create(SendAsync))
            .WithStandardOutputPipe(PipeTarget.Create(ReceiveAsync))
            .WithStandardErrorPipe(
                PipeTarget.Merge(
                    PipeTarget.Create((origin, ct) => CopyAsync(run.Error, new MarkedStream(origin, _command, static () => { }), ct)),
                    PipeTarget.ToDelegate(line => _lines.Add(_command.WithoutMarks(line)), Encoding.UTF8)
                )
            );

    private async Task SendAsync(Stream destination, CancellationToken ct)
    {
        // Without input, a start file that reads gets an end of file at once and does not block.
        if (run.Input != Stream.Null && await _begun.Task.WaitAsync(ct))
            await PipeSource.FromStream(run.Input).CopyToAsync(destination, ct);
    }

    private async Task ReceiveAsync(Stream origin, CancellationToken ct)
    {
        _output = new MarkedStream(
            origin,
            _command,
            () =>
            {
                onBegin();
                _begun.TrySetResult(true);
            }
        );
        try
        {
            await CopyAsync(run.Output, _output, ct);
        }
        finally
        {
            _begun.TrySetResult(false);
        }
    }

    /// <summary>Reads to the end even when the output is not wanted: closing the stream would kill its writer.</summary>
    private static Task CopyAsync(PipeTarget target, MarkedStream stream, CancellationToken ct) =>
        (target == PipeTarget.Null ? PipeTarget.ToStream(Stream.Null) : target).CopyFromAsync(stream, ct);

    /// <summary>Keeps the last lines of a stream, where ssh reports why it failed.</summary>
    private sealed class LastLines(int count)
    {
        private readonly Queue<string> _lines = new();

        public IReadOnlyList<string> All
        {
            get
            {
                lock (_lines)
                    return [.. _lines];
            }
        }

        public void Add(string line)
        {
            if (string.IsNullOrWhiteSpace(line))
                return;
            lock (_lines)
            {
                _lines.Enqueue(line.Trim());
                if (_lines.Count > count)
                    _lines.Dequeue();
            }
        }
    }
}
