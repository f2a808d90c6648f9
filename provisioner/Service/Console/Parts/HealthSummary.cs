using System.Text.Json;

namespace Cloudlet.Service.Console.Parts;

/// <summary>The health daemon's status (docs/formats/health.md), as far as a page shows it; what is missing stays missing.</summary>
/// <param name="Host">The host.</param>
/// <param name="Written">When the status changed last.</param>
/// <param name="Hold">Why repairs are on hold; null when they are not.</param>
/// <param name="Resources">Every described resource.</param>
/// <param name="Alarms">Active alarms.</param>
public sealed record HealthSummary(
    string? Host,
    DateTimeOffset? Written,
    string? Hold,
    IReadOnlyList<HealthResource> Resources,
    IReadOnlyList<HealthAlarm> Alarms
)
{
    /// <summary>The latest repairs.</summary>
    public IReadOnlyList<HealthResource> LastHeals =>
        [.. Resources.Where(r => r.LastHeal is not null).OrderByDescending(r => r.LastHeal).Take(10)];

    /// <summary>Reads a status.</summary>
    /// <param name="status">The daemon's object.</param>
    public static HealthSummary Of(JsonElement status) =>
        new(
            Text(status, "host"),
            Time(status, "written"),
            Member(status, "hold") is { ValueKind: JsonValueKind.Object } hold ? Text(hold, "reason") ?? "no reason is given" : null,
            [.. Items(status, "resources").Select(ResourceOf)],
            [
                .. Items(status, "alarms")
                    .Select(a => new HealthAlarm(Text(a, "kind"), Text(a, "subject"), Text(a, "message"), Time(a, "raised"))),
            ]
        );

    private static HealthResource ResourceOf(JsonElement one) =>
        new(
            Text(one, "id") ?? "?",
            Text(one, "state") ?? "?",
            Time(one, "since"),
            Text(one, "because"),
            Time(one, "lastHeal"),
            Number(one, "heals"),
            Number(one, "failures")
        );

    private static JsonElement? Member(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) ? value : null;

    private static string? Text(JsonElement from, string name) =>
        Member(from, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    private static DateTimeOffset? Time(JsonElement from, string name) =>
        Member(from, name) is { ValueKind: JsonValueKind.String } text && text.TryGetDateTimeOffset(out var time) ? time : null;

    private static long Number(JsonElement from, string name) =>
        Member(from, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var value) ? value : 0;

    private static JsonElement[] Items(JsonElement from, string name) =>
        Member(from, name) is { ValueKind: JsonValueKind.Array } items ? [.. items.EnumerateArray()] : [];
}

/// <summary>A described resource.</summary>
/// <param name="Id">Its id, such as <c>link:cloudlet0</c>.</param>
/// <param name="State">ok, waiting, held, deferred, left-alone or given-up.</param>
/// <param name="Since">Since when.</param>
/// <param name="Because">Why.</param>
/// <param name="LastHeal">When it was repaired last.</param>
/// <param name="Heals">How often it was repaired.</param>
/// <param name="Failures">How often that failed.</param>
public sealed record HealthResource(
    string Id,
    string State,
    DateTimeOffset? Since,
    string? Because,
    DateTimeOffset? LastHeal,
    long Heals,
    long Failures
);

/// <summary>An active alarm.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Subject">What it is about.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Raised">Since when.</param>
public sealed record HealthAlarm(string? Kind, string? Subject, string? Message, DateTimeOffset? Raised);
