using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudlet.Healthd.Report;

/// <summary>How reports are written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true
)]
[JsonSerializable(typeof(HealthStatus))]
[JsonSerializable(typeof(HealRecord))]
[JsonSerializable(typeof(HealthHistory))]
[JsonSerializable(typeof(Alarm))]
[JsonSerializable(typeof(IReadOnlyList<Alarm>))]
[JsonSerializable(typeof(Hold))]
[JsonSerializable(typeof(Identity))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    /// <summary>
    /// Does not escape <c>`</c> and letters outside ASCII: people read these files with less and jq, not in a browser.
    /// </summary>
    public static ReportJson Readable =>
        field ??= new ReportJson(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>One line of JSON, without a line break.</summary>
    public static byte[] Line(HealRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, Readable.HealRecord);

    /// <summary>One line of JSON, without a line break.</summary>
    public static byte[] Line(Alarm alarm) => JsonSerializer.SerializeToUtf8Bytes(alarm, Readable.Alarm);
}
