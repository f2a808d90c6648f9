using System.Text.Json.Serialization;

namespace Cloudlet.Resources.Kinds.Units.Configuration;

/// <summary>What a run of a unit has loaded. It contains only keyed digests of option values, because they may be secrets.</summary>
internal sealed record UnitStamp
{
    /// <summary>The run.</summary>
    public required string InvocationId { get; init; }

    /// <summary>The key of the digests.</summary>
    public required string Key { get; init; }

    /// <summary>The recorded paths, folders as folders: a file that appears in one later was not loaded.</summary>
    public required IReadOnlyList<string> Loads { get; init; }

    /// <summary>Path → its content at that time.</summary>
    public required IReadOnlyDictionary<string, FileStamp> Files { get; init; }

    /// <summary>Paths whose options changed while the process started: it is unknown which version it loaded.</summary>
    public IReadOnlyList<string>? Unsettled { get; init; }

    /// <summary>True when the path, or a folder above it, was recorded.</summary>
    public bool Covers(string path) => LoadedFiles.AreIn(Loads, path);
}

/// <summary>The content of a file.</summary>
internal sealed record FileStamp
{
    /// <summary>Digest of the content.</summary>
    public required string Bytes { get; init; }

    /// <summary>Digest of all options; null when the file has lines that are not options.</summary>
    public string? Canonical { get; init; }

    /// <summary>SECTION.KEY → digest of its values.</summary>
    public IReadOnlyDictionary<string, string>? Options { get; init; }

    /// <summary>True when both are equivalent to a program.</summary>
    public bool Equivalent(FileStamp other) => Bytes == other.Bytes || (Canonical is not null && Canonical == other.Canonical);

    /// <summary>The options that differ, sorted; null when one of the files has lines that are not options.</summary>
    public IReadOnlyList<string>? Changed(FileStamp other)
    {
        if (Options is not { } ours || other.Options is not { } theirs)
            return null;
        return
        [
            .. ours
                .Keys.Union(theirs.Keys)
                .Where(name => ours.GetValueOrDefault(name) != theirs.GetValueOrDefault(name))
                .Order(StringComparer.Ordinal),
        ];
    }
}

/// <summary>JSON settings of stamps.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(UnitStamp))]
internal sealed partial class UnitStampJson : JsonSerializerContext;
