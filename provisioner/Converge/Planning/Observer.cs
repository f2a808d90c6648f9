using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.Converge.Planning;

/// <summary>The result of one observation of a host.</summary>
/// <param name="ById">One observation for every wanted resource.</param>
/// <param name="Departures">The decisions about resources from earlier descriptions that are present but no longer wanted.</param>
/// <param name="Marked">Ids of resources with our mark, wanted or not.</param>
internal sealed record ObservedHost(
    IReadOnlyDictionary<string, Observation> ById,
    IReadOnlyList<Departure> Departures,
    IReadOnlySet<string> Marked
)
{
    /// <summary>
    /// Goals of resources whose description names fewer properties than before, by id: these properties return to their values before us.
    /// </summary>
    public IReadOnlyDictionary<string, ResourceSpec> Returning { get; init; } = new Dictionary<string, ResourceSpec>();

    /// <summary>The goal for a described resource.</summary>
    public ResourceSpec GoalOf(ResourceSpec described) => Returning.GetValueOrDefault(described.Id, described);
}

/// <summary>Observes every resource of a state, and finds our other resources.</summary>
internal sealed class Observer(KindRegistry kinds)
{
    /// <summary>Observes all resources of <paramref name="desired"/>, and others that may be ours.</summary>
    /// <param name="desired">The state to observe.</param>
    /// <param name="past">Records of earlier runs; they decide about resources that <paramref name="desired"/> lacks.</param>
    /// <param name="findOwned">Whether to search for resources by their mark as well.</param>
    /// <param name="ct">Cancels the observation.</param>
    public async Task<ObservedHost> ObserveAsync(HostState desired, Past past, bool findOwned, CancellationToken ct)
    {
        var returning = await ReturningAsync(desired, past, ct);
        var observed = new Dictionary<string, Observation>(desired.Resources.Count);
        foreach (var group in desired.Resources.Select(r => returning.GetValueOrDefault(r.Id, r)).GroupBy(r => r.GetType()))
        foreach (var observation in await ObserveAsync([.. group], ct))
            observed[observation.Id] = observation;
        var marked = new Dictionary<string, ResourceSpec>(StringComparer.Ordinal);
        if (findOwned)
            foreach (var kind in kinds.All)
            foreach (var owned in await kind.FindOwnedAsync(ct))
                marked.TryAdd(owned.Id, owned);
        var departures = await new Departures(kinds, ObserveOneAsync).OfAsync(
            observed.Keys.ToHashSet(StringComparer.Ordinal),
            past,
            marked,
            ct
        );
        return new ObservedHost(observed, departures, marked.Keys.ToHashSet(StringComparer.Ordinal)) { Returning = returning };
    }

    public async Task<Observation> ObserveOneAsync(ResourceSpec desired, CancellationToken ct) => (await ObserveAsync([desired], ct))[0];

    private async Task<Dictionary<string, ResourceSpec>> ReturningAsync(HostState desired, Past past, CancellationToken ct)
    {
        var returning = new Dictionary<string, ResourceSpec>(StringComparer.Ordinal);
        if (past.Described.Count == 0)
            return returning;
        var earlier = past.Described.ToLookup(static s => s.Id, StringComparer.Ordinal);
        var returns = new Returns(kinds, ObserveOneAsync);
        foreach (var spec in desired.Resources)
            if (await returns.WithAsync(spec, earlier[spec.Id], past, ct) is var goal && !ReferenceEquals(goal, spec))
                returning[spec.Id] = goal;
        return returning;
    }

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
}
