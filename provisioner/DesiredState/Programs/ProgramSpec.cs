namespace Cloudlet.DesiredState.Programs;

/// <summary>A copy of the program that applies, kept on the host so that units can run it. Its content is not described: it is that of whoever applies, so that a newer program brings a newer daemon.</summary>
public sealed record ProgramSpec : ResourceSpec
{
    /// <summary>The value of <see cref="Version"/> when all is well.</summary>
    public const string Current = "current";

    /// <summary>The id of the program at <paramref name="path"/>.</summary>
    public static string IdOf(string path) => $"program:{path}";

    /// <summary>Absolute path of the copy.</summary>
    public required string Path { get; init; }

    /// <summary><see cref="Current"/>: the copy is the program that looks; else what it is.</summary>
    public string? Version { get; init; }
}
