using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Planning;

/// <summary>What was seen on a host in one look.</summary>
/// <param name="ById">One observation for every wanted resource.</param>
/// <param name="Strays">Resources that are ours, are there, can be removed and are not wanted.</param>
public sealed record ObservedHost(IReadOnlyDictionary<string, Observation> ById, IReadOnlyList<Stray> Strays);

/// <summary>A resource that is ours and that nobody wants.</summary>
/// <param name="Spec">How it is; when that could not be seen, how it was described last.</param>
/// <param name="Error">Why it could not be seen, or null. Not seeing it is no reason to forget it.</param>
public sealed record Stray(ResourceSpec Spec, string? Error);

/// <summary>Looks at everything a state names, and for what is ours beside it.</summary>
internal sealed class Observer(KindRegistry kinds)
{
    /// <summary>One look at all that <paramref name="desired"/> names and at what may be ours beside it.</summary>
    /// <param name="desired">What to look at.</param>
    /// <param name="earlier">Specs that may be on the host from an earlier state; those that <paramref name="desired"/> lacks are strays if they are still there.</param>
    /// <param name="findOwned">Whether to look for resources by their mark as well.</param>
    /// <param name="ct">Ends the look.</param>
    public async Task<ObservedHost> ObserveAsync(HostState desired, IEnumerable<ResourceSpec> earlier, bool findOwned, CancellationToken ct)
    {
        var observed = new Dictionary<string, Observation>(desired.Resources.Count);
        foreach (var group in desired.Resources.GroupBy(r => r.GetType()))
            foreach (var observation in await ObserveAsync([.. group], ct))
                observed[observation.Id] = observation;
        return new ObservedHost(observed, await StraysAsync(observed, earlier, findOwned, ct));
    }

    public async Task<Observation> ObserveOneAsync(ResourceSpec desired, CancellationToken ct) => (await ObserveAsync([desired], ct))[0];

    private ValueTask<IReadOnlyList<Observation>> ObserveAsync(IReadOnlyList<ResourceSpec> sameKind, CancellationToken ct)
    {
        try
        {
            return kinds.For(sameKind[0]).ObserveAsync(sameKind, ct);
        }
        catch (CloudletException unknownKind)
        {
            return new([.. sameKind.Select(spec => new Observation(spec.Id, null, null, unknownKind))]);
        }
    }

    private async Task<IReadOnlyList<Stray>> StraysAsync(
        Dictionary<string, Observation> observed, IEnumerable<ResourceSpec> earlier, bool findOwned, CancellationToken ct)
    {
        var strays = new SortedDictionary<string, Stray>(StringComparer.Ordinal);
        foreach (var spec in earlier)
        {
            if (observed.ContainsKey(spec.Id) || strays.ContainsKey(spec.Id) || !kinds.For(spec).CanRemove(spec))
                continue;
            var seen = await ObserveOneAsync(spec, ct);
            if (seen.Error is not null || seen.Actual is not null)
                strays[spec.Id] = new Stray(seen.Actual ?? spec, seen.Error?.Message);
        }

        if (findOwned)
            foreach (var kind in kinds.All)
                foreach (var owned in await kind.FindOwnedAsync(ct))
                    if (!observed.ContainsKey(owned.Id))
                        strays.TryAdd(owned.Id, new Stray(owned, null));
        return [.. strays.Values];
    }
}
