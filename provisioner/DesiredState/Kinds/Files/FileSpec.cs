using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Kinds.Files;

/// <summary>The type of object at a path.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FileKind>))]
public enum FileKind
{
    /// <summary>A regular file.</summary>
    [JsonStringEnumMemberName("file")]
    File,

    /// <summary>A folder.</summary>
    [JsonStringEnumMemberName("directory")]
    Directory,

    /// <summary>A symbolic link.</summary>
    [JsonStringEnumMemberName("symlink")]
    Symlink,
}

/// <summary>A file, folder or symbolic link.</summary>
public sealed record FileSpec : ResourceSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "file";

    /// <summary>The id of the object at <paramref name="path"/>.</summary>
    public static string IdOf(string path) => $"{Word}:{path}";

    /// <summary>Absolute, normalized path.</summary>
    public required string Path { get; init; }

    /// <summary>The type of object.</summary>
    public required FileKind Kind { get; init; }

    /// <summary>
    /// Content of a regular file as UTF-8 text. In a wanted spec <c>${secret:NAME}</c> stands for the secret NAME in <see cref="Secrets"/>;
    /// in an observed one, content that is not text, or contains other secrets than the wanted ones, is <c>sha256:…</c> of the bytes.
    /// </summary>
    public string? Content { get; init; }

    /// <summary>Permission bits as four octal digits, <c>0644</c>.</summary>
    public string? Mode { get; init; }

    /// <summary>Owner's name or number.</summary>
    public string? Owner { get; init; }

    /// <summary>Group's name or number.</summary>
    public string? Group { get; init; }

    /// <summary>
    /// In a captured state: the extended attributes, including POSIX ACLs and file capabilities, as a reference to the vault; empty: none.
    /// A description does not include them, and then they stay.
    /// </summary>
    public string? Extended { get; init; }

    /// <summary>Target of a symbolic link, exactly as written.</summary>
    public string? Target { get; init; }

    /// <summary>
    /// Namespace of oslo.config options, <c>nova.conf</c>: the installed release must know every option of the content before it is
    /// written. It is not observed, so it never deviates.
    /// </summary>
    public string? Validate { get; init; }

    /// <summary>Secret name → absolute path on the host of its file. The value itself is never in a HostState.</summary>
    public IReadOnlyDictionary<string, string>? Secrets { get; init; }
}
