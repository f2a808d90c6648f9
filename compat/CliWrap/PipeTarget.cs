using System.Text;
using CliWrap.Internal;

namespace CliWrap;

/// <summary>Where the standard output or standard error of a process goes.</summary>
public abstract class PipeTarget
{
    /// <summary>
    /// Nobody listens: the stream is closed at once, so a process that writes to it gets SIGPIPE or EPIPE.
    /// To let a process talk into the void, use <c>PipeTarget.ToStream(Stream.Null)</c>.
    /// </summary>
    public static PipeTarget Null { get; } = Create((_, _) => Task.CompletedTask);

    /// <summary>Reads the stream of the process to its end.</summary>
    public abstract Task CopyFromAsync(Stream origin, CancellationToken cancellationToken = default);

    /// <summary>A target made of an asynchronous delegate that reads the stream.</summary>
    public static PipeTarget Create(Func<Stream, CancellationToken, Task> handlePipeAsync) => new DelegateTarget(handlePipeAsync);

    /// <summary>A target made of a delegate that reads the stream; it blocks the call to ExecuteAsync while it runs.</summary>
    public static PipeTarget Create(Action<Stream> handlePipe) =>
        Create((origin, _) =>
        {
            handlePipe(origin);
            return Task.CompletedTask;
        });

    /// <summary>Writes to a stream, which stays open; flushes after every block if <paramref name="autoFlush"/> is set.</summary>
    public static PipeTarget ToStream(Stream stream, bool autoFlush) =>
        Create((origin, cancellationToken) => StreamCopy.RunAsync(origin, stream, autoFlush, cancellationToken));

    /// <summary>Writes to a stream, which stays open; flushes after every block.</summary>
    public static PipeTarget ToStream(Stream stream) => ToStream(stream, autoFlush: true);

    /// <summary>Writes to a file, created or emptied when the command runs.</summary>
    public static PipeTarget ToFile(string filePath) =>
        Create(async (origin, cancellationToken) =>
        {
            await using var file = File.Create(filePath);
            await origin.CopyToAsync(file, cancellationToken);
        });

    /// <summary>Appends to a string builder, decoding with the given encoding.</summary>
    public static PipeTarget ToStringBuilder(StringBuilder stringBuilder, Encoding encoding) =>
        Create(async (origin, cancellationToken) =>
        {
            using var reader = OpenReader(origin, encoding);
            var buffer = new char[4096];
            int count;
            while ((count = await reader.ReadAsync(buffer, cancellationToken)) > 0)
                stringBuilder.Append(buffer, 0, count);
        });

    /// <summary>Appends to a string builder, decoding UTF-8.</summary>
    public static PipeTarget ToStringBuilder(StringBuilder stringBuilder) => ToStringBuilder(stringBuilder, Encoding.Default);

    /// <summary>Calls an asynchronous delegate with every line.</summary>
    public static PipeTarget ToDelegate(Func<string, CancellationToken, Task> handleLineAsync, Encoding encoding) =>
        Create(async (origin, cancellationToken) =>
        {
            using var reader = OpenReader(origin, encoding);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
                await handleLineAsync(line, cancellationToken);
        });

    /// <summary>Calls an asynchronous delegate with every line, decoding UTF-8.</summary>
    public static PipeTarget ToDelegate(Func<string, CancellationToken, Task> handleLineAsync) =>
        ToDelegate(handleLineAsync, Encoding.Default);

    /// <summary>Calls an asynchronous delegate with every line.</summary>
    public static PipeTarget ToDelegate(Func<string, Task> handleLineAsync, Encoding encoding) =>
        ToDelegate((line, _) => handleLineAsync(line), encoding);

    /// <summary>Calls an asynchronous delegate with every line, decoding UTF-8.</summary>
    public static PipeTarget ToDelegate(Func<string, Task> handleLineAsync) => ToDelegate(handleLineAsync, Encoding.Default);

    /// <summary>Calls a delegate with every line.</summary>
    public static PipeTarget ToDelegate(Action<string> handleLine, Encoding encoding) =>
        ToDelegate(
            line =>
            {
                handleLine(line);
                return Task.CompletedTask;
            },
            encoding);

    /// <summary>Calls a delegate with every line, decoding UTF-8.</summary>
    public static PipeTarget ToDelegate(Action<string> handleLine) => ToDelegate(handleLine, Encoding.Default);

    /// <summary>Gives every target its own copy of the stream. The first target to fail stops the others.</summary>
    public static PipeTarget Merge(IEnumerable<PipeTarget> targets)
    {
        var listeners = targets.Where(target => target != Null).ToArray();
        return listeners switch
        {
            [] => Null,
            [var only] => only,
            _ => new MergedPipeTarget(listeners),
        };
    }

    /// <summary>Gives every target its own copy of the stream. The first target to fail stops the others.</summary>
    public static PipeTarget Merge(params PipeTarget[] targets) => Merge((IEnumerable<PipeTarget>)targets);

    private static StreamReader OpenReader(Stream origin, Encoding encoding) =>
        new(origin, encoding, detectEncodingFromByteOrderMarks: false, leaveOpen: true);

    private sealed class DelegateTarget(Func<Stream, CancellationToken, Task> handlePipeAsync) : PipeTarget
    {
        public override Task CopyFromAsync(Stream origin, CancellationToken cancellationToken = default) =>
            handlePipeAsync(origin, cancellationToken);
    }
}
