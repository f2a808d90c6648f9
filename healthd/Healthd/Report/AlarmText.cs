using System.Text.Json;
using Cloudlet.Converge.Healing;

namespace Cloudlet.Healthd.Report;

/// <summary>Names of alarm kinds, shared by JSON, metrics, journal and hooks.</summary>
internal static class AlarmText
{
    private static readonly Dictionary<AlarmKind, string> Names = Enum.GetValues<AlarmKind>()
        .ToDictionary(k => k, k => JsonSerializer.SerializeToElement(k, ReportJson.Default.AlarmKind).GetString()!);

    public static string Of(AlarmKind kind) => Names.TryGetValue(kind, out var name) ? name : "unknown";
}
