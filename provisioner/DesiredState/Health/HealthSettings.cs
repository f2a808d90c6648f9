using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Health;

/// <summary>What the health daemon does with a process that runs with an outdated configuration.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Restarts>))]
public enum Restarts
{
    /// <summary>Restarts it.</summary>
    [JsonStringEnumMemberName("auto")]
    Auto,

    /// <summary>Reports that a restart is due and waits for <c>cloudlet release --restarts</c> or the next apply.</summary>
    [JsonStringEnumMemberName("deferred")]
    Deferred,
}

/// <summary>
/// Settings of a host's health daemon: compiled from the site's <c>health</c> section with all defaults written out, and read by the
/// daemon from <see cref="Path"/>.
/// </summary>
public sealed record HealthSettings
{
    /// <summary>Path of the settings file.</summary>
    public const string Path = "/etc/cloudlet/health.json";

    /// <summary>Seconds between two full checks, which catch lost events; each interval varies by up to a tenth.</summary>
    public int FullLookSeconds { get; init; } = 600;

    /// <summary>How many heals of one resource may follow each other without a pause.</summary>
    public int Burst { get; init; } = 10;

    /// <summary>How many further heals of one resource are allowed per minute.</summary>
    public int PerMinute { get; init; } = 6;

    /// <summary>After how many consecutive failures a resource is given up until something changes.</summary>
    public int GiveUpAfter { get; init; } = 5;

    /// <summary>What to do with processes that run with an outdated configuration.</summary>
    public Restarts Restarts { get; init; } = Restarts.Auto;

    /// <summary>Address and port where Prometheus reads metrics, e.g. <c>127.0.0.1:9810</c>; null: none.</summary>
    public string? Metrics { get; init; }

    /// <summary>Base address of an OTLP/HTTP collector that metrics are sent to, e.g. <c>http://127.0.0.1:4318</c>; null: none.</summary>
    public string? Otlp { get; init; }

    /// <summary>
    /// Program and arguments that are run when an alarm is raised or cleared, with the alarm as JSON on its standard input; null: none.
    /// </summary>
    public IReadOnlyList<string>? OnAlarm { get; init; }

    /// <summary>
    /// Absolute path of a file on the host that holds the URL to which alarms are posted as JSON, because such URLs often are secrets;
    /// null: none.
    /// </summary>
    public string? WebhookFile { get; init; }

    /// <summary>The settings as indented JSON with a line break at the end.</summary>
    public string ToText() => JsonSerializer.Serialize(this, HealthSettingsJson.Default.HealthSettings) + "\n";

    /// <summary>Reads settings.</summary>
    /// <exception cref="JsonException">The bytes are not valid settings.</exception>
    public static HealthSettings Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, HealthSettingsJson.Default.HealthSettings)
        ?? throw new JsonException("settings are a JSON object, found null");
}

/// <summary>How settings are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true,
    NewLine = "\n"
)]
[JsonSerializable(typeof(HealthSettings))]
internal sealed partial class HealthSettingsJson : JsonSerializerContext;
