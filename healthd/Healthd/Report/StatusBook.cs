using System.Collections.Concurrent;
using Cloudlet.Converge.Planning;
using Cloudlet.DesiredState;
using Cloudlet.Healthd.Heal;

namespace Cloudlet.Healthd.Report;

/// <summary>How every resource is, and the counters around it. Not for several threads at once, but for <see cref="Reconsider"/>.</summary>
internal sealed class StatusBook(Ledger ledger, AlarmBook alarms, TimeProvider clock)
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

    /// <summary>From any thread: the resource may be healed now although it failed before.</summary>
    public void Reconsider(string id) => reconsidered.Enqueue(id);

    public IReadOnlyCollection<string> TakeReconsidered()
    {
        HashSet<string> ids = [];
        while (reconsidered.TryDequeue(out var id))
            ids.Add(id);
        return ids;
    }

    public void Deviates(PlannedChange change, Verdict verdict) => Set(change.Id, verdict.State, verdict.Because ?? Seen(change));

    public void Well(string id) => Set(id, ResourceState.Ok, null);

    public void Healed(string id) => Set(id, ResourceState.Ok, null);

    public void Failed(string id, string message) => Set(id, ledger[id].GivenUp ? ResourceState.GivenUp : ResourceState.Waiting, message);

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

    /// <summary>Publishes the status if anything of it but counters has changed.</summary>
    public void Publish(IHealthReports reports, HeldState held, long events)
    {
        looks++;
        var hold = held.ReadHold();
        if (isPublished && alarms.Changes == publishedAlarms && hold == publishedHold)
            return;
        (isPublished, publishedAlarms, publishedHold) = (true, alarms.Changes, hold);
        reports.Publish(new HealthStatus
        {
            Host = held.Desired?.Host ?? "",
            Digest = held.Desired?.Digest,
            Pid = Environment.ProcessId,
            Version = typeof(StatusBook).Assembly.GetName().Version?.ToString(3) ?? "",
            Started = started,
            Written = clock.GetUtcNow(),
            LastFullLook = lastFullLook,
            Resources = [.. resources.Values.OrderBy(r => r.Id, StringComparer.Ordinal).Select(WithAccount)],
            Alarms = alarms.Active,
            Hold = hold,
            Looks = looks,
            Events = events,
            Healed = healed,
            NotHealed = notHealed,
        });
    }

    private void Set(string id, ResourceState state, string? because)
    {
        if (!resources.TryGetValue(id, out var old) || (old.State == state && old.Because == because))
            return;
        resources[id] = old with { State = state, Because = because, Since = old.State == state ? old.Since : clock.GetUtcNow() };
        isPublished = false;
    }

    private ResourceHealth WithAccount(ResourceHealth health)
    {
        var account = ledger[health.Id];
        return health with { LastHeal = account.LastHeal, Heals = account.Heals, Failures = account.Failures, NextTry = account.NextTry };
    }

    private static string Seen(PlannedChange change) => change.Properties.Count == 0
        ? change.Action == ChangeAction.Create ? "absent" : "not as described"
        : string.Join(", ", change.Properties.Select(p => p.Path).Distinct()) + " not as described";
}
