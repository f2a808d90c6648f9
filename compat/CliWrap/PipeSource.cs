using System.Text;
using CliWrap.Internal;

namespace CliWrap;

/// <summary>Where the standard input of a process comes from.</summary>
public abstract class PipeSource
{
    /// <summary>Nothing: the process reads end of file at once.</summary>
    public static PipeSource Null { get; } = Create((_, _) => Task.CompletedTask);

    /// <summary>Writes the content into the standard input of the process.</summary>
    public abstract Task CopyToAsync(Stream destination, CancellationToken cancellationToken = default);

    /// <summary>A source made of an asynchronous delegate that writes to the standard input.</summary>
    public static PipeSource Create(Func<Stream, CancellationToken, Task> handlePipeAsync) => new DelegateSource(handlePipeAsync);

    /// <summary>A source made of a delegate that writes to the standard input; it blocks the call to ExecuteAsync while it runs.</summary>
    public static PipeSource Create(Action<Stream> handlePipe) =>
        Create((destination, _) =>
        {
            handlePipe(destination);
            return Task.CompletedTask;
        });

    /// <summary>The rest of a stream, which stays open; flushes after every block if <paramref name="autoFlush"/> is set.</summary>
    public static PipeSource FromStream(Stream stream, bool autoFlush) =>
        Create((destination, cancellationToken) => StreamCopy.RunAsync(stream, destination, autoFlush, cancellationToken));

    /// <summary>The rest of a stream, which stays open; flushes after every block.</summary>
    public static PipeSource FromStream(Stream stream) => FromStream(stream, autoFlush: true);

    /// <summary>The content of a file, opened when the command runs.</summary>
    public static PipeSource FromFile(string filePath) =>
        Create(async (destination, cancellationToken) =>
        {
            await using var file = File.OpenRead(filePath);
            await file.CopyToAsync(destination, cancellationToken);
        });

    /// <summary>The given bytes.</summary>
    public static PipeSource FromBytes(byte[] data) =>
        Create(async (destination, cancellationToken) => await destination.WriteAsync(data, cancellationToken));

    /// <summary>The given string in the given encoding.</summary>
    public static PipeSource FromString(string str, Encoding encoding) => FromBytes(encoding.GetBytes(str));

    /// <summary>The given string in UTF-8.</summary>
    public static PipeSource FromString(string str) => FromString(str, Encoding.Default);

    /// <summary>The standard output of another command, which is started and cancelled together with the one it feeds.</summary>
    public static PipeSource FromCommand(Command command) =>
        Create(async (destination, cancellationToken) =>
            await command.WithStandardOutputPipe(PipeTarget.ToStream(destination)).ExecuteAsync(cancellationToken));

    private sealed class DelegateSource(Func<Stream, CancellationToken, Task> handlePipeAsync) : PipeSource
    {
        public override Task CopyToAsync(Stream destination, CancellationToken cancellationToken = default) =>
            handlePipeAsync(destination, cancellationToken);
    }
}
