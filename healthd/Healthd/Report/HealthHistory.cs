namespace Cloudlet.Healthd.Report;

/// <summary>What a health daemon has recorded.</summary>
/// <param name="Heals">Heals, oldest first.</param>
/// <param name="Alarms">Alarms raised and cleared, oldest first.</param>
public sealed record HealthHistory(IReadOnlyList<HealRecord> Heals, IReadOnlyList<Alarm> Alarms);
