namespace Cloudlet.DesiredState.Kinds.Programs;

/// <summary>
/// A copy of the applying program, kept on the host so that units can run it. Its content is not described: it is always the program that
/// applies, so that a newer program installs a newer daemon.
/// </summary>
public sealed record ProgramSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "program";

    /// <summary>The value of <see cref="Version"/> when the copy is as described.</summary>
    public const string Current = "current";

    /// <summary>The value of <see cref="Version"/> for another, working version of our program.</summary>
    public const string Another = "another program";

    /// <summary>The id of the program at <paramref name="path"/>.</summary>
    public static string IdOf(string path) => $"{Word}:{path}";

    /// <summary>Absolute path of the copy.</summary>
    public required string Path { get; init; }

    /// <summary><see cref="Current"/>: the copy is the observing program; else a description of what was found.</summary>
    public string? Version { get; init; }
}
