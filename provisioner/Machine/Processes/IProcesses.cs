namespace Cloudlet.Machine.Processes;

/// <summary>Result of a helper program.</summary>
/// <param name="ExitCode">Its exit status.</param>
/// <param name="Output">Standard output, UTF-8.</param>
/// <param name="Error">Standard error, UTF-8.</param>
public sealed record ProcessResult(int ExitCode, string Output, string Error);

/// <summary>Runs the helper programs of <see cref="HelperPrograms"/>; no other program is started on a host.</summary>
public interface IProcesses
{
    /// <summary>
    /// Runs a program without a shell, LC_ALL=C, and waits. A non-zero exit is a result, not an error. NotFound when the program is not
    /// installed (the message names the Debian package), Timeout when it ran longer than <paramref name="timeout"/> (interrupted first,
    /// then killed with its children). Cancelling stops it the same way.
    /// </summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments, passed as they are.</param>
    /// <param name="timeout">How long it may run.</param>
    /// <param name="ct">Stops it early.</param>
    /// <param name="input">Standard input, UTF-8; null for none.</param>
    /// <param name="environment">Variables to set, or to remove where the value is null, on top of ours.</param>
    /// <param name="onErrorLine">Called with each line of standard error as it arrives, from any thread; null: no callback.</param>
    Task<ProcessResult> RunAsync(
        HelperProgram program,
        IReadOnlyList<string> arguments,
        TimeSpan timeout,
        CancellationToken ct,
        string? input = null,
        IReadOnlyDictionary<string, string?>? environment = null,
        Action<string>? onErrorLine = null
    );
}
