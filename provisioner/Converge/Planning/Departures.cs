using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Planning;

/// <summary>What happens to a resource that is no longer described.</summary>
internal enum Fate
{
    /// <summary>We made it and it is still ours: remove it.</summary>
    Remove,

    /// <summary>It was there before us and we changed it: restore its previous state.</summary>
    Restore,

    /// <summary>It stays as it is.</summary>
    Keep,
}

/// <summary>A resource on the host that is no longer described.</summary>
/// <param name="Fate">What happens to it.</param>
/// <param name="Spec">For a removal or a kept resource, its last description; for a restore, the state to restore.</param>
/// <param name="Reason">Why.</param>
internal sealed record Departure(Fate Fate, ResourceSpec Spec, string Reason)
{
    /// <summary>Its present state, observed with <see cref="Spec"/>; null when it was not observed.</summary>
    public Observation? Seen { get; init; }
}

/// <summary>What the records of earlier runs say about a host.</summary>
/// <param name="Described">Specs that may be on the host from earlier descriptions, the latest first.</param>
/// <param name="Known">The host's state before us; read only when a resource leaves or is new.</param>
internal sealed record Past(IReadOnlyList<ResourceSpec> Described, Lazy<Baseline> Known)
{
    /// <summary>The host's state before us.</summary>
    public Baseline Baseline => Known.Value;

    /// <summary>States that this run, or the killed run that it resumes, has begun to restore: that is not decided again.</summary>
    public IReadOnlyList<ResourceSpec> Restoring { get; init; } = [];

    /// <summary>True when a run is rolled back: what it made is removed, even if it was changed since.</summary>
    public bool IsUndone { get; init; }

    /// <summary>Nothing is known.</summary>
    public static Past None { get; } = new([], new Lazy<Baseline>(new Baseline()));
}

/// <summary>Decides what happens to resources that leave the description: what we did not make is not removed.</summary>
/// <param name="kinds">The kinds that observe them.</param>
/// <param name="look">Observes one resource.</param>
internal sealed class Departures(KindRegistry kinds, Func<ResourceSpec, CancellationToken, Task<Observation>> look)
{
    private const string AsBefore = "it is as it was before us";
    private const string Marked = "it carries our mark";

    /// <summary>A decision for every resource on the host that earlier descriptions have and <paramref name="described"/> lacks.</summary>
    public async Task<IReadOnlyList<Departure>> OfAsync(
        IReadOnlySet<string> described,
        Past past,
        IReadOnlyDictionary<string, ResourceSpec> marked,
        CancellationToken ct
    )
    {
        var all = new SortedDictionary<string, Departure>(StringComparer.Ordinal);
        foreach (var group in past.Described.Where(s => !described.Contains(s.Id)).GroupBy(static s => s.Id, StringComparer.Ordinal))
            if (await DecideAsync([.. group.Distinct()], past, marked.ContainsKey(group.Key), ct) is { } departure)
                all[group.Key] = departure;
        foreach (var (id, spec) in marked.Where(m => !described.Contains(m.Key) && !all.ContainsKey(m.Key)))
            if (!IsFromBefore(spec, past.Baseline))
                all[id] = new Departure(Fate.Remove, spec, Marked);
        KeepWhatCannotGo(all);
        return [.. all.Values];
    }

    /// <summary>Our files mark everything they name, so the mark proves nothing for a resource that was there before them.</summary>
    private bool IsFromBefore(ResourceSpec spec, Baseline baseline) =>
        !kinds.For(spec).IsMarkProof && (baseline.BeforeOf(spec.Id) ?? baseline.FoundOf(spec.Id)) is not null;

