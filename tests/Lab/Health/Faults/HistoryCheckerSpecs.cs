using System.Text.Json;

namespace Cloudlet.Lab.Tests.Health.Faults;

/// <summary>The checker finds forbidden actions; otherwise a clean table would prove nothing.</summary>
public sealed class HistoryCheckerSpecs
{
    private const string Usual =
        """{"at":"2026-01-01T12:00:10Z","decidedAt":100,"seen":[{"id":"link:a"}],"done":[{"id":"link:a"}],"left":[],"repairMilliseconds":50}""";
    private const string Raised = """{"kind":"operator-masked","subject":"unit:a.service","raised":"2026-01-01T12:00:00Z"}""";
    private const string Cleared =
        """{"kind":"operator-masked","subject":"unit:a.service","raised":"2026-01-01T12:00:00Z","cleared":"2026-01-01T12:00:20Z"}""";
    private const string OfUnit =
        """{"at":"2026-01-01T12:00:AAZ","decidedAt":200,"seen":[{"id":"unit:a.service"}],"done":[{"id":"unit:a.service"}],"left":[],"repairMilliseconds":50}""";

    [Fact]
    public void An_ordinary_history_is_clean() => Check([Usual, Usual.Replace("100", "101")], [Raised, Cleared]).ShouldBeEmpty();

    [Fact]
    public void Two_heals_at_once_are_found() =>
        Check([Usual, Usual.Replace("100", "100.02")], []).ShouldHaveSingleItem().ShouldContain("at the same time");

    [Fact]
    public void A_masked_unit_that_was_touched_is_found()
    {
        Check([OfUnit.Replace("AA", "10")], [Raised, Cleared]).ShouldHaveSingleItem().ShouldContain("operator-masked");
        Check([OfUnit.Replace("AA", "30")], [Raised, Cleared]).ShouldBeEmpty();
    }

    [Fact]
    public void More_heals_than_the_budget_are_found() =>
        Check([.. Enumerable.Range(0, 13).Select(i => Usual.Replace("100", $"{100 + i}"))], [])
            .ShouldHaveSingleItem()
            .ShouldContain("13 times");

    [Fact]
    public void An_alarm_raised_twice_is_found()
    {
        Check([], [Raised, Raised]).ShouldHaveSingleItem().ShouldContain("twice");
        Check([], [Raised, Cleared, Raised]).ShouldBeEmpty();
    }

    [Fact]
    public void A_touched_unit_of_the_daemon_and_a_heal_of_nothing_are_found()
    {
        Check([Usual.Replace("link:a", "unit:cloudlet-healthd.service")], []).ShouldHaveSingleItem();
        Check(["""{"at":"2026-01-01T12:00:10Z","decidedAt":100,"seen":[],"done":[],"left":[],"repairMilliseconds":50}"""], [])
            .ShouldHaveSingleItem();
    }

    private static IReadOnlyList<string> Check(string[] heals, string[] alarms) =>
        HistoryChecker.Check([.. heals.Select(Parse)], [.. alarms.Select(Parse)], TimeSpan.FromSeconds(5));

    private static JsonElement Parse(string json) => JsonSerializer.Deserialize<JsonElement>(json);
}
