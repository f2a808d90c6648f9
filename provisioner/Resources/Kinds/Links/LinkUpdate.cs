using System.Globalization;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>Brings an existing link to its description with the smallest change.</summary>
internal sealed class LinkUpdate(IRouteNetlink links, LinkCreation creation, OwnRoutes own)
{
    /// <summary>Applies everything except properties that only a new link can get, and sets the link's mark.</summary>
    public void Apply(LinkSpec wanted)
    {
        var link = Look(wanted);
        LinkAdvertisements.Apply(links, link, wanted);
        if (ChangeOf(wanted, link) is { } change)
        {
            Change(wanted, link, change);

            // A link that went down has lost its routes and IPv6 addresses; the addresses of a link that joined a bridge may have moved.
            link = Look(wanted);
        }

        if (NeutronBridge.Of(link, wanted, links.Find) is { } bridge)
            wanted = NeutronBridge.Without(wanted, bridge);
        if (wanted.Addresses is { } addresses)
            link = ApplyAddresses(wanted, link, addresses);
        if (wanted.TakesOver is not null)
        {
            BridgeTakeover.Apply(links, link, wanted);
            link = Look(wanted);
        }

        if (wanted.Routes is { } routes)
            LinkRoutes.Apply(links, link, routes, wanted, own);
    }

    /// <summary>
    /// New addresses are added before old ones are removed, so that a changed prefix interrupts as little as possible. Removing the
    /// first IPv4 address of a subnet removes the others too (unless net.ipv4.conf.*.promote_secondaries is set): those are added again.
    /// </summary>
    private LinkInfo ApplyAddresses(LinkSpec wanted, LinkInfo link, IReadOnlyList<string> addresses)
    {
        AddMissing();
        if (wanted.ForeignAddresses != ForeignAddresses.Remove)
            return Look(wanted);
        var removed = false;
        foreach (var extra in link.Addresses.Where(a => LinkObservation.IsGiven(a) && !addresses.Contains(a.Cidr)))
        {
            links.RemoveAddress(link.Index, extra);
            removed = true;
        }

        link = Look(wanted);
        if (removed)
        {
            AddMissing();
            link = Look(wanted);
        }

        return link;

        void AddMissing()
        {
            var missing = addresses.Where(address => !link.Addresses.Any(a => a.Cidr == address && a.IsLasting)).ToList();

            // On a link of ours, IPv6 is enabled for its addresses; on one that was there before us, it may be disabled on purpose.
            if (LinkKinds.IsCreated(wanted.Kind) && link.Ipv6 is { Disabled: true } && missing.Exists(static a => a.Contains(':')))
                links.SetIpv6(link.Index, Ipv6Setting.DisableIpv6, 0);
            foreach (var address in missing)
                links.AddAddress(link.Index, Parse(address, wanted.Id));
        }
    }

    private LinkChange? ChangeOf(LinkSpec wanted, LinkInfo link)
    {
        var master = wanted.Master is { } name && name != (link.MasterName ?? "") ? name : null;
        var stp = wanted.Kind == LinkKind.Bridge && wanted.BridgeStp is { } on && on != link.Attributes.BridgeStp ? wanted.BridgeStp : null;
        var change = new LinkChange
        {
            Mac = wanted.Mac is { } mac && mac != link.Mac ? mac : null,
            Mtu = wanted.Mtu is { } mtu && mtu != link.Mtu ? mtu : null,
            Up = wanted.Up is { } up && up != link.Up ? up : null,
            Promiscuous = wanted.Promiscuous is { } all && all != link.Promiscuous ? all : null,
            Arp = wanted.Arp is { } arp && arp != LinkFlags.HasArp(link, links.Find) ? arp : null,
            AllMulticast = wanted.AllMulticast is { } multicast && multicast != link.AllMulticast ? multicast : null,
            Master =
                master is null ? null
                : master.Length == 0 ? 0
                : creation.IndexOf(master, wanted.Id, "master"),
            Alias = LinkMark.IsWanted(link, wanted) ? LinkMark.Of(wanted) : null,
            Kind = stp is null ? null : LinkKinds.NameOf(wanted.Kind),
            Attributes = stp is null ? null : new KindAttributes { BridgeStp = stp },
        };
        return change == new LinkChange() ? null : change;
    }

    private void Change(LinkSpec wanted, LinkInfo link, LinkChange change)
    {
        try
        {
            links.Change(link.Index, change);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.Busy && change.Mac is not null && link.Up)
        {
            // Some drivers accept a new address only while the link is down.
            links.Change(link.Index, new LinkChange { Up = false });
            links.Change(link.Index, change with { Up = wanted.Up ?? link.Up });
        }
    }

    private LinkInfo Look(LinkSpec wanted) =>
        links.Find(wanted.Name)
        ?? throw new CloudletException(
            ErrorKind.Interrupted,
            $"{wanted.Id}: the link disappeared while it was being configured; another program deletes it"
        );

    private static AddressInfo Parse(string cidr, string id) =>
        cidr.LastIndexOf('/') is var slash and > 0
        && int.TryParse(cidr.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? new AddressInfo(cidr[..slash], length)
            : throw new CloudletException(ErrorKind.InvalidInput, $"{id}: address {cidr} has no prefix length; write it as 10.80.0.1/24");
}