    private async Task<Departure?> DecideAsync(IReadOnlyList<ResourceSpec> applied, Past past, bool isMarked, CancellationToken ct)
    {
        var spec = applied[0];
        try
        {
            var isOursByMark = isMarked && !IsFromBefore(spec, past.Baseline);
            var before = isOursByMark ? null : past.Restoring.FirstOrDefault(r => r.Id == spec.Id) ?? past.Baseline.BeforeOf(spec.Id);
            return before is not null
                ? await OfChangedAsync(applied, before, past, ct)
                : await OfMadeAsync(applied, past, isOursByMark, ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // A record of ours that has no meaning on this host is not a reason to stop.
            return new Departure(Fate.Keep, spec, $"it cannot be observed: {e.Message}");
        }
    }

    private async Task<Departure?> OfMadeAsync(IReadOnlyList<ResourceSpec> applied, Past past, bool isMarked, CancellationToken ct)
    {
        var spec = applied[0];
        var kind = kinds.For(spec);
        var seen = await look(spec, ct);
        if (seen is { Error: null, Actual: null })
            return null;
        if (!isMarked && past.Baseline.CreatedOf(spec.Id) is null)
            return Keep(
                past.Baseline.FoundOf(spec.Id) is null
                    ? "no record says that we made or changed it"
                    : "it was there before us, and we did not have to change it"
            );
        if (IsHopeless(seen))
            return Keep(seen.Error!.Message);
        if (!kind.Removes)
            return Keep(kind.KeptBecause(spec));
        if (isMarked || past.IsUndone || seen.Error is not null)
            return Remove(isMarked ? Marked : "we made it");
        foreach (var last in applied)
            if (kind.IsOurs(last, await look(last, ct)))
                return Remove("we made it, and it is as we left it");
        return Keep("we made it, but it was changed or replaced since");

        Departure Keep(string reason) => new(Fate.Keep, spec, reason) { Seen = seen };
        Departure Remove(string reason) => new(Fate.Remove, spec, reason) { Seen = seen };
    }

    private async Task<Departure?> OfChangedAsync(IReadOnlyList<ResourceSpec> applied, ResourceSpec before, Past past, CancellationToken ct)
    {
        var kind = kinds.For(before);
        if (!kind.Removes)
            return Keep(kind.KeptBecause(before));
        var seen = await look(before, ct);
        if (IsHopeless(seen))
            return Keep(seen.Error!.Message);
        if (seen.Error is null && SpecDiff.Between(before, seen.Managed).Count == 0)
            return Keep(AsBefore);
        if (past.Restoring.Any(r => r.Id == before.Id))
            return Restore(before);
        if (seen is { Error: null, Actual: null })
            return null;
        foreach (var last in applied)
        {
            var now = await look(last, ct);
            if (now.Error is not null)
                return Restore(before);
            if (!kind.IsOurs(last, now))
                continue;
            var goal = kind.GiveBack(before, last, now.Actual!) with { After = last.After, Watches = [] };
            seen = await look(goal, ct);
            if (SpecDiff.Between(goal, seen.Managed).Count == 0)
                return Keep(AsBefore);
            var alone = new Plan(HostState.Create("", []), []);
            return await kind.PreflightAsync(goal, seen.Actual, alone, ct) is { Count: > 0 } refusals
                ? Keep(string.Join("; ", refusals))
                : Restore(goal);
        }

        return Keep("we changed it, but it was changed again since");

        Departure Keep(string reason) => new(Fate.Keep, applied[0], reason);
        Departure Restore(ResourceSpec goal) =>
            new(Fate.Restore, goal, "it was there before us, and that state is restored") { Seen = seen };
    }

    /// <summary>Keeps what the kind refuses to remove; a folder is removed when all its content is removed.</summary>
    private void KeepWhatCannotGo(SortedDictionary<string, Departure> all)
    {
        bool again;
        do
        {
            again = false;
            foreach (var (id, gone) in all.Where(d => d.Value.Fate == Fate.Remove && !CanRemove(d.Value.Spec)).ToList())
            {
                all[id] = gone with { Fate = Fate.Keep, Reason = kinds.For(gone.Spec).KeptBecause(gone.Spec) };
                again = true;
            }
        } while (again);

        bool CanRemove(ResourceSpec spec)
        {
            try
            {
                return kinds.For(spec).CanRemove(spec, id => all.TryGetValue(id, out var other) && other.Fate == Fate.Remove);
            }
            catch (CloudletException)
            {
                return true; // the removal itself reports the error
            }
        }
    }

    /// <summary>
    /// A resource that can never be observed (an invalid name, a device in its place) is forgotten; retrying helps only with other errors.
    /// </summary>
    private static bool IsHopeless(Observation seen) =>
        seen.Error is CloudletException { Kind: ErrorKind.InvalidInput or ErrorKind.Unsupported };
}
