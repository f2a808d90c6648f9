using System.Collections.Concurrent;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>
/// Network links with their addresses and routes. One kernel dump is enough for all of them. Network cards and the loopback link are
/// configured but never replaced or deleted; foreign routes and addresses stay.
/// </summary>
/// <param name="links">The network namespace.</param>
/// <param name="files">Files of the host, whose boot files show which links are ours; null on a host without files.</param>
/// <param name="applied">The state that the last apply reached completely; null where that is not known.</param>
public sealed class LinksKind(IRouteNetlink links, IHostFiles? files, Func<HostState?>? applied = null)
    : IResourceKind<LinkSpec>,
        IObservesMany<LinkSpec>,
        ICanRemove<LinkSpec>,
        IIgnoresForeign<LinkSpec>,
        ICaptures<LinkSpec>,
        IFindsOwned<LinkSpec>,
        IHasImmutableProperties,
        ITriggered<LinkSpec>,
        IGivesBack<LinkSpec>,
        IKnowsDefaults<LinkSpec>,
        IHasSharedSets<LinkSpec>,
        IRecordsConverged<LinkSpec>,
        IPreflight<LinkSpec>,
        IHealFailures
{
    /// <summary>Up to this many links are requested one by one; for more, one dump of all links is faster.</summary>
    private const int Few = 8;

    private const int EthernetMtu = 1500;

    private readonly LinkCreation _creation = new(links);
    private readonly LinkIdentity _identity = new(links);
    private readonly AddressNotes _notes = new(links);
    private readonly OwnRoutes _own = new(applied);
    private readonly ConcurrentDictionary<string, bool> _unmarked = new();
    private readonly Lock _renaming = new();

    private LinkUpdate Update => new(links, _creation, _own);

    /// <inheritdoc/>
    public IReadOnlySet<string> ReplacedBy { get; } =
        new HashSet<string> { "kind", "parent", "peer", "vlanId", "vxlanId", "vxlanLocal", "vxlanRemote", "vxlanPort", "macvlanMode" };

    /// <inheritdoc/>
    public ValueTask<LinkSpec?> ObserveAsync(LinkSpec desired, CancellationToken ct) => new(Observe(desired, Holders(), All()));

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LinkSpec?>> ObserveManyAsync(IReadOnlyList<LinkSpec> desired, CancellationToken ct)
    {
        if (desired.Count <= Few)
        {
            var (holders, list) = (Holders(), All());
            return new([.. desired.Select(spec => Observe(spec, holders, list))]);
        }

        var all = links.Dump();
        var byName = all.Links.ToDictionary(l => l.Name);
        var byAddress = new Lazy<AddressHolders>(() => AddressHolders.Of(all));
        var others = new Lazy<IReadOnlyList<LinkInfo>>(all.Links);
        return new([.. desired.Select(Look)]);

        LinkSpec? Look(LinkSpec spec) =>
            LinkIdentity.Find(spec, byName.GetValueOrDefault(spec.Name), all) is { } link
                ? Seen(link, spec, byName.GetValueOrDefault, byAddress, others)
                : null;
    }

    private Lazy<AddressHolders> Holders() => new(() => AddressHolders.Of(links.Addresses()));

    private Lazy<IReadOnlyList<LinkInfo>> All() => new(links.List);

    private LinkSpec? Observe(LinkSpec desired, Lazy<AddressHolders> holders, Lazy<IReadOnlyList<LinkInfo>> all) =>
        _identity.Find(desired) is { } link ? Seen(link, desired, links.Find, holders, all) : null;

    /// <summary>
    /// Creates the link. If the other end of the pair was moved to another network namespace, our remaining end blocks the new pair: it is
    /// created again with the pair, in its earlier state.
    /// </summary>
    private void Create(LinkSpec desired)
    {
        var left = _creation.DeleteLeftEnd(desired);
        _creation.Create(desired);
        if (left is not null)
            Update.Apply(left);
    }

    private LinkSpec Seen(
        LinkInfo link,
        LinkSpec desired,
        Func<string, LinkInfo?> find,
        Lazy<AddressHolders> holders,
        Lazy<IReadOnlyList<LinkInfo>> all
    )
    {
        var routes = desired.Routes ?? [];
        LinkRoutes.Note(link, routes, desired, _own);
        var seen = LinkObservation.Of(link, desired, find, route => LinkRoutes.IsUsurper(route, routes, desired, _own));
        if (LinkMark.IsWanted(link, desired))
            _unmarked[desired.Id] = true;
        seen = MacNotes.With(seen, link, desired, all);
        return _notes.About(link, desired, holders).ToList() is { Count: > 0 } about
            ? seen with
            {
                Addresses = [.. seen.Addresses ?? [], .. about],
            }
            : seen;
    }

    /// <summary>Marks a link that is as described, so that it is recognized under any later name.</summary>
    public void RecordConverged(LinkSpec seen)
    {
        if (_unmarked.TryRemove(seen.Id, out _) && links.Find(seen.Name) is { } link && LinkMark.IsWanted(link, seen))
            links.Change(link.Index, new LinkChange { Alias = LinkMark.Of(seen) });
    }

    /// <inheritdoc/>
    public IEnumerable<Trigger> TriggersOf(LinkSpec spec) =>
        [
            new Trigger(TriggerKind.Link, spec.Name),
            .. (spec.TakesOver ?? []).Select(port => new Trigger(TriggerKind.Link, port)),
            // The same address on another link conflicts with ours, and so does a route to its network.
            .. (spec.Addresses ?? []).Select(a => new Trigger(TriggerKind.Address, a[..a.LastIndexOf('/')])),
            .. (spec.Addresses ?? [])
                .Select(ConnectedNet.NetOf)
                .Distinct(StringComparer.Ordinal)
                .Select(net => new Trigger(TriggerKind.Address, net)),
            .. (spec.Routes ?? []).Select(r => new Trigger(TriggerKind.Address, r.To)),
            // And so does its hardware address.
            .. spec.Mac is { } mac ? [new Trigger(TriggerKind.Address, mac)] : Array.Empty<Trigger>(),
        ];

    /// <inheritdoc/>
    public LinkSpec WithoutForeign(LinkSpec desired, LinkSpec observed) =>
        desired is { ForeignAddresses: ForeignAddresses.Keep, Addresses: { } ours }
            ? observed with
            {
                Addresses = [.. (observed.Addresses ?? []).Where(a => ours.Contains(a) || AddressNotes.IsNote(a))],
            }
            : observed;

    /// <inheritdoc/>
    public ValueTask ApplyAsync(LinkSpec desired, LinkSpec? observed, ChangeAction action, CancellationToken ct)
    {
        lock (_renaming)
        {
            var link = observed is null ? null : _identity.Find(desired);
            if (link is not null && action == ChangeAction.Replace)
            {
                _creation.Delete(link.Name);
                link = null;
            }

            _identity.TakeName(desired, link);
            if (link is null)
                Create(desired);
        }

        Update.Apply(desired);
        var hasNotes = observed?.Addresses?.Any(AddressNotes.IsNote) == true;

        // Most links have nothing to check: they are not requested again.
        if (observed is null || (!hasNotes && desired.Mac is null) || links.Find(desired.Name) is not { } there)
            return ValueTask.CompletedTask;
        if (hasNotes)
            _notes.Mend(there, desired, Holders());
        MacNotes.Check(there, desired, All());
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> CheckAsync(LinkSpec desired, LinkSpec? observed, Plan plan, CancellationToken ct) =>
        new([.. new LinkPreflight(links, plan).ReasonsAgainst(desired, observed)]);

    /// <inheritdoc/>
    public bool CanRemove(LinkSpec spec) => spec.Kind != LinkKind.Existing;

    /// <inheritdoc/>
    public string KeptBecause(LinkSpec spec) => "a link that was there before us is never deleted";

    /// <summary>Our boot files also name bridges that were there before them.</summary>
    public bool IsProof => false;

    /// <inheritdoc/>
    public bool IsOurs(LinkSpec applied, LinkSpec observed) => !MustBeReplaced(applied, observed);

    /// <inheritdoc/>
    public LinkSpec GiveBack(LinkSpec before, LinkSpec applied, LinkSpec observed) =>
        MustBeReplaced(before, observed) ? before : LinkReturn.Of(Plain(before), applied, Plain(observed));

    /// <summary>The MTU of a vlan, macvlan, vxlan or bridge follows that of other links, so it has no default of its own.</summary>
    public LinkSpec Undescribed(LinkSpec spec) =>
        spec with
        {
            Master = "",
            Promiscuous = false,
            Mtu = spec.Kind is LinkKind.Dummy or LinkKind.Veth or LinkKind.Tap ? EthernetMtu : null,
        };

    /// <inheritdoc/>
    public LinkSpec WithoutLeft(LinkSpec goal, LinkSpec desired, LinkSpec before, LinkSpec applied, LinkSpec observed) =>
        LinkReturn.WithoutLeft(goal, desired, before, applied, AddressNotes.Without(observed));

    /// <inheritdoc/>
    public ValueTask RemoveAsync(LinkSpec spec, CancellationToken ct)
    {
        if (CanRemove(spec) && _identity.Find(spec) is { } link)
            _creation.Delete(link.Name);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// The link with exactly its present addresses; a port whose addresses move to its bridge with all its routes too, ours or not, as
    /// they go with the addresses. A link of a kind that we cannot create (a bond, an ifb) cannot be restored: null, and a rollback only
    /// removes what replaced it.
    /// </summary>
    public ValueTask<LinkSpec?> CaptureAsync(LinkSpec observed, CancellationToken ct)
    {
        var isOfAnotherKind =
            observed.Kind == LinkKind.Existing
            && links.Find(observed.Name) is { Kind: not null } link
            && LinkObservation.KindOf(link) is null;
        if (isOfAnotherKind)
            return new((LinkSpec?)null);
        var captured = Plain(observed) with { ForeignAddresses = ForeignAddresses.Remove, TakesOver = null, Yields = null };
        return new(
            observed.Yields == true && links.Find(observed.Name) is { } card
                ? captured with
                {
                    Routes = [.. captured.Routes ?? [], .. LinkRoutes.ThatGoWith(card, captured.Routes ?? [])],
                }
                : captured
        );
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<LinkSpec>> FindOwnedAsync(CancellationToken ct)
    {
        if (files is null || OwnedLinks.NamesIn(files) is not { Count: > 0 } names)
            return new([]);
        var owned = new List<LinkSpec>();
        foreach (var link in links.Dump().Links)
            if (names.Contains(link.Name) && LinkObservation.KindOf(link) is { } kind)
                owned.Add(
                    LinkObservation.Of(
                        link,
                        new LinkSpec
                        {
                            Id = LinkSpec.IdOf(link.Name),
                            Name = link.Name,
                            Kind = kind,
                        },
                        find: null
                    )
                );
        return new(owned);
    }

    /// <summary>
    /// A kernel error about a link may be temporary: another program may rename or replace the link during the heal.
    /// </summary>
    public HealFailure? MeaningOf(ErrorKind error) =>
        error switch
        {
            ErrorKind.InvalidInput => new HealFailure(IsFinal: false, Alarm: null),
            ErrorKind.Unsupported => new HealFailure(IsFinal: false, AlarmKind.Obstructed),
            _ => null,
        };

    /// <summary>The observed link without the notes about it.</summary>
    private static LinkSpec Plain(LinkSpec seen) => MacNotes.Without(AddressNotes.Without(seen));

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
