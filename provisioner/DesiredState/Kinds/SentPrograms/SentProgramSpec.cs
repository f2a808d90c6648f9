namespace Cloudlet.DesiredState.Kinds.SentPrograms;

/// <summary>
/// A program of ours that is not part of <c>cloudlet</c>, such as the cloudlet service. A description says only where it is; the command
/// that sends the description adds which content, if it has the program at hand.
/// </summary>
public sealed record SentProgramSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "sent-program";

    /// <summary>The value of <see cref="Content"/> for any program that runs, such as one of a package.</summary>
    public const string Any = "any that runs";

    /// <summary>Start of a <see cref="Content"/> that is a digest.</summary>
    public const string DigestPrefix = "sha256:";

    /// <summary>The id of the program at <paramref name="path"/>.</summary>
    public static string IdOf(string path) => $"{Word}:{path}";

    /// <summary>Absolute path on the host.</summary>
    public required string Path { get; init; }

    /// <summary><c>sha256:…</c> of the content, or <see cref="Any"/>; observed: also a description of what was found.</summary>
    public string? Content { get; init; }

    /// <summary>The digest in <see cref="Content"/>, 64 hexadecimal digits; null when it has no digest.</summary>
    public static string? DigestIn(string? content) =>
        content?.StartsWith(DigestPrefix, StringComparison.Ordinal) == true ? content[DigestPrefix.Length..] : null;
}
