using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Files;

/// <summary>What stands at a path.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FileKind>))]
public enum FileKind
{
    /// <summary>A regular file.</summary>
    [JsonStringEnumMemberName("file")] File,

    /// <summary>A folder.</summary>
    [JsonStringEnumMemberName("directory")] Directory,

    /// <summary>A symbolic link.</summary>
    [JsonStringEnumMemberName("symlink")] Symlink,
}

/// <summary>A file, folder or symbolic link.</summary>
public sealed record FileSpec : ResourceSpec
{
    /// <summary>The id of what stands at <paramref name="path"/>.</summary>
    public static string IdOf(string path) => $"file:{path}";

    /// <summary>Absolute, normalized path.</summary>
    public required string Path { get; init; }

    /// <summary>What stands there.</summary>
    public required FileKind Kind { get; init; }

    /// <summary>
    /// Content of a regular file as UTF-8 text. In a wanted spec <c>${secret:NAME}</c> stands for the secret NAME of <see cref="Secrets"/>; in an observed one a content that
    /// is not text, or that holds other secrets than the wanted ones, is <c>sha256:…</c> of the bytes.
    /// </summary>
    public string? Content { get; init; }

    /// <summary>Permission bits as four octal digits, <c>0644</c>.</summary>
    public string? Mode { get; init; }

    /// <summary>Owner's name or number.</summary>
    public string? Owner { get; init; }

    /// <summary>Group's name or number.</summary>
    public string? Group { get; init; }

    /// <summary>Target of a symbolic link, exactly as written.</summary>
    public string? Target { get; init; }

    /// <summary>
    /// Namespace of oslo.config options, <c>nova.conf</c>: the installed release has to know every option of the content before it is written. It says nothing about what is there, so it never deviates.
    /// </summary>
    public string? Validate { get; init; }

    /// <summary>Secret name → absolute path on the host of the file that holds it. The value itself never is in a HostState.</summary>
    public IReadOnlyDictionary<string, string>? Secrets { get; init; }
}
