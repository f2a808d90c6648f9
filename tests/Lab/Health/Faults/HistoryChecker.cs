using System.Globalization;
using System.Text.Json;

namespace Cloudlet.Lab.Tests.Health.Faults;

/// <summary>Searches a daemon's records for what it must never do, whatever happens to the host.</summary>
internal static class HistoryChecker
{
    // The default budget, which the faults use.
    private const int Burst = 10;
    private const int PerMinute = 6;

    private static readonly string[] Operators = ["operator-disabled", "operator-masked", "host-name-changed"];

    /// <summary>Forbidden actions that were found; empty: none.</summary>
    /// <param name="heals">Records of heals, oldest first.</param>
    /// <param name="alarms">Records of alarms raised and cleared, oldest first.</param>
    /// <param name="duration">Total duration.</param>
    public static IReadOnlyList<string> Check(IReadOnlyList<JsonElement> heals, IReadOnlyList<JsonElement> alarms, TimeSpan duration) =>
        [
            .. Overlaps(heals),
            .. Unproven(heals),
            .. BeyondBudget(heals, duration),
            .. AgainstOperators(heals, alarms),
            .. ForSystemd(heals),
            .. RaisedTwice(alarms),
        ];

    /// <summary>Heals must not overlap.</summary>
    private static IEnumerable<string> Overlaps(IReadOnlyList<JsonElement> heals) =>
        heals
            .Zip(heals.Skip(1))
            .Where(pair => Begin(pair.Second) is var next && next < End(pair.First) && next > Begin(pair.First))
            .Select(pair =>
                $"two heals at the same time ({string.Join(", ", Ids(pair.First, "seen"))} and "
                + $"{string.Join(", ", Ids(pair.Second, "seen"))})"
            );

    /// <summary>Every heal must be based on an observed deviation.</summary>
    private static IEnumerable<string> Unproven(IReadOnlyList<JsonElement> heals) =>
        heals.Where(h => !Ids(h, "seen").Any()).Select(_ => "a heal of nothing");

    private static IEnumerable<string> BeyondBudget(IReadOnlyList<JsonElement> heals, TimeSpan duration)
    {
        var most = Burst + (int)Math.Ceiling(duration.TotalMinutes * PerMinute) + 1;
        return heals
            .SelectMany(h => Ids(h, "seen"))
            .CountBy(id => id)
            .Where(c => c.Value > most)
            .Select(c => $"{c.Key} was healed {c.Value} times, {most} are allowed");
    }

    /// <summary>No unit may be touched while an operator's decision about it is in force.</summary>
    private static IEnumerable<string> AgainstOperators(IReadOnlyList<JsonElement> heals, IReadOnlyList<JsonElement> alarms)
    {
        foreach (var alarm in alarms.Where(a => Operators.Contains(Text(a, "kind")) && !a.TryGetProperty("cleared", out _)))
        {
            var (raised, cleared) = (Time(alarm, "raised"), ClearedAt(alarm, alarms));
            foreach (
                var heal in heals.Where(h =>
                    Time(h, "at") > raised && Time(h, "at") < cleared && Ids(h, "done").Contains(Text(alarm, "subject"))
                )
            )
                yield return $"{Text(alarm, "subject")} was touched although {Text(alarm, "kind")} ({heal.GetProperty("at")})";
        }
    }

    private static DateTimeOffset ClearedAt(JsonElement alarm, IReadOnlyList<JsonElement> alarms) =>
        alarms
            .Where(a => Key(a) == Key(alarm) && Time(a, "raised") == Time(alarm, "raised") && a.TryGetProperty("cleared", out _))
            .Select(a => Time(a, "cleared"))
            .FirstOrDefault(DateTimeOffset.MaxValue);

    /// <summary>The daemon must change neither its own unit nor packages.</summary>
    private static IEnumerable<string> ForSystemd(IReadOnlyList<JsonElement> heals) =>
        heals
            .SelectMany(h => Ids(h, "done"))
            .Where(id => id == "unit:cloudlet-healthd.service" || id.StartsWith("package:", StringComparison.Ordinal))
            .Select(id => $"{id} was touched");

    private static IEnumerable<string> RaisedTwice(IReadOnlyList<JsonElement> alarms)
    {
        var active = new HashSet<string>();
        foreach (var alarm in alarms)
        {
            if (alarm.TryGetProperty("cleared", out _))
                active.Remove(Key(alarm));
            else if (!active.Add(Key(alarm)))
                yield return $"the alarm {Key(alarm)} was raised twice";
        }
    }

    private static double Begin(JsonElement heal) => heal.GetProperty("decidedAt").GetDouble();

    private static double End(JsonElement heal) => Begin(heal) + (heal.GetProperty("repairMilliseconds").GetDouble() / 1000);

    private static IEnumerable<string> Ids(JsonElement heal, string list) =>
        heal.GetProperty(list).EnumerateArray().Select(c => Text(c, "id"));

    private static string Key(JsonElement alarm) => $"{Text(alarm, "kind")} {Text(alarm, "subject")}";

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static DateTimeOffset Time(JsonElement element, string name) =>
        DateTimeOffset.Parse(Text(element, name), CultureInfo.InvariantCulture);
}
