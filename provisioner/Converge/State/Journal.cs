using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.DesiredState;

namespace Cloudlet.Converge.State;

/// <summary>How far a run has come.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunStatus>))]
public enum RunStatus
{
    /// <summary>Changes are being made, or the run was killed while it made them.</summary>
    [JsonStringEnumMemberName("applying")] Applying,

    /// <summary>All is as described; without a confirmation by the deadline the host goes back.</summary>
    [JsonStringEnumMemberName("awaiting-confirmation")] AwaitingConfirmation,

    /// <summary>The host is as described.</summary>
    [JsonStringEnumMemberName("kept")] Kept,

    /// <summary>Some resources could not be made as described; what succeeded was kept.</summary>
    [JsonStringEnumMemberName("kept-in-part")] KeptInPart,

    /// <summary>The host was proven to be as it was before the run.</summary>
    [JsonStringEnumMemberName("rolled-back")] RolledBack,

    /// <summary>The way back was tried and did not reach the state before.</summary>
    [JsonStringEnumMemberName("rollback-failed")] RollbackFailed,
}

/// <summary>What a run is doing or did, written before its first change. It holds all that is needed to go back.</summary>
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

    /// <summary>The state that was applied before it, if one is known.</summary>
    public HostState? Previous { get; init; }

    /// <summary>Resources it changes, as they were before.</summary>
    public IReadOnlyList<ResourceSpec> Before { get; init; } = [];

    /// <summary>Resources it makes: absent before.</summary>
    public IReadOnlyList<ResourceSpec> Created { get; init; } = [];

    /// <summary>When the host goes back unless somebody confirms, UTC; null: no confirmation is needed.</summary>
    public DateTimeOffset? ConfirmBy { get; init; }

    /// <summary>The journal as JSON.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, JournalJson.Default.Journal);

    /// <summary>Reads a journal.</summary>
    /// <exception cref="JsonException">The bytes are no journal.</exception>
    public static Journal Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, JournalJson.Default.Journal) ?? throw new JsonException("a journal is a JSON object, found null");

    /// <summary>True when the id is among those whose state before is known.</summary>
    internal bool Knows(string id) => Before.Any(r => r.Id == id) || Created.Any(r => r.Id == id);
}

/// <summary>How journals are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Journal))]
internal sealed partial class JournalJson : JsonSerializerContext;
