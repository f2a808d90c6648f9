using System.Collections.Concurrent;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.Healthd.Report;

namespace Cloudlet.Healthd.Heal;

/// <summary>State of every resource, and counters. Not thread-safe, except for <see cref="Reconsider"/>.</summary>
internal sealed class StatusTracker(RetryBudget budget, AlarmTracker alarms, TimeProvider clock)
{
    private readonly Dictionary<string, ResourceHealth> _resources = [];
    private readonly ConcurrentQueue<string> _reconsidered = new();
    private readonly DateTimeOffset _started = clock.GetUtcNow();
    private DateTimeOffset? _lastFullLook;
    private bool _isPublished;
    private int _publishedAlarms;
    private Hold? _publishedHold;
    private long _looks;
    private long _healed;
    private long _notHealed;

    /// <summary>Resources that are not as described.</summary>
    public IReadOnlyList<string> NotWell => [.. _resources.Values.Where(r => r.State != ResourceState.Ok).Select(r => r.Id)];

    public bool IsWell(string id) => _resources.TryGetValue(id, out var health) && health.State == ResourceState.Ok;

    public void Describe(HostState? state)
    {
        var ids = state?.Resources.Select(r => r.Id).ToHashSet() ?? [];
        foreach (var gone in _resources.Keys.Where(id => !ids.Contains(id)).ToList())
            _resources.Remove(gone);
        foreach (var id in ids)
            _resources.TryAdd(id, new ResourceHealth(id, ResourceState.Ok, clock.GetUtcNow()));
        _isPublished = false;
    }

    /// <summary>From any thread: allows to heal the resource now although it failed before.</summary>
    public void Reconsider(string id) => _reconsidered.Enqueue(id);

    public IReadOnlyCollection<string> TakeReconsidered()
    {
        HashSet<string> ids = [];
        while (_reconsidered.TryDequeue(out var id))
            ids.Add(id);
        return ids;
    }

    public void Deviates(PlannedChange change, HealVerdict verdict) => Set(change.Id, verdict.State, verdict.Because ?? Seen(change));

    public void Well(string id) => Set(id, ResourceState.Ok, null);

    public void Healed(string id) => Set(id, ResourceState.Ok, null);

    public void Failed(string id, string message) => Set(id, budget[id].GivenUp ? ResourceState.GivenUp : ResourceState.Waiting, message);

    public void Count(int well, int bad)
    {
        _healed += well;
        _notHealed += bad;
        _isPublished = false;
    }

    public void FullLook()
    {
        _lastFullLook = clock.GetUtcNow();
        _isPublished = false;
    }

    /// <summary>Publishes the status if anything except counters has changed.</summary>
    public void Publish(IHealthReports reports, DesiredStateSource source, long events)
    {
        _looks++;
        var hold = source.ReadHold();
        if (_isPublished && alarms.Changes == _publishedAlarms && hold == _publishedHold)
            return;
        (_isPublished, _publishedAlarms, _publishedHold) = (true, alarms.Changes, hold);
        reports.Publish(
            new HealthStatus
            {
                Host = source.Desired?.Host ?? "",
                Digest = source.Desired?.Digest,
                Pid = Environment.ProcessId,
                Version = typeof(StatusTracker).Assembly.GetName().Version?.ToString(3) ?? "",
                Started = _started,
                Written = clock.GetUtcNow(),
                LastFullLook = _lastFullLook,
                Resources = [.. _resources.Values.OrderBy(r => r.Id, StringComparer.Ordinal).Select(WithBudget)],
                Alarms = alarms.Active,
                Hold = hold,
                Looks = _looks,
                Events = events,
                Healed = _healed,
                NotHealed = _notHealed,
            }
        );
    }

    private void Set(string id, ResourceState state, string? because)
    {
        if (!_resources.TryGetValue(id, out var old) || (old.State == state && old.Because == because))
            return;
        _resources[id] = old with { State = state, Because = because, Since = old.State == state ? old.Since : clock.GetUtcNow() };
        _isPublished = false;
    }

    private ResourceHealth WithBudget(ResourceHealth health)
    {
        var entry = budget[health.Id];
        return health with { LastHeal = entry.LastHeal, Heals = entry.Heals, Failures = entry.Failures, NextTry = entry.NextTry };
    }

    private static string Seen(PlannedChange change) =>
        change.Properties.Count == 0
            ? change.Action == ChangeAction.Create
                ? "absent"
                : "not as described"
            : string.Join(", ", change.Properties.Select(p => p.Path).Distinct()) + " not as described";
}
