using System.Globalization;
using Cloudlet.DesiredState.Links;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Links;

/// <summary>Brings a link that is there to its description with the smallest change.</summary>
internal sealed class LinkUpdate(IRouteNetlink links, LinkCreation creation)
{
    /// <summary>Applies everything but what only a new link could have.</summary>
    public void Apply(LinkSpec wanted)
    {
        var link = Look(wanted);
        if (ChangeOf(wanted, link) is { } change)
        {
            Change(wanted, link, change);

            // A link that went down has lost its routes and IPv6 addresses; one that joined a bridge may have them elsewhere.
            link = Look(wanted);
        }

        if (AgentsBridge.Of(link, wanted, links.Find) is { } bridge)
            wanted = AgentsBridge.Without(wanted, bridge);
        if (wanted.Addresses is { } addresses)
            link = ApplyAddresses(wanted, link, addresses);
        if (wanted.Routes is { } routes)
            LinkRoutes.Apply(links, link, routes, wanted.Id);
    }

    /// <summary>
    /// New addresses come before old ones go, so that a changed prefix cuts as little as possible. To remove the first IPv4 address of a subnet removes the others with it
    /// (unless net.ipv4.conf.*.promote_secondaries is set), so the missing ones are looked for again.
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
            foreach (var address in addresses)
                if (!link.Addresses.Any(a => a.Cidr == address))
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
            Master = master is null ? null : master.Length == 0 ? 0 : creation.IndexOf(master, wanted.Id, "master"),
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
            // Some drivers take a new address only while the link is down.
            links.Change(link.Index, new LinkChange { Up = false });
            links.Change(link.Index, change with { Up = wanted.Up ?? link.Up });
        }
    }

    private LinkInfo Look(LinkSpec wanted) => links.Find(wanted.Name)
        ?? throw new CloudletException(ErrorKind.Interrupted, $"{wanted.Id}: the link vanished while it was being configured; something else deletes it");

    private static AddressInfo Parse(string cidr, string id) =>
        cidr.LastIndexOf('/') is var slash and > 0 && int.TryParse(cidr.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? new AddressInfo(cidr[..slash], length)
            : throw new CloudletException(ErrorKind.InvalidInput, $"{id}: address {cidr} has no prefix length; write it as 10.80.0.1/24");
}
