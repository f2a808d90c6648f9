using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Applying;

/// <summary>Something that happened during a run: progress for people, JSON lines for programs (docs/formats/events.md).</summary>
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
[JsonDerivedType(typeof(CheckStepEnded), "check-step")]
[JsonDerivedType(typeof(CheckWaiting), "check-waiting")]
[JsonDerivedType(typeof(CheckFinished), "check-finished")]
[JsonDerivedType(typeof(Owned), "owned")]
[JsonDerivedType(typeof(Identified), "identified")]
[JsonDerivedType(typeof(SecretsGiven), "secrets-given")]
[JsonDerivedType(typeof(Refused), "refused")]
[JsonDerivedType(typeof(Finished), "finished")]
public abstract record ConvergeEvent;

/// <summary>The plan is known.</summary>
/// <param name="Digest">Digest of the desired state.</param>
/// <param name="Resources">How many resources the state has.</param>
/// <param name="Changes">The resources that are not as described.</param>
public sealed record Planned(string Digest, int Resources, IReadOnlyList<ResourceChange> Changes) : ConvergeEvent
{
    /// <summary>Resources that left the description and stay on the host, each with the reason; null: none.</summary>
    public IReadOnlyList<KeptResource>? Kept { get; init; }
}

/// <summary>A resource is being changed.</summary>
public sealed record ChangeStarted(string Id, ChangeAction Action) : ConvergeEvent;

/// <summary>
/// A resource was changed; for a refresh, <paramref name="Properties"/> is empty when the second observation found nothing to do.
/// </summary>
/// <param name="Id">The resource.</param>
/// <param name="Action">What was done.</param>
/// <param name="Properties">What changed.</param>
/// <param name="Milliseconds">How long it took.</param>
public sealed record ChangeDone(string Id, ChangeAction Action, IReadOnlyList<PropertyChange> Properties, double Milliseconds)
    : ConvergeEvent;

/// <summary>A resource could not be changed.</summary>
public sealed record ChangeFailed(string Id, ChangeAction Action, ErrorKind Kind, string Message) : ConvergeEvent;

/// <summary>A resource was skipped because one that it depends on failed.</summary>
public sealed record ChangeSkipped(string Id, string Because) : ConvergeEvent;

/// <summary>Something worth knowing that is not a failure.</summary>
public sealed record Noticed(string Message) : ConvergeEvent;

/// <summary>The host was observed again.</summary>
/// <param name="Drift">The resources that are still not as described; empty when there are none.</param>
public sealed record Verified(IReadOnlyList<ResourceChange> Drift) : ConvergeEvent
{
    /// <summary>As in <see cref="Planned"/>; sent by verify only, because an apply sends it with the plan.</summary>
    public IReadOnlyList<KeptResource>? Kept { get; init; }
}

/// <summary>The host is being rolled back to the state before a run.</summary>
public sealed record RollbackStarted(string Run, string Because) : ConvergeEvent;

/// <summary>What the host's records say about earlier runs.</summary>
/// <param name="Applied">Digest of the last applied state, or null.</param>
/// <param name="Resources">How many resources that state has.</param>
public sealed record StateReported(string? Applied, int Resources) : ConvergeEvent
{
    /// <summary>The last run that changed something.</summary>
    public string? Run { get; init; }

    /// <summary>How far that run came.</summary>
    public State.RunStatus? Status { get; init; }

    /// <summary>When that run began, UTC.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When the host rolls back unless the run is confirmed, UTC.</summary>
    public DateTimeOffset? ConfirmBy { get; init; }

    /// <summary>The owner of the host, when known.</summary>
    public State.Owner? Owner { get; init; }

    /// <summary>Since when the owner has had the host, UTC.</summary>
    public DateTimeOffset? OwnedSince { get; init; }
}

/// <summary>The host belongs to another description than the present one.</summary>
/// <param name="Owner">The present owner.</param>
/// <param name="Since">Since when, UTC.</param>
public sealed record Owned(State.Owner Owner, DateTimeOffset Since) : ConvergeEvent
{
    /// <summary>True: this run takes the host over, as requested.</summary>
    public bool IsTakenOver { get; init; }
}

/// <summary>The identity of the host that answers.</summary>
/// <param name="Identity">Unique among hosts that run at the same time; it changes at every boot.</param>
public sealed record Identified(string Identity) : ConvergeEvent;

/// <summary>The status of the host's health daemon.</summary>
/// <param name="Status">Its status (docs/formats/health.md), or null when no daemon has written one since the boot.</param>
public sealed record HealthReported(JsonElement? Status) : ConvergeEvent
{
    /// <summary>Its most recent heals and alarms, when requested (docs/formats/health.md).</summary>
    public JsonElement? History { get; init; }
}

/// <summary>
/// A line of the bundle that was collected on the host (docs/formats/bundle.md), the header first; sent when it was requested.
/// </summary>
/// <param name="Line">The line, JSON.</param>
public sealed record EvidenceTaken(string Line) : ConvergeEvent;

/// <summary>Why no server can be scheduled on the host.</summary>
/// <param name="Explanation">The causes (docs/formats/bundle.md).</param>
public sealed record Explained(JsonElement Explanation) : ConvergeEvent;

