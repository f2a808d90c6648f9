using System.Text;
using CliWrap.Exceptions;

namespace CliWrap.Buffered;

/// <summary>Runs a command and keeps all it writes, in addition to the pipes that the command already has.</summary>
public static class BufferedCommandExtensions
{
    /// <summary>
    /// As <see cref="Command.ExecuteAsync(CancellationToken, CancellationToken)"/>; when validation fails, the message holds the
    /// standard error and the inner exception the command.
    /// </summary>
    public static CommandTask<BufferedCommandResult> ExecuteBufferedAsync(
        this Command command,
        Encoding standardOutputEncoding,
        Encoding standardErrorEncoding,
        CancellationToken forcefulCancellationToken,
        CancellationToken gracefulCancellationToken)
    {
        var output = new StringBuilder();
        var error = new StringBuilder();
        var running = command
            .WithStandardOutputPipe(
                PipeTarget.Merge(command.StandardOutputPipe, PipeTarget.ToStringBuilder(output, standardOutputEncoding)))
            .WithStandardErrorPipe(
                PipeTarget.Merge(command.StandardErrorPipe, PipeTarget.ToStringBuilder(error, standardErrorEncoding)))
            .ExecuteAsync(forcefulCancellationToken, gracefulCancellationToken);
        return new CommandTask<BufferedCommandResult>(CollectAsync(running, output, error), running.ProcessId);
    }

    /// <summary>Runs the command; cancelling kills its whole tree.</summary>
    public static CommandTask<BufferedCommandResult> ExecuteBufferedAsync(
        this Command command,
        Encoding standardOutputEncoding,
        Encoding standardErrorEncoding,
        CancellationToken cancellationToken = default) =>
        command.ExecuteBufferedAsync(standardOutputEncoding, standardErrorEncoding, cancellationToken, CancellationToken.None);

    /// <summary>Runs the command, decoding both streams with one encoding; cancelling kills its whole tree.</summary>
    public static CommandTask<BufferedCommandResult> ExecuteBufferedAsync(
        this Command command,
        Encoding encoding,
        CancellationToken cancellationToken = default) =>
        command.ExecuteBufferedAsync(encoding, encoding, cancellationToken);

    /// <summary>Runs the command, decoding both streams as UTF-8; cancelling kills its whole tree.</summary>
    public static CommandTask<BufferedCommandResult> ExecuteBufferedAsync(
        this Command command,
        CancellationToken cancellationToken = default) =>
        command.ExecuteBufferedAsync(Encoding.Default, cancellationToken);

    private static async Task<BufferedCommandResult> CollectAsync(
        CommandTask<CommandResult> running,
        StringBuilder output,
        StringBuilder error)
    {
        try
        {
            var result = await running;
            return new BufferedCommandResult(result.ExitCode, result.StartTime, result.ExitTime, output.ToString(), error.ToString());
        }
        catch (CommandExecutionException e)
        {
            throw new CommandExecutionException(
                e.Command,
                e.ExitCode,
                $"""
                Command failed; the inner exception says which.

                Standard error:
                {error.ToString().Trim()}
                """,
                e);
        }
    }
}
