using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>
/// Finds why a described address is present but does not work: it expires, another link has it too, or its network has no route through
/// the link. Each is reported as an extra element of the observed set of addresses, <c>10.80.0.1/24 on old0</c>: a plan shows it, and an
/// apply of that plan fixes it.
/// </summary>
internal sealed class AddressNotes(IRouteNetlink links)
{
    /// <summary>True for a note, false for an address.</summary>
    public static bool IsNote(string element) => element.Contains(' ');

    /// <summary>The observed link without the notes.</summary>
    public static LinkSpec Without(LinkSpec seen) =>
        seen.Addresses?.Any(IsNote) == true ? seen with { Addresses = [.. seen.Addresses.Where(a => !IsNote(a))] } : seen;

    /// <summary>All notes about the described addresses of a link.</summary>
    public IEnumerable<string> About(LinkInfo link, LinkSpec desired, Lazy<AddressHolders> holders)
    {
        if (desired.Addresses is not { Count: > 0 } wanted)
            yield break;
        foreach (var address in link.Addresses)
            if (wanted.Contains(address.Cidr) && !address.IsLasting)
                yield return $"{address.Cidr} {(address.Permanent ? "deprecated" : "expires")}";
        foreach (var net in ConnectedNet.Broken(link, desired))
            yield return net.ToString();
        foreach (var (address, other) in Elsewhere(link, desired, holders.Value))
            yield return $"{address.Cidr} on {other.Name}";
    }

    /// <summary>Removes what keeps the addresses from working.</summary>
    /// <exception cref="CloudletException">Obstructed: a link that is not ours has one of them.</exception>
    public void Mend(LinkInfo link, LinkSpec desired, Lazy<AddressHolders> holders)
    {
        foreach (var net in ConnectedNet.Broken(link, desired))
            links.AddRoute(link.Index, net.Route);
        var others = new List<string>();
        foreach (var (address, other) in Elsewhere(link, desired, holders.Value))
        {
            if (LinkIdentity.IsTwin(other, desired, link))
                links.RemoveAddress(other.Index, address);
            else
                others.Add(
                    $"{address.Cidr} is also on {other.Name}, which is not ours, so packets of its network may take that link; "
                        + $"remove it there (`ip address delete {address.Cidr} dev {other.Name}`), "
                        + "or describe another address"
                );
        }

        if (others.Count > 0)
            throw new CloudletException(ErrorKind.Obstructed, $"{desired.Id}: {string.Join("; ", others)}");
    }

    /// <summary>
    /// Described addresses that are on this link and on another. A single-host address (/32, /128) brings no route and may be on several
    /// links; a link with our mark and its described name is handled by its own description; a card whose addresses the link takes over has
    /// a separate property.
    /// </summary>
    private IEnumerable<(AddressInfo Address, LinkInfo Other)> Elsewhere(LinkInfo link, LinkSpec desired, AddressHolders holders)
    {
        NetworkSnapshot? all = null;
        foreach (var own in link.Addresses.Where(a => desired.Addresses?.Contains(a.Cidr) == true))
        {
            foreach (var (index, address) in holders.Of(own.Address))
            {
                if (index == link.Index || index == link.Master || ConnectedNet.IsOfOneHost(address))
                    continue;
                all ??= links.Dump();
                if (all.Find(index) is { } other && LinkMark.NameOn(other) != other.Name && desired.TakesOver?.Contains(other.Name) != true)
                    yield return (address, other);
            }
        }
    }
}

/// <summary>Maps addresses to the indexes of the links that have them.</summary>
internal sealed class AddressHolders
{
    private readonly ILookup<string, (int Index, AddressInfo Address)> _byAddress;

    private AddressHolders(IEnumerable<(int Index, AddressInfo Address)> all) => _byAddress = all.ToLookup(a => a.Address.Address);

    /// <summary>The holders in a list of addresses.</summary>
    public static AddressHolders Of(IEnumerable<(int Index, AddressInfo Address)> all) => new(all);

    /// <summary>The holders in a dump.</summary>
    public static AddressHolders Of(NetworkSnapshot all) => new(all.Links.SelectMany(l => l.Addresses.Select(a => (l.Index, a))));

    /// <summary>Every link that has the address, with its prefix length there.</summary>
    public IEnumerable<(int Index, AddressInfo Address)> Of(string address) => _byAddress[address];
}
