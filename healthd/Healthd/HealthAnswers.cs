using System.Text.Json;
using Cloudlet.Agent;
using Cloudlet.Errors;
using Cloudlet.Healthd.Heal;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Report;
using Cloudlet.Machine.Files;

namespace Cloudlet.Healthd;

/// <summary>Answers what is asked of a host's health daemon, through the daemon's files.</summary>
public static class HealthAnswers
{
    /// <summary>Does what is asked.</summary>
    /// <returns>The status afterwards, as JSON; null when no daemon has written one since the boot.</returns>
    /// <exception cref="CloudletException">Busy: another owner holds the host.</exception>
    public static JsonElement? Answer(this HealthRequest asked, IHostFiles files, HealthPaths paths, TimeProvider clock)
    {
        if (asked.Hold is { } hold)
            Holds.Begin(
                files,
                paths,
                new Hold(hold.Owner, hold.Reason, clock.GetUtcNow(), clock.GetUtcNow() + TimeSpan.FromSeconds(hold.Seconds))
            );
        if (asked.ReleaseOwner is not null || asked.ReleaseAny)
            Holds.End(files, paths, asked.ReleaseAny ? null : asked.ReleaseOwner, clock.GetUtcNow());
        if (asked.ReleaseRestarts)
            Holds.ReleaseRestarts(files, paths);
        return Status(files, paths);
    }

    /// <summary>The heals and alarms that are asked for, as JSON; null when none are.</summary>
    public static JsonElement? History(this HealthRequest asked, IHostFiles files, HealthPaths paths)
    {
        if (asked.Last is not { } last)
            return null;
        var reports = new ReportFiles(files, paths);
        return JsonSerializer.SerializeToElement(
            new HealthHistory(reports.ReadRecords(last), reports.ReadAlarms(last)),
            ReportJson.Default.HealthHistory
        );
    }

    /// <summary>Reads a history.</summary>
    public static HealthHistory? ParseHistory(JsonElement history) => history.Deserialize(ReportJson.Default.HealthHistory);

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
