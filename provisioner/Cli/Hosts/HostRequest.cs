using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.DesiredState;

namespace Cloudlet.Cli.Hosts;

/// <summary>What can be asked of a host.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HostVerb>))]
internal enum HostVerb
{
    [JsonStringEnumMemberName("plan")] Plan,
    [JsonStringEnumMemberName("apply")] Apply,
    [JsonStringEnumMemberName("verify")] Verify,
    [JsonStringEnumMemberName("confirm")] Confirm,
    [JsonStringEnumMemberName("rollback")] RollBack,
    [JsonStringEnumMemberName("restore")] Restore,
    [JsonStringEnumMemberName("status")] Status,
    [JsonStringEnumMemberName("health")] Health,
    [JsonStringEnumMemberName("explain")] Explain,
}

/// <summary>One request to one host. It is the whole of what an agent reads from its standard input; the answer is one event a line (docs/formats/events.md).</summary>
internal sealed record HostRequest(HostVerb Verb)
{
    /// <summary>The state that plan, apply and verify are about; null for verify: the last one applied.</summary>
    public HostState? State { get; init; }

    /// <summary>apply: go back unless confirmed in this many seconds.</summary>
    public double? ConfirmSeconds { get; init; }

    /// <summary>apply: go back on failure.</summary>
    public bool RollBackOnFailure { get; init; }

    /// <summary>rollback: only if this run waits for confirmation.</summary>
    public string? UnconfirmedRun { get; init; }

    /// <summary>health: what is asked of the health daemon.</summary>
    public Healthd.HealthRequest? Health { get; init; }

    /// <summary>explain: id of the server that could not be scheduled; null: the newest one in ERROR.</summary>
    public string? Server { get; init; }

    /// <summary>explain: give the evidence too.</summary>
    public bool WithEvidence { get; init; }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, HostRequestJson.Default.HostRequest);

    public static HostRequest Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, HostRequestJson.Default.HostRequest) ?? throw new JsonException("a request is a JSON object, found null");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HostRequest))]
internal sealed partial class HostRequestJson : JsonSerializerContext;
