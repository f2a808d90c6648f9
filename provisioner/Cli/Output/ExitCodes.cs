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

    /// <summary>What each means, for the manual page of the program; verbs say more about theirs.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> Meanings { get; } =
    [
        (Ok, "every host is as described, or was made so"),
        (Failed, "at least one host could not be made as described, reached or read; or a step of a check failed"),
        (Drift, "`verify`: at least one host has drifted, and nothing worse happened"),
        (Invalid, "the site files, the state or the command line are wrong; nothing was touched"),
        (Interrupted, "interrupted"),
    ];
}
