namespace Cloudlet.Cli.Output;

/// <summary>Exit status of <c>cloudlet</c>. Documented in docs/guides/cli.md.</summary>
internal static class ExitCodes
{
    /// <summary>Every host is as described, or was made so.</summary>
    public const int Ok = 0;

    /// <summary>At least one host could not be made as described, reached or read.</summary>
    public const int Failed = 1;

    /// <summary><c>verify</c>: at least one host is not as described, and nothing worse happened.</summary>
    public const int Drift = 2;

    /// <summary>The site files, the state or the command line are wrong; nothing was touched.</summary>
    public const int Invalid = 3;

    /// <summary>Interrupted from the keyboard or by a signal.</summary>
    public const int Interrupted = 130;
}
