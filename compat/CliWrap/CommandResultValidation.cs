namespace CliWrap;

/// <summary>Checks made on the outcome of a command.</summary>
[Flags]
public enum CommandResultValidation
{
    /// <summary>Any exit code is an ordinary result.</summary>
    None = 0,

    /// <summary>An exit code other than zero throws <see cref="Exceptions.CommandExecutionException"/>.</summary>
    ZeroExitCode = 1,
}
