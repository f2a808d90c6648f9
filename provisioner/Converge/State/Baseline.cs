using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;

namespace Cloudlet.Converge.State;

/// <summary>
/// The state of a host before our first run, as far as any run changed it. This baseline decides what happens to a resource when it
/// leaves the description. A journal covers one run; this covers all runs before it.
/// </summary>
public sealed record Baseline
{
    /// <summary>Resources that were present and were changed, in their earlier state.</summary>
    public IReadOnlyList<ResourceSpec> Before { get; init; } = [];

    /// <summary>Resources that were absent and were created.</summary>
    public IReadOnlyList<ResourceSpec> Created { get; init; } = [];

    /// <summary>
    /// Resources that already were as described when they were first described, and have not been changed since; in that state.
    /// </summary>
    public IReadOnlyList<ResourceSpec> Found { get; init; } = [];

    /// <summary>True when no run has changed anything.</summary>
    [JsonIgnore]
    public bool IsEmpty => Before.Count == 0 && Created.Count == 0 && Found.Count == 0;

    /// <summary>
    /// Adds what a run recorded; an entry from an earlier run is older, so it stays. Resources that the run restored, removed or left to
    /// others are dropped. A run that was rolled back changed nothing.
    /// </summary>
    public Baseline With(Journal? run)
    {
        if (run is null or { Status: RunStatus.RolledBack })
            return this;
        var ended = run.Ended.ToHashSet(StringComparer.Ordinal);
        var origin = Without(ended);
        var known = origin.Before.Concat(origin.Created).Select(static r => r.Id).ToHashSet(StringComparer.Ordinal);
        var marked = run.Marked.ToHashSet(StringComparer.Ordinal);
        var before = run.Before.Where(r => !ended.Contains(r.Id) && known.Add(r.Id)).ToList();
        var created = run.Created.Where(r => !ended.Contains(r.Id) && known.Add(r.Id)).ToList();
        var found = origin.Found.Concat(run.Found.Where(r => !ended.Contains(r.Id))).DistinctBy(static r => r.Id).ToList();
        return new Baseline
        {
            // A resource that had our mark before its first recorded change was made by us, in a run whose records were lost.
            Before =
            [
                .. origin.Before.Select(r => WithNewlyDescribed(r, run)),
                .. before
                    .Where(r => !marked.Contains(r.Id))
                    .Select(r => found.Find(f => f.Id == r.Id) is { } older ? SpecOverlay.Over(r, older) : r),
            ],
            Created = [.. origin.Created, .. created, .. before.Where(r => marked.Contains(r.Id))],
            Found = [.. found.Where(r => !known.Contains(r.Id))],
        };
    }

    /// <summary>
    /// A property that this run was the first to describe, of a resource that was described before: its value at the beginning of the
    /// run is its value before our first change.
    /// </summary>
    private static ResourceSpec WithNewlyDescribed(ResourceSpec known, Journal run)
    {
        if (
            run.Before.FirstOrDefault(r => r.Id == known.Id) is not { } captured
            || run.Desired.Resources.FirstOrDefault(r => r.Id == known.Id) is not { } now
            || run.Previous?.Resources.FirstOrDefault(r => r.Id == known.Id) is not { } earlier
        )
            return known;
        var (described, before) = (SpecDiff.ToJson(now), SpecDiff.ToJson(earlier));
        return SpecOverlay.Over(known, captured, name => described[name] is not null && before[name] is null);
    }

    /// <summary>The same without some resources.</summary>
    public Baseline Without(IReadOnlySet<string> ids) =>
        new()
        {
            Before = [.. Before.Where(r => !ids.Contains(r.Id))],
            Created = [.. Created.Where(r => !ids.Contains(r.Id))],
            Found = [.. Found.Where(r => !ids.Contains(r.Id))],
        };

    /// <summary>True when the resource has an entry.</summary>
    internal bool Knows(string id) => (BeforeOf(id) ?? CreatedOf(id) ?? FoundOf(id)) is not null;

    internal ResourceSpec? BeforeOf(string id) => Before.FirstOrDefault(r => r.Id == id);

    internal ResourceSpec? CreatedOf(string id) => Created.FirstOrDefault(r => r.Id == id);

    internal ResourceSpec? FoundOf(string id) => Found.FirstOrDefault(r => r.Id == id);

    /// <summary>The origin as JSON.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, BaselineJson.Default.Baseline);

    /// <summary>Reads an origin, without the entries that this program cannot read.</summary>
    /// <param name="json">Output of <see cref="ToBytes"/> of this or an earlier version.</param>
    /// <param name="dropped">Receives the names of dropped entries; null: they are dropped silently.</param>
    /// <exception cref="JsonException">The bytes are not a valid origin.</exception>
    public static Baseline Parse(ReadOnlySpan<byte> json, ICollection<string>? dropped = null)
    {
        var record = StoredSpecs.Clean(json, ["before", "created", "found"], dropped ?? []);
        var origin = record.Deserialize(BaselineJson.Default.Baseline) ?? throw new JsonException("an origin is a JSON object, found null");

        // An earlier version did not write all lists.
        return new Baseline
        {
            Before = origin.Before ?? [],
            Created = origin.Created ?? [],
            Found = origin.Found ?? [],
        };
    }
}

/// <summary>How origins are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(Baseline))]
internal sealed partial class BaselineJson : JsonSerializerContext;
