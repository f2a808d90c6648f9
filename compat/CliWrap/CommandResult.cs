namespace CliWrap;

/// <summary>Outcome of a finished process.</summary>
public class CommandResult(int exitCode, DateTimeOffset startTime, DateTimeOffset exitTime)
{
    /// <summary>Exit code; 128 plus the signal number when a signal ended the process.</summary>
    public int ExitCode { get; } = exitCode;

    /// <summary>Whether the exit code is zero.</summary>
    public bool IsSuccess => ExitCode == 0;

    /// <summary>When the process was started.</summary>
    public DateTimeOffset StartTime { get; } = startTime;

    /// <summary>When the process was seen to have ended.</summary>
    public DateTimeOffset ExitTime { get; } = exitTime;

    /// <summary>Time from start to end.</summary>
    public TimeSpan RunTime => ExitTime - StartTime;
}
