using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Errors;
using Cloudlet.Healthd.Heal;
using Cloudlet.Healthd.Report;
using Cloudlet.Machine.Files;

namespace Cloudlet.Healthd;

/// <summary>What can be asked of a host's health daemon through its files.</summary>
public sealed record HealthRequest
{
    /// <summary>Begin a hold: who, why, and for how many seconds.</summary>
    public HoldRequest? Hold { get; init; }

    /// <summary>End the hold of this owner.</summary>
    public string? ReleaseOwner { get; init; }

    /// <summary>End anybody's hold.</summary>
    public bool ReleaseAny { get; init; }

    /// <summary>Let deferred restarts happen.</summary>
    public bool ReleaseRestarts { get; init; }

    /// <summary>How many of the last heals, and of the last alarms, to tell; null: none.</summary>
    public int? Last { get; init; }

    /// <summary>The heals and alarms that are asked for, as JSON; null when none are.</summary>
    public JsonElement? History(IHostFiles files, HealthPaths paths)
    {
        if (Last is not { } last)
            return null;
        var reports = new ReportFiles(files, paths);
        return JsonSerializer.SerializeToElement(new HealthHistory(reports.ReadRecords(last), reports.ReadAlarms(last)), ReportJson.Default.HealthHistory);
    }

    /// <summary>Reads a history.</summary>
    public static HealthHistory? ParseHistory(JsonElement history) => history.Deserialize(ReportJson.Default.HealthHistory);

    /// <summary>Does what is asked.</summary>
    /// <returns>The status afterwards, as JSON; null when no daemon has written one since the boot.</returns>
    /// <exception cref="CloudletException">Busy: somebody else holds the host.</exception>
    public JsonElement? Answer(IHostFiles files, HealthPaths paths, TimeProvider clock)
    {
        if (Hold is { } hold)
            Holds.Begin(files, paths, new Hold(hold.Owner, hold.Reason, clock.GetUtcNow(), clock.GetUtcNow() + TimeSpan.FromSeconds(hold.Seconds)));
        if (ReleaseOwner is not null || ReleaseAny)
            Holds.End(files, paths, ReleaseAny ? null : ReleaseOwner, clock.GetUtcNow());
        if (ReleaseRestarts)
            Holds.ReleaseRestarts(files, paths);
        return Status(files, paths);
    }

    /// <summary>The status that the daemon wrote last, as JSON; null when there is none, or a damaged one.</summary>
    public static JsonElement? Status(IHostFiles files, HealthPaths paths)
    {
        try
        {
            return files.Read(paths.Status) is { } json ? JsonElement.Parse(json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads a status.</summary>
    public static HealthStatus? Parse(JsonElement status) => status.Deserialize(ReportJson.Default.HealthStatus);
}

/// <summary>What a health daemon has recorded.</summary>
/// <param name="Heals">Heals, oldest first.</param>
/// <param name="Alarms">Alarms raised and cleared, oldest first.</param>
public sealed record HealthHistory(IReadOnlyList<HealRecord> Heals, IReadOnlyList<Alarm> Alarms);

/// <summary>A hold that is asked for.</summary>
/// <param name="Owner">Who.</param>
/// <param name="Reason">Why.</param>
/// <param name="Seconds">For how long.</param>
public sealed record HoldRequest(string Owner, string Reason, double Seconds);

/// <summary>How requests are written as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(HealthRequest))]
public sealed partial class HealthRequestJson : JsonSerializerContext;
