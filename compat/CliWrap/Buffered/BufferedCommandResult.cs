namespace CliWrap.Buffered;

/// <summary>Outcome of a finished process with everything it wrote.</summary>
public class BufferedCommandResult(
    int exitCode,
    DateTimeOffset startTime,
    DateTimeOffset exitTime,
    string standardOutput,
    string standardError) : CommandResult(exitCode, startTime, exitTime)
{
    /// <summary>What the process wrote to its standard output.</summary>
    public string StandardOutput { get; } = standardOutput;

    /// <summary>What the process wrote to its standard error.</summary>
    public string StandardError { get; } = standardError;
}
