using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Secrets;

/// <summary>
/// A secret whose file on the host is ours. The value is in no spec: one that the operator has travels beside the state
/// (<see cref="SecretValues"/>), any other is made on the host.
/// </summary>
public sealed record SecretSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "secret";

    /// <summary>The value of <see cref="Value"/> and <see cref="Copy"/> when they are as described.</summary>
    public const string Current = "current";

    /// <summary>Longest name.</summary>
    public const int LongestName = 64;

    /// <summary>Name of the secret, and of its file in <see cref="SecretSource.Folder"/>.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// <see cref="Current"/>: the file has the value that was given or generated last; else what differs. In a captured state: the earlier
    /// content as a reference to the vault.
    /// </summary>
    public string? Value { get; init; }

    /// <summary><see cref="Current"/>: the host keeps a copy of the value, from which the file is repaired; else what differs.</summary>
    public string? Copy { get; init; }

    /// <summary>Characters of a generated value; null: the value is given.</summary>
    public int? Length { get; init; }

    /// <summary>Version of a generated value.</summary>
    public int? Version { get; init; }

    /// <summary>Permission bits as four octal digits, <c>0600</c>.</summary>
    public string? Mode { get; init; }

    /// <summary>Owner's name or number.</summary>
    public string? Owner { get; init; }

    /// <summary>Group's name or number.</summary>
    public string? Group { get; init; }

    /// <summary>The id of the secret <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>The id of the secret whose file is at a path; null: no secret has its file there.</summary>
    public static string? IdAt(string path) =>
        path.StartsWith($"{SecretSource.Folder}/", StringComparison.Ordinal)
        && path[(SecretSource.Folder.Length + 1)..] is var name
        && IsName(name)
            ? IdOf(name)
            : null;

    /// <summary>True for a name that can be a file name in a folder of ours: it leads nowhere else and hides nothing.</summary>
    public static bool IsName(string? name) =>
        name is { Length: > 0 and <= LongestName } && char.IsAsciiLetterOrDigit(name[0]) && Names.HasOnly(name, "_-.");
}
