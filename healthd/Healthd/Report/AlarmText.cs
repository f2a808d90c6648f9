using System.Text.Json;

namespace Cloudlet.Healthd.Report;

/// <summary>Kinds of alarms by the names that JSON, metrics, journal and hooks share.</summary>
internal static class AlarmText
{
    private static readonly Dictionary<AlarmKind, string> Names = Enum.GetValues<AlarmKind>().ToDictionary(k => k, k => JsonSerializer.SerializeToElement(k, ReportJson.Default.AlarmKind).GetString()!);

    public static string Of(AlarmKind kind) => Names.TryGetValue(kind, out var name) ? name : "unknown";
}
