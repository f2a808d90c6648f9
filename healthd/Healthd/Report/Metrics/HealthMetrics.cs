using System.Diagnostics.Metrics;
using System.Text.Json;
using Cloudlet.Converge.Healing;

namespace Cloudlet.Healthd.Report.Metrics;

/// <summary>
/// Events and state as numbers: instruments of the meter <see cref="MeterName"/>, which both <see cref="PrometheusText"/> and
/// <see cref="OtlpPush"/> read. docs/formats/health.md lists them. Durations are in seconds. Thread-safe.
/// </summary>
public sealed class HealthMetrics : IHealthReports, IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "cloudlet.healthd";

    private static readonly Dictionary<ResourceState, string> States = Enum.GetValues<ResourceState>()
        .ToDictionary(s => s, s => JsonSerializer.SerializeToElement(s, ReportJson.Default.ResourceState).GetString()!);

    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private readonly Counter<long> _heals;
    private readonly Counter<long> _alarms;
    private readonly Histogram<double> _detection;
    private readonly Histogram<double> _repair;
    private volatile HealthStatus? _status;
    private volatile IReadOnlyList<Alarm> _active = [];

    /// <summary>Creates the instruments.</summary>
    public HealthMetrics()
    {
        _heals = Meter.CreateCounter<long>("cloudlet.heals", null, "Resources that were healed, by result and kind of resource.");
        _alarms = Meter.CreateCounter<long>("cloudlet.alarms", null, "Alarms raised, by kind.");
        _detection = Meter.CreateHistogram(
            "cloudlet.detection",
            "s",
            "Time from the kernel's event to the decision to heal.",
            null,
            Buckets
        );
        _repair = Meter.CreateHistogram("cloudlet.repair", "s", "Time from the decision to heal to its verification.", null, Buckets);
        Meter.CreateObservableCounter(
            "cloudlet.looks",
            () => _status?.Looks ?? 0,
            null,
            "Observations of the host, as of the last change of the status."
        );
        Meter.CreateObservableCounter(
            "cloudlet.events",
            () => _status?.Events ?? 0,
            null,
            "Events that triggered the daemon, as of the last change of the status."
        );
        Meter.CreateObservableGauge("cloudlet.resources", Resources, null, "Described resources, by state.");
        Meter.CreateObservableGauge("cloudlet.alarm.active", ActiveAlarms, null, "1 for every active alarm.");
        Meter.CreateObservableGauge(
            "cloudlet.hold.active",
            () => _status?.Hold is null ? 0 : 1,
            null,
            "1 while a hold stops the daemon from acting."
        );
        Meter.CreateObservableGauge("cloudlet.state.info", State, null, "1 for the host's desired state.");
        Meter.CreateObservableGauge("process.resident_memory", () => Environment.WorkingSet, "By", "Resident memory of the daemon.");
    }

    /// <summary>The meter.</summary>
    public Meter Meter { get; } = new(MeterName);

    /// <inheritdoc/>
    public void Publish(HealthStatus status)
    {
        _status = status;
        _active = status.Alarms;
    }

    /// <inheritdoc/>
    public void Healed(HealRecord record)
    {
        var left = record.Left.Select(c => c.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var change in record.Seen)
            _heals.Add(1, new("result", left.Contains(change.Id) ? "failed" : "ok"), new("kind", change.Id.Split(':')[0]));
        _detection.Record(Math.Max(0, record.DetectionMilliseconds) / 1000);
        _repair.Record(Math.Max(0, record.RepairMilliseconds) / 1000);
    }

    /// <inheritdoc/>
    public void Alarmed(Alarm alarm, IReadOnlyList<Alarm> active)
    {
        _active = active;
        if (alarm.Cleared is null)
            _alarms.Add(1, new KeyValuePair<string, object?>("kind", AlarmText.Of(alarm.Kind)));
    }

    /// <inheritdoc/>
    public void Note(string message)
    {
        // Nothing to count.
    }

    /// <inheritdoc/>
    public void Dispose() => Meter.Dispose();

    private IEnumerable<Measurement<long>> Resources()
    {
        var counts = (_status?.Resources ?? []).CountBy(r => r.State).ToDictionary();
        return
        [
            .. States.Select(s => new Measurement<long>(
                counts.GetValueOrDefault(s.Key),
                new KeyValuePair<string, object?>("state", s.Value)
            )),
        ];
    }

    private IEnumerable<Measurement<int>> ActiveAlarms() =>
        [.. _active.Select(a => new Measurement<int>(1, new("kind", AlarmText.Of(a.Kind)), new("resource", a.Subject)))];

    private IEnumerable<Measurement<int>> State() =>
        _status is { Digest: { } digest } known ? [new Measurement<int>(1, new("digest", digest), new("host", known.Host))] : [];
}
