using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Converge.Planning;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Applying;

/// <summary>Something that happened on the way; what people read as progress and machines as JSON lines (docs/formats/events.md).</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(Planned), "planned")]
[JsonDerivedType(typeof(ChangeStarted), "change-started")]
[JsonDerivedType(typeof(ChangeDone), "change-done")]
[JsonDerivedType(typeof(ChangeFailed), "change-failed")]
[JsonDerivedType(typeof(ChangeSkipped), "change-skipped")]
[JsonDerivedType(typeof(Noticed), "noticed")]
[JsonDerivedType(typeof(Verified), "verified")]
[JsonDerivedType(typeof(RollbackStarted), "rollback-started")]
[JsonDerivedType(typeof(StateReported), "state-reported")]
[JsonDerivedType(typeof(HealthReported), "health-reported")]
[JsonDerivedType(typeof(EvidenceTaken), "evidence")]
[JsonDerivedType(typeof(Explained), "explained")]
[JsonDerivedType(typeof(Refused), "refused")]
[JsonDerivedType(typeof(Finished), "finished")]
public abstract record ConvergeEvent;

/// <summary>The plan is known.</summary>
/// <param name="Digest">Digest of the desired state.</param>
/// <param name="Resources">How many resources it has.</param>
/// <param name="Changes">Those that are not as described.</param>
public sealed record Planned(string Digest, int Resources, IReadOnlyList<ResourceChange> Changes) : ConvergeEvent;

/// <summary>A resource is being changed.</summary>
public sealed record ChangeStarted(string Id, ChangeAction Action) : ConvergeEvent;

/// <summary>A resource was changed; for a refresh, <paramref name="Properties"/> is empty when the second look found nothing to do.</summary>
/// <param name="Id">The resource.</param>
/// <param name="Action">What was done.</param>
/// <param name="Properties">What changed.</param>
/// <param name="Milliseconds">How long it took.</param>
public sealed record ChangeDone(string Id, ChangeAction Action, IReadOnlyList<PropertyChange> Properties, double Milliseconds) : ConvergeEvent;

/// <summary>A resource could not be changed.</summary>
public sealed record ChangeFailed(string Id, ChangeAction Action, ErrorKind Kind, string Message) : ConvergeEvent;

/// <summary>A resource was left alone because one that it needs failed.</summary>
public sealed record ChangeSkipped(string Id, string Because) : ConvergeEvent;

/// <summary>Something worth knowing that is no failure.</summary>
public sealed record Noticed(string Message) : ConvergeEvent;

/// <summary>The host was looked at again.</summary>
/// <param name="Drift">What is still not as described; empty when all is well.</param>
public sealed record Verified(IReadOnlyList<ResourceChange> Drift) : ConvergeEvent;

/// <summary>The host goes back to the state before a run.</summary>
public sealed record RollbackStarted(string Run, string Because) : ConvergeEvent;

/// <summary>What the host remembers of earlier runs.</summary>
/// <param name="Applied">Digest of the last applied state, or null.</param>
/// <param name="Resources">How many resources it has.</param>
public sealed record StateReported(string? Applied, int Resources) : ConvergeEvent
{
    /// <summary>The last run that changed something.</summary>
    public string? Run { get; init; }

    /// <summary>How far it came.</summary>
    public State.RunStatus? Status { get; init; }

    /// <summary>When it began, UTC.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When the host goes back unless somebody confirms, UTC.</summary>
    public DateTimeOffset? ConfirmBy { get; init; }
}

/// <summary>What the host's health daemon says of itself.</summary>
/// <param name="Status">Its status (docs/formats/health.md), or null when no daemon has written one since the boot.</param>
public sealed record HealthReported(JsonElement? Status) : ConvergeEvent
{
    /// <summary>Its last heals and alarms, when they were asked for (docs/formats/health.md).</summary>
    public JsonElement? History { get; init; }
}

/// <summary>A line of the bundle that was collected on the host (docs/formats/bundle.md), the header first; when it was asked for.</summary>
/// <param name="Line">The line, JSON.</param>
public sealed record EvidenceTaken(string Line) : ConvergeEvent;

/// <summary>Why no server can be scheduled on the host.</summary>
/// <param name="Explanation">The causes (docs/formats/bundle.md).</param>
public sealed record Explained(JsonElement Explanation) : ConvergeEvent;

/// <summary>The run could not be done at all.</summary>
public sealed record Refused(ErrorKind Kind, string Message) : ConvergeEvent;

/// <summary>The last event of every run that was not refused.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Digest">Digest of the desired state.</param>
/// <param name="Changed">Resources changed.</param>
/// <param name="Failed">Resources that could not be changed.</param>
/// <param name="Skipped">Resources left alone because of those.</param>
/// <param name="Milliseconds">How long it took in all.</param>
public sealed record Finished(RunResult Result, string Digest, int Changed, int Failed, int Skipped, double Milliseconds) : ConvergeEvent
{
    /// <summary>Id of the run, when it changed something.</summary>
    public string? Run { get; init; }

    /// <summary>When the host goes back unless somebody confirms, UTC.</summary>
    public DateTimeOffset? ConfirmBy { get; init; }
}

/// <summary>How a run ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunResult>))]
public enum RunResult
{
    /// <summary>The host is as described; nothing had to be done.</summary>
    [JsonStringEnumMemberName("unchanged")] Unchanged,

    /// <summary>The host was changed and is as described.</summary>
    [JsonStringEnumMemberName("changed")] Changed,

    /// <summary>As <see cref="Changed"/>, until the deadline passes without a confirmation.</summary>
    [JsonStringEnumMemberName("awaiting-confirmation")] AwaitingConfirmation,

    /// <summary>A plan or verification found the host not as described.</summary>
    [JsonStringEnumMemberName("drift")] Drift,

    /// <summary>Some resources could not be made as described.</summary>
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>The host was brought back to the state before.</summary>
    [JsonStringEnumMemberName("rolled-back")] RolledBack,

    /// <summary>The way back did not reach the state before.</summary>
    [JsonStringEnumMemberName("rollback-failed")] RollbackFailed,
}

/// <summary>Takes events as they happen, possibly from several threads. Must not throw.</summary>
public delegate void ConvergeEventSink(ConvergeEvent happened);

/// <summary>How events are written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ConvergeEvent))]
public sealed partial class ConvergeEventJson : JsonSerializerContext
{
    /// <summary>One line of JSON.</summary>
    public static string ToLine(ConvergeEvent happened) => JsonSerializer.Serialize(happened, Default.ConvergeEvent);

    /// <summary>Reads one line.</summary>
    /// <exception cref="JsonException">The line is no event.</exception>
    public static ConvergeEvent Parse(string line) =>
        JsonSerializer.Deserialize(line, Default.ConvergeEvent) ?? throw new JsonException("an event is a JSON object, found null");
}
