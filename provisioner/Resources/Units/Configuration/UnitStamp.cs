using System.Text.Json.Serialization;

namespace Cloudlet.Resources.Units.Configuration;

/// <summary>What a run of a unit has loaded. No value of an option is in it, only keyed digests: it may hold those of secrets.</summary>
internal sealed record UnitStamp
{
    /// <summary>The run that it is about.</summary>
    public required string InvocationId { get; init; }

    /// <summary>Which key the digests were made with.</summary>
    public required string Key { get; init; }

    /// <summary>The paths that were looked at, folders as folders: what is found in one later was not there.</summary>
    public required IReadOnlyList<string> Loads { get; init; }

    /// <summary>Path → what was there.</summary>
    public required IReadOnlyDictionary<string, FileStamp> Files { get; init; }

    /// <summary>Paths whose options changed while the process started: nobody knows which of them it has.</summary>
    public IReadOnlyList<string>? Unsettled { get; init; }

    /// <summary>True when the path, or a folder that it is in, was looked at.</summary>
    public bool Covers(string path) => LoadedFiles.AreIn(Loads, path);
}

/// <summary>What was in a file.</summary>
internal sealed record FileStamp
{
    /// <summary>Digest of the content.</summary>
    public required string Bytes { get; init; }

    /// <summary>Digest of all options; null when the file has lines that are none.</summary>
    public string? Canonical { get; init; }

    /// <summary>SECTION.KEY → digest of its values.</summary>
    public IReadOnlyDictionary<string, string>? Options { get; init; }

    /// <summary>True when both say the same to a program.</summary>
    public bool Equivalent(FileStamp other) => Bytes == other.Bytes || (Canonical is not null && Canonical == other.Canonical);

    /// <summary>The options that are not the same in both, in their order; null when one of the files has more than options.</summary>
    public IReadOnlyList<string>? Changed(FileStamp other)
    {
        if (Options is not { } ours || other.Options is not { } theirs)
            return null;
        return [.. ours.Keys.Union(theirs.Keys).Where(name => ours.GetValueOrDefault(name) != theirs.GetValueOrDefault(name)).Order(StringComparer.Ordinal)];
    }
}

/// <summary>How stamps are written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(UnitStamp))]
internal sealed partial class UnitStampJson : JsonSerializerContext;
