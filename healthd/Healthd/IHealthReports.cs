using Cloudlet.Healthd.Report;

namespace Cloudlet.Healthd;

/// <summary>Where the daemon's findings go. Nothing here may keep it from healing: a report that cannot be made is dropped, and said so in the log.</summary>
public interface IHealthReports
{
    /// <summary>The status changed.</summary>
    void Publish(HealthStatus status);

    /// <summary>A heal ended.</summary>
    void Healed(HealRecord record);

    /// <summary>An alarm was raised, or cleared when <see cref="Alarm.Cleared"/> is set.</summary>
    void Alarmed(Alarm alarm, IReadOnlyList<Alarm> active);

    /// <summary>Something that is worth a line in the journal and nothing more.</summary>
    void Note(string message);
}
