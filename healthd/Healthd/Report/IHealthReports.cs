namespace Cloudlet.Healthd.Report;

/// <summary>
/// Receives the daemon's findings. A report must never prevent healing: if it fails, it is dropped, and the log says so.
/// </summary>
public interface IHealthReports
{
    /// <summary>The status changed.</summary>
    void Publish(HealthStatus status);

    /// <summary>A heal ended.</summary>
    void Healed(HealRecord record);

    /// <summary>An alarm was raised, or cleared when <see cref="Alarm.Cleared"/> is set.</summary>
    void Alarmed(Alarm alarm, IReadOnlyList<Alarm> active);

    /// <summary>Something worth a line in the journal and nothing more.</summary>
    void Note(string message);
}
