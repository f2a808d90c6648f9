using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState.Links;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Links;

/// <summary>
/// Network links with their addresses and routes. One dump of the kernel answers for all of them. Network cards and the loopback link are configured but never replaced or deleted;
/// routes and addresses of others stay.
/// </summary>
/// <param name="links">The network namespace.</param>
/// <param name="files">Where boot files tell which links are ours; null on a host that has no files.</param>
public sealed class LinksKind(IRouteNetlink links, IHostFiles? files)
    : IResourceKind<LinkSpec>, IObservesMany<LinkSpec>, IRemovable<LinkSpec>, IJudgesForeign<LinkSpec>, ICaptures<LinkSpec>, IFindsOwned<LinkSpec>, IReplaces, IWoken<LinkSpec>
{
    /// <summary>So many links are asked for one by one; for more of them one dump of all links is the shorter way.</summary>
    private const int Few = 8;

    private readonly LinkCreation creation = new(links);

    /// <inheritdoc/>
    public IReadOnlySet<string> ReplacedBy { get; } = new HashSet<string>
    {
        "kind", "parent", "peer", "vlanId", "vxlanId", "vxlanLocal", "vxlanRemote", "vxlanPort", "macvlanMode",
    };

    /// <inheritdoc/>
    public ValueTask<LinkSpec?> ObserveAsync(LinkSpec desired, CancellationToken ct) =>
        new(Observe(desired));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LinkSpec?>> ObserveManyAsync(IReadOnlyList<LinkSpec> desired, CancellationToken ct)
    {
        if (desired.Count <= Few)
            return new([.. desired.Select(Observe)]);
        var byName = links.Dump().Links.ToDictionary(l => l.Name);
        return new([.. desired.Select(spec => byName.TryGetValue(spec.Name, out var link) ? LinkObservation.Of(link, spec, byName.GetValueOrDefault) : null)]);
    }

    private LinkSpec? Observe(LinkSpec desired) => links.Find(desired.Name) is { } link ? LinkObservation.Of(link, desired, links.Find) : null;

    /// <inheritdoc/>
    public IEnumerable<Wake> WokenBy(LinkSpec spec) => [new Wake(WakeKind.Link, spec.Name)];

    /// <inheritdoc/>
    public LinkSpec Judge(LinkSpec desired, LinkSpec observed) => desired is { ForeignAddresses: ForeignAddresses.Keep, Addresses: { } ours }
        ? observed with { Addresses = [.. (observed.Addresses ?? []).Where(ours.Contains)] }
        : observed;

    /// <inheritdoc/>
    public ValueTask ApplyAsync(LinkSpec desired, LinkSpec? observed, CancellationToken ct)
    {
        if (observed is not null && MustBeReplaced(desired, observed))
        {
            creation.Delete(desired.Name);
            observed = null;
        }

        if (observed is null)
            creation.Create(desired);
        new LinkUpdate(links, creation).Apply(desired);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public bool CanRemove(LinkSpec spec) => spec.Kind != LinkKind.Existing;

    /// <inheritdoc/>
    public ValueTask RemoveAsync(LinkSpec spec, CancellationToken ct)
    {
        if (CanRemove(spec))
            creation.Delete(spec.Name);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// The link with exactly the addresses it has now. A link of a kind that we cannot make (a bond, an ifb) cannot be brought back: null, and going back only takes away what stands in its place.
    /// </summary>
    public ValueTask<LinkSpec?> CaptureAsync(LinkSpec observed, CancellationToken ct)
    {
        var isOfAnotherKind = observed.Kind == LinkKind.Existing && links.Find(observed.Name) is { Kind: not null } link && LinkObservation.KindOf(link) is null;
        return new(isOfAnotherKind ? null : observed with { ForeignAddresses = ForeignAddresses.Remove });
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LinkSpec>> FindOwnedAsync(CancellationToken ct)
    {
        if (files is null || OwnedLinks.NamesIn(files) is not { Count: > 0 } names)
            return new([]);
        var owned = new List<LinkSpec>();
        foreach (var link in links.Dump().Links)
            if (names.Contains(link.Name) && LinkObservation.KindOf(link) is { } kind)
                owned.Add(LinkObservation.Of(link, new LinkSpec { Id = LinkSpec.IdOf(link.Name), Name = link.Name, Kind = kind }, find: null));
        return new(owned);
    }

    private static bool MustBeReplaced(LinkSpec desired, LinkSpec observed)
    {
        return desired.Kind != observed.Kind
            || Differs(desired.Parent, observed.Parent)
            || Differs(desired.Peer, observed.Peer)
            || Differs(desired.VxlanLocal, observed.VxlanLocal)
            || Differs(desired.VxlanRemote, observed.VxlanRemote)
            || Differs(desired.MacvlanMode, observed.MacvlanMode)
            || (desired.VlanId is { } vlan && vlan != observed.VlanId)
            || (desired.VxlanId is { } vxlan && vxlan != observed.VxlanId)
            || (desired.VxlanPort is { } port && port != observed.VxlanPort);

        static bool Differs(string? wanted, string? actual) => wanted is not null && wanted != (actual ?? "");
    }
}
