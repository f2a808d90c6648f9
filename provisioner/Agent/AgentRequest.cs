using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Secrets;

namespace Cloudlet.Agent;

/// <summary>Kinds of requests to a host.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HostVerb>))]
public enum HostVerb
{
    /// <summary>Report what an apply would change.</summary>
    [JsonStringEnumMemberName("plan")]
    Plan,

    /// <summary>Bring the host to its described state.</summary>
    [JsonStringEnumMemberName("apply")]
    Apply,

    /// <summary>Check whether the host is as described.</summary>
    [JsonStringEnumMemberName("verify")]
    Verify,

    /// <summary>Confirm a run that waits for confirmation.</summary>
    [JsonStringEnumMemberName("confirm")]
    Confirm,

    /// <summary>Roll back to the state before the last run.</summary>
    [JsonStringEnumMemberName("rollback")]
    RollBack,

    /// <summary>Restore everything that was changed to its state before the first run.</summary>
    [JsonStringEnumMemberName("restore")]
    Restore,

    /// <summary>Report the last applied state and the last run.</summary>
    [JsonStringEnumMemberName("status")]
    Status,

    /// <summary>Send a request to the health daemon.</summary>
    [JsonStringEnumMemberName("health")]
    Health,

    /// <summary>Explain why no server can be scheduled on the host.</summary>
    [JsonStringEnumMemberName("explain")]
    Explain,

    /// <summary>Check the cloud that the host describes by use.</summary>
    [JsonStringEnumMemberName("check")]
    Check,

    /// <summary>Report the identity of the host.</summary>
    [JsonStringEnumMemberName("identify")]
    Identify,

    /// <summary>Give values of secrets that other hosts of the site need.</summary>
    [JsonStringEnumMemberName("give-secrets")]
    GiveSecrets,
}

/// <summary>
/// A request to one host. An agent reads one from its standard input, and answers with one event per line (docs/formats/events.md).
/// </summary>
/// <param name="Verb">The requested operation.</param>
public sealed record AgentRequest(HostVerb Verb)
{
    /// <summary>The state for plan, apply and verify. For verify, null means the last applied state.</summary>
    public HostState? State { get; init; }

    /// <summary>plan, apply, verify: values of secrets that the operator's machine has. They are in no state and in no event.</summary>
    public SecretValues? Secrets { get; init; }

    /// <summary>give-secrets: which ones.</summary>
    public SecretsRequest? Asked { get; init; }

    /// <summary>apply: roll back unless confirmed within this many seconds.</summary>
    public double? ConfirmSeconds { get; init; }

    /// <summary>apply: roll back on failure.</summary>
    public bool RollBackOnFailure { get; init; }

    /// <summary>rollback: only if this run is still waiting for confirmation.</summary>
    public string? UnconfirmedRun { get; init; }

    /// <summary>health: the request to the health daemon.</summary>
    public HealthRequest? Health { get; init; }

    /// <summary>explain: id of the server that could not be scheduled; null: the newest one in ERROR.</summary>
    public string? Server { get; init; }

    /// <summary>explain: id of a port that does not work.</summary>
    public string? Port { get; init; }

    /// <summary>explain: name of an account of the cloud that does not work.</summary>
    public string? Login { get; init; }

    /// <summary>check, and apply followed by a check: how the cloud is checked.</summary>
    public CheckRequest? Check { get; init; }

    /// <summary>plan, apply, restore, give-secrets: the claim of the requesting owner; null: none.</summary>
    public OwnerClaim? Claim { get; init; }

    /// <summary>plan, apply: report the host's identity first.</summary>
    public bool WithIdentity { get; init; }

    /// <summary>explain: also return the evidence.</summary>
    public bool WithEvidence { get; init; }

    /// <summary>The request as JSON, in the form that the agent reads.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, AgentRequestJson.Default.AgentRequest);

    /// <summary>Reads a request.</summary>
    /// <exception cref="JsonException">It is not a valid request.</exception>
    public static AgentRequest Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, AgentRequestJson.Default.AgentRequest)
        ?? throw new JsonException("a request is a JSON object, found null");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(AgentRequest))]
internal sealed partial class AgentRequestJson : JsonSerializerContext;