/// <summary>
/// Values of secrets that other hosts of the site need: the answer to a request for them, and the only event that has values. It is
/// neither shown nor kept.
/// </summary>
/// <param name="Values">The values.</param>
public sealed record SecretsGiven(SecretValues Values) : ConvergeEvent
{
    /// <summary>Name → why its value is not given; null: all are.</summary>
    public IReadOnlyDictionary<string, string>? Missing { get; init; }

    /// <summary>Secrets of which the host itself still has an earlier value, until its own apply; null: none.</summary>
    public IReadOnlyList<string>? Changing { get; init; }
}

/// <summary>A step of a check of the host's cloud ended.</summary>
/// <param name="Step">Name of the step.</param>
/// <param name="Result">How it ended.</param>
/// <param name="Found">What was found; of a failure also what was tried and what to do.</param>
/// <param name="Milliseconds">How long it took.</param>
public sealed record CheckStepEnded(string Step, CheckStepResult Result, string Found, double Milliseconds) : ConvergeEvent;

/// <summary>A step of a check still waits; sent every few seconds.</summary>
/// <param name="Step">Name of the step.</param>
/// <param name="On">What it waits for, and what was found last.</param>
/// <param name="Milliseconds">How long the step has been running.</param>
public sealed record CheckWaiting(string Step, string On, double Milliseconds) : ConvergeEvent;

/// <summary>The last event of a check.</summary>
/// <param name="Passed">True when every step that was tried passed.</param>
/// <param name="Milliseconds">Total duration.</param>
public sealed record CheckFinished(bool Passed, double Milliseconds) : ConvergeEvent;

/// <summary>How a step of a check ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CheckStepResult>))]
public enum CheckStepResult
{
    /// <summary>What it tries works.</summary>
    [JsonStringEnumMemberName("passed")]
    Passed,

    /// <summary>It was not tried.</summary>
    [JsonStringEnumMemberName("skipped")]
    Skipped,

    /// <summary>What it tries does not work.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>The run was refused; nothing was done.</summary>
public sealed record Refused(ErrorKind Kind, string Message) : ConvergeEvent
{
    /// <summary>Code of a refused overlay (docs/formats/overlay.md), else null.</summary>
    public string? Code { get; init; }

    /// <summary>What was expected, when there is a code and a single value.</summary>
    public string? Expected { get; init; }

    /// <summary>What was found instead, when there is a code and a single value.</summary>
    public string? Found { get; init; }
}

/// <summary>The last event of every run that was not refused.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Digest">Digest of the desired state.</param>
/// <param name="Changed">Resources changed.</param>
/// <param name="Failed">Resources that could not be changed.</param>
/// <param name="Skipped">Resources skipped because of those.</param>
/// <param name="Milliseconds">Total duration.</param>
public sealed record Finished(RunResult Result, string Digest, int Changed, int Failed, int Skipped, double Milliseconds) : ConvergeEvent
{
    /// <summary>Id of the run, when it changed something.</summary>
    public string? Run { get; init; }

    /// <summary>True for the answer to a confirmation, which keeps the changes of a run and observes nothing.</summary>
    public bool? Confirmed { get; init; }

    /// <summary>When the host rolls back unless the run is confirmed, UTC.</summary>
    public DateTimeOffset? ConfirmBy { get; init; }
}

/// <summary>How a run ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunResult>))]
public enum RunResult
{
    /// <summary>The host is as described; nothing had to be done.</summary>
    [JsonStringEnumMemberName("unchanged")]
    Unchanged,

    /// <summary>The host was changed and is as described.</summary>
    [JsonStringEnumMemberName("changed")]
    Changed,

    /// <summary>As <see cref="Changed"/>, until the deadline passes without a confirmation.</summary>
    [JsonStringEnumMemberName("awaiting-confirmation")]
    AwaitingConfirmation,

    /// <summary>A plan or verification found the host not as described.</summary>
    [JsonStringEnumMemberName("drift")]
    Drift,

    /// <summary>Some resources could not be made as described.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>The host was rolled back to the state before the run.</summary>
    [JsonStringEnumMemberName("rolled-back")]
    RolledBack,

    /// <summary>The rollback did not reach the state before the run.</summary>
    [JsonStringEnumMemberName("rollback-failed")]
    RollbackFailed,
}

/// <summary>Receives events as they happen, possibly from several threads. Must not throw.</summary>
public delegate void ConvergeEventSink(ConvergeEvent happened);

/// <summary>How events are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(ConvergeEvent))]
public sealed partial class ConvergeEventJson : JsonSerializerContext
{
    /// <summary>One line of JSON.</summary>
    public static string ToLine(ConvergeEvent happened) => JsonSerializer.Serialize(happened, Default.ConvergeEvent);

    /// <summary>Reads one line.</summary>
    /// <exception cref="JsonException">The line is not a valid event.</exception>
    public static ConvergeEvent Parse(string line) =>
        JsonSerializer.Deserialize(line, Default.ConvergeEvent) ?? throw new JsonException("an event is a JSON object, found null");
}
