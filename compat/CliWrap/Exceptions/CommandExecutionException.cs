namespace CliWrap.Exceptions;

/// <summary>A process ended with an exit code that did not pass validation.</summary>
public class CommandExecutionException(
    ICommandConfiguration command,
    int exitCode,
    string message,
    Exception? innerException = null) : CliWrapException(message, innerException)
{
    /// <summary>The command that was run.</summary>
    public ICommandConfiguration Command { get; } = command;

    /// <summary>Exit code of the process.</summary>
    public int ExitCode { get; } = exitCode;
}
