using Cloudlet.DesiredState.Kinds.Links;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>
/// How a link that was there before us gets its previous state: property by property, because others configure it as well (a renewed
/// lease, an address that was added by hand).
/// </summary>
internal static class LinkReturn
{
    /// <summary>
    /// The link with our changes undone, and without properties that we did not describe or that were changed since.
    /// </summary>
    public static LinkSpec Of(LinkSpec before, LinkSpec applied, LinkSpec observed) =>
        applied with
        {
            Parent = null,
            Peer = null,
            VlanId = null,
            VxlanId = null,
            VxlanLocal = null,
            VxlanRemote = null,
            VxlanPort = null,
            MacvlanMode = null,
            BridgeStp = applied.BridgeStp is not null && applied.BridgeStp == observed.BridgeStp ? before.BridgeStp : null,
            Mac = applied.Mac is not null && applied.Mac == observed.Mac ? before.Mac : null,
            Mtu = applied.Mtu is not null && applied.Mtu == observed.Mtu ? before.Mtu : null,
            Up = applied.Up is not null && applied.Up == observed.Up ? before.Up : null,
            Promiscuous = applied.Promiscuous is not null && applied.Promiscuous == observed.Promiscuous ? before.Promiscuous : null,
            Master = applied.Master is not null && applied.Master == observed.Master ? before.Master : null,
            Addresses = AddressesOf(before.Addresses ?? [], applied, observed.Addresses ?? []),
            ForeignAddresses = ForeignAddresses.Remove,
            Routes = applied.Routes is null ? null : before.Routes ?? [],
        };

    /// <summary>
    /// Where foreign addresses stay, our addresses that are no longer described are not seen as extra: this goal removes them, and keeps
    /// all others.
    /// </summary>
    public static LinkSpec WithoutLeft(LinkSpec goal, LinkSpec desired, LinkSpec before, LinkSpec applied, LinkSpec observed)
    {
        if (desired.ForeignAddresses != ForeignAddresses.Keep || applied.Addresses is not { } ours || observed.Addresses is not { } there)
            return goal;
        string[] left = [.. ours.Except(desired.Addresses ?? []).Except(before.Addresses ?? []).Intersect(there)];
        return left.Length == 0
            ? goal
            : goal with
            {
                Addresses = [.. there.Union(goal.Addresses ?? []).Except(left)],
                ForeignAddresses = ForeignAddresses.Remove,
            };
    }

    /// <summary>
    /// The present addresses without those that we added, and with those that we removed, including those that a bridge took over from a
    /// card, although they are described for the bridge. Null: we did neither.
    /// </summary>
    private static IReadOnlyList<string>? AddressesOf(IReadOnlyList<string> before, LinkSpec applied, IReadOnlyList<string> observed)
    {
        if (applied.Addresses is null)
            return applied.Yields == true ? [.. observed.Union(before)] : null;
        var taken = applied.ForeignAddresses == ForeignAddresses.Remove ? before.Except(applied.Addresses!) : [];
        return [.. observed.Except(applied.Addresses!.Except(before)).Union(taken)];
    }
}
