using System.Text.Json.Nodes;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Plans;
using Cloudlet.Healthd.Report;

namespace Cloudlet.Healthd.Tests;

/// <summary>Reports as the daemon writes them.</summary>
internal static class Samples
{
    public const string Digest = "sha256:0f";
    public static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);

    public static Alarm Alarm(AlarmKind kind = AlarmKind.GaveUp, string subject = "link:a") =>
        new(kind, subject, "could not; look at `dmesg`", Noon);

    public static HealthStatus Status(params Alarm[] alarms) =>
        new()
        {
            Host = "edge-1",
            Digest = Digest,
            Pid = 7,
            Version = "1.2.3",
            Started = Noon,
            Written = Noon.AddSeconds(1),
            Resources =
            [
                new ResourceHealth("link:a", ResourceState.Ok, Noon),
                new ResourceHealth("unit:b.service", ResourceState.Held, Noon) { Because = "held" },
            ],
            Alarms = alarms,
            Looks = 3,
            Events = 5,
        };

    public static HealRecord Record(string id = "link:a", bool isHealed = true, params PropertyChange[] seen) =>
        new()
        {
            At = Noon,
            Because = "eth0",
            DecidedAt = 12.5,
            Seen = [new ResourceChange(id, ChangeAction.Update, seen)],
            Done = [new HealStep(id, ChangeAction.Update, 1.5, isHealed ? null : "no driver")],
            DetectionMilliseconds = 3,
            RepairMilliseconds = 40,
            Left = isHealed ? [] : [new ResourceChange(id, ChangeAction.Update, seen)],
            Digest = Digest,
        };

    public static PropertyChange Property(string path, string? from, string? to) =>
        new(path, from is null ? null : JsonValue.Create(from), to is null ? null : JsonValue.Create(to));
}

/// <summary>Records every report.</summary>
internal sealed class RecordingReports : IHealthReports
{
    private readonly Lock _turn = new();
    private readonly List<string> _told = [];

    public IReadOnlyList<string> Told
    {
        get
        {
            lock (_turn)
                return [.. _told];
        }
    }

    public void Publish(HealthStatus status) => Add("status");

    public void Healed(HealRecord record) => Add("healed");

    public void Alarmed(Alarm alarm, IReadOnlyList<Alarm> active) => Add("alarmed");

    public void Note(string message) => Add(message);

    private void Add(string what)
    {
        lock (_turn)
            _told.Add(what);
    }
}
