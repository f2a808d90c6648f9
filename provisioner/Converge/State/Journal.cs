using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Cloudlet.DesiredState;

namespace Cloudlet.Converge.State;

/// <summary>How far a run has come.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunStatus>))]
public enum RunStatus
{
    /// <summary>The run is making changes, or was killed while it made them.</summary>
    [JsonStringEnumMemberName("applying")]
    Applying,

    /// <summary>All is as described; the host rolls back unless the run is confirmed by the deadline.</summary>
    [JsonStringEnumMemberName("awaiting-confirmation")]
    AwaitingConfirmation,

    /// <summary>The host is as described, and the changes were kept.</summary>
    [JsonStringEnumMemberName("kept")]
    Kept,

    /// <summary>Some resources could not be changed; the successful changes were kept.</summary>
    [JsonStringEnumMemberName("kept-in-part")]
    KeptInPart,

    /// <summary>The host was proven to be in the state before the run.</summary>
    [JsonStringEnumMemberName("rolled-back")]
    RolledBack,

    /// <summary>A rollback was attempted and did not reach the state before.</summary>
    [JsonStringEnumMemberName("rollback-failed")]
    RollbackFailed,
}

/// <summary>The record of a run, written before its first change. It holds everything that a rollback needs.</summary>
public sealed record Journal
{
    /// <summary>Random id of the run.</summary>
    public required string Run { get; init; }

    /// <summary>How far it has come.</summary>
    public required RunStatus Status { get; init; }

    /// <summary>When it began, UTC.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>The state it applies.</summary>
    public required HostState Desired { get; init; }

    /// <summary>The state that was applied before it, if known.</summary>
    public HostState? Previous { get; init; }

    /// <summary>Resources it changes, in their state before.</summary>
    public IReadOnlyList<ResourceSpec> Before { get; init; } = [];

    /// <summary>Resources it creates: they were absent before.</summary>
    public IReadOnlyList<ResourceSpec> Created { get; init; } = [];

    /// <summary>Resources that already were as described when they were first described, and did not have to be changed.</summary>
    public IReadOnlyList<ResourceSpec> Found { get; init; } = [];

    /// <summary>Ids in <see cref="Before"/> of resources that had our mark although no record said that they were ours.</summary>
    public IReadOnlyList<string> Marked { get; init; } = [];

    /// <summary>Earlier states that it restores, of resources that left the description.</summary>
    public IReadOnlyList<ResourceSpec> Restoring { get; init; } = [];

    /// <summary>Ids of resources that left the description and are no longer ours: removed, restored or kept.</summary>
    public IReadOnlyList<string> Ended { get; init; } = [];

    /// <summary>Ids of described resources whose change it could not start: a later run records their state before.</summary>
    public IReadOnlyList<string> Unmade { get; init; } = [];

    /// <summary>When the host rolls back unless the run is confirmed, UTC; null: no confirmation is needed.</summary>
    public DateTimeOffset? ConfirmBy { get; init; }

    /// <summary>The journal as JSON.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, JournalJson.Default.Journal);

    /// <summary>Reads a journal, without the entries that this program cannot read.</summary>
    /// <param name="json">Output of <see cref="ToBytes"/> of this or an earlier version.</param>
    /// <param name="dropped">Receives the names of dropped entries; null: they are dropped silently.</param>
    /// <exception cref="JsonException">The bytes are not a valid journal.</exception>
    public static Journal Parse(ReadOnlySpan<byte> json, ICollection<string>? dropped = null)
    {
        dropped ??= [];
        var record = StoredSpecs.Clean(json, ["before", "created", "found", "restoring"], dropped);
        foreach (var name in (string[])["desired", "previous"])
        {
            if (record[name] is JsonObject state)
                StoredSpecs.Clean(state, ["resources"], dropped);
        }

        var journal = record.Deserialize(JournalJson.Default.Journal) ?? throw new JsonException("a journal is a JSON object, found null");

        // An earlier version did not write all lists.
        return journal with
        {
            Before = journal.Before ?? [],
            Created = journal.Created ?? [],
            Found = journal.Found ?? [],
            Restoring = journal.Restoring ?? [],
            Marked = Ids(journal.Marked),
            Ended = Ids(journal.Ended),
            Unmade = Ids(journal.Unmade),
        };

        static IReadOnlyList<string> Ids(IReadOnlyList<string?>? ids) => [.. (ids ?? []).OfType<string>()];
    }

    /// <summary>True when the state before is known for the id.</summary>
    internal bool Knows(string id) => Before.Any(r => r.Id == id) || Created.Any(r => r.Id == id);
}

/// <summary>How journals are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(Journal))]
internal sealed partial class JournalJson : JsonSerializerContext;
