using System.Collections.Concurrent;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.Healthd.Report;

namespace Cloudlet.Healthd.Heal;

/// <summary>State of every resource, and counters. Not thread-safe, except for <see cref="Reconsider"/>.</summary>
internal sealed class StatusTracker(RetryBudget budget, AlarmTracker alarms, TimeProvider clock)
{
    private readonly Dictionary<string, ResourceHealth> resources = [];
    private readonly ConcurrentQueue<string> reconsidered = new();
    private readonly DateTimeOffset started = clock.GetUtcNow();
    private DateTimeOffset? lastFullLook;
    private bool isPublished;
    private int publishedAlarms;
    private Hold? publishedHold;
    private long looks;
    private long healed;
    private long notHealed;

    /// <summary>Resources that are not as described.</summary>
    public IReadOnlyList<string> NotWell => [.. resources.Values.Where(r => r.State != ResourceState.Ok).Select(r => r.Id)];

    public bool IsWell(string id) => resources.TryGetValue(id, out var health) && health.State == ResourceState.Ok;

    public void Describe(HostState? state)
    {
        var ids = state?.Resources.Select(r => r.Id).ToHashSet() ?? [];
        foreach (var gone in resources.Keys.Where(id => !ids.Contains(id)).ToList())
            resources.Remove(gone);
        foreach (var id in ids)
            resources.TryAdd(id, new ResourceHealth(id, ResourceState.Ok, clock.GetUtcNow()));
        isPublished = false;
    }

    /// <summary>From any thread: allows to heal the resource now although it failed before.</summary>
    public void Reconsider(string id) => reconsidered.Enqueue(id);

    public IReadOnlyCollection<string> TakeReconsidered()
    {
        HashSet<string> ids = [];
        while (reconsidered.TryDequeue(out var id))
            ids.Add(id);
        return ids;
    }

    public void Deviates(PlannedChange change, HealVerdict verdict) => Set(change.Id, verdict.State, verdict.Because ?? Seen(change));

    public void Well(string id) => Set(id, ResourceState.Ok, null);

    public void Healed(string id) => Set(id, ResourceState.Ok, null);

    public void Failed(string id, string message) => Set(id, budget[id].GivenUp ? ResourceState.GivenUp : ResourceState.Waiting, message);

    public void Count(int well, int bad)
    {
        healed += well;
        notHealed += bad;
        isPublished = false;
    }

    public void FullLook()
    {
        lastFullLook = clock.GetUtcNow();
        isPublished = false;
    }

    /// <summary>Publishes the status if anything except counters has changed.</summary>
    public void Publish(IHealthReports reports, DesiredStateSource source, long events)
    {
        looks++;
        var hold = source.ReadHold();
        if (isPublished && alarms.Changes == publishedAlarms && hold == publishedHold)
            return;
        (isPublished, publishedAlarms, publishedHold) = (true, alarms.Changes, hold);
        reports.Publish(
            new HealthStatus
            {
                Host = source.Desired?.Host ?? "",
                Digest = source.Desired?.Digest,
                Pid = Environment.ProcessId,
                Version = typeof(StatusTracker).Assembly.GetName().Version?.ToString(3) ?? "",
                Started = started,
                Written = clock.GetUtcNow(),
                LastFullLook = lastFullLook,
                Resources = [.. resources.Values.OrderBy(r => r.Id, StringComparer.Ordinal).Select(WithBudget)],
                Alarms = alarms.Active,
                Hold = hold,
                Looks = looks,
                Events = events,
                Healed = healed,
                NotHealed = notHealed,
            }
        );
    }

    private void Set(string id, ResourceState state, string? because)
    {
        if (!resources.TryGetValue(id, out var old) || (old.State == state && old.Because == because))
            return;
        resources[id] = old with { State = state, Because = because, Since = old.State == state ? old.Since : clock.GetUtcNow() };
        isPublished = false;
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
