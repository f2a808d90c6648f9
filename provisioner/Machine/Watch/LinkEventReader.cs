using System.Net;
using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Watch;

/// <summary>
/// Determines which links rtnetlink messages are about. Keeps the names of the links, because messages about addresses and routes only have
/// an index, and their hardware addresses, so that only a changed one is reported.
/// </summary>
internal sealed class LinkEventReader
{
    private readonly Dictionary<int, KnownLink> _known = [];
    private readonly List<(string? Name, int Index)> _links = [];
    private readonly List<string> _addresses = [];

    /// <summary>
    /// The addresses and route destinations in the last datagram, and hardware addresses that a link got or lost, without consecutive
    /// duplicates; valid until the next call.
    /// </summary>
    internal IReadOnlyList<string> Addresses => _addresses;

    /// <summary>Reads a datagram. False when a part of it is malformed.</summary>
    /// <param name="datagram">Messages from the kernel, not trusted to be well-formed.</param>
    /// <param name="links">The links in the order of their messages, without consecutive duplicates; valid until the next call.</param>
    internal bool Read(ReadOnlySpan<byte> datagram, out List<(string? Name, int Index)> links)
    {
        _links.Clear();
        _addresses.Clear();
        links = _links;
        try
        {
            var complete = true;
            while (NetlinkMessage.TryTake(ref datagram, out var message))
                complete &= Take(message);
            return complete;
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.Unexpected)
        {
            return false;
        }
    }

    /// <summary>Stores a name from a message of a dump.</summary>
    internal void Learn(in NetlinkMessage message)
    {
        if (message.Header.Type == RTM_NEWLINK && ReadLink(message, out var link) is { Family: AF_UNSPEC } header && link.Name is not null)
            _known[header.Index] = link;
    }

    /// <summary>Forgets all links.</summary>
    internal void Forget() => _known.Clear();

    private bool Take(in NetlinkMessage message)
    {
        switch (message.Header.Type)
        {
            case RTM_NEWLINK or RTM_DELLINK:
                TakeLink(message);
                return true;
            case RTM_NEWADDR or RTM_DELADDR:
                TakeAddress(message);
                return true;
            case RTM_NEWROUTE or RTM_DELROUTE:
                TakeRoute(message);
                return true;
            default:
                return message.Header.Type != NLMSG_OVERRUN;
        }
    }

    private void TakeLink(in NetlinkMessage message)
    {
        var header = ReadLink(message, out var link);
        var known = _known.GetValueOrDefault(header.Index);
        var isGone = message.Header.Type == RTM_DELLINK;
        if (known.Name is not null && known.Name != link.Name && link.Name is not null)
            Add(known.Name, header.Index);
        Add(link.Name ?? known.Name, header.Index);
        // Messages of the family AF_BRIDGE are about a port of a bridge; RTM_DELLINK then only means that it left the bridge.
        if (header.Family != AF_UNSPEC)
            return;
        if (isGone || known.Mac != link.Mac)
        {
            AddAddress(known.Text);
            AddAddress(link.Text);
        }
        if (isGone)
            _known.Remove(header.Index);
        else if (link.Name is not null)
            _known[header.Index] = link;
    }

    private static LinkHeader ReadLink(in NetlinkMessage message, out KnownLink link)
    {
        link = default;
        var header = AttributeReader.Structure<LinkHeader>(message.Payload, out var rest);
        var reader = new AttributeReader(rest);
        while ((link.Name is null || link.Mac == 0) && reader.Next())
        {
            if (reader.Type == IFLA_IFNAME)
                link = link with { Name = reader.Text() };
            else if (reader.Type == IFLA_ADDRESS && reader.Value.Length == MacAddresses.Size)
                link = link with { Mac = MacAddresses.Number(reader.Value) };
        }

        return header;
    }

    private void TakeAddress(in NetlinkMessage message)
    {
        Touch(AttributeReader.Structure<AddressHeader>(message.Payload, out var rest).Index);
        string? local = null,
            address = null;
        var reader = new AttributeReader(rest);
        while (reader.Next())
        {
            if (reader.Type == IFA_LOCAL)
                local = reader.Address().ToString();
            else if (reader.Type == IFA_ADDRESS)
                address = reader.Address().ToString();
        }

        AddAddress(local ?? address);
    }

    private void TakeRoute(in NetlinkMessage message)
    {
        var header = AttributeReader.Structure<RouteHeader>(message.Payload, out var rest);
        if ((header.Flags & RTM_F_CLONED) != 0)
            return;
        var destination = header.Family == AF_INET ? IPAddress.Any : IPAddress.IPv6Any;
        var reader = new AttributeReader(rest);
        while (reader.Next())
        {
            if (reader.Type == RTA_DST)
                destination = reader.Address();
            else if (reader.Type == RTA_OIF)
                Touch(reader.Int32());
            else if (reader.Type == RTA_MULTIPATH)
                TakeNextHops(reader.Value);
        }

        AddAddress($"{destination}/{header.DestinationLength}");
    }

    /// <summary>The elements of RTA_MULTIPATH, struct rtnexthop: u16 length with its attributes, u8 flags, u8 hops, i32 link.</summary>
    private void TakeNextHops(ReadOnlySpan<byte> hops)
    {
        const int headerBytes = 8;
        while (hops.Length >= headerBytes)
        {
            var length = MemoryMarshal.Read<ushort>(hops);
            if (length < headerBytes || length > hops.Length)
                throw AttributeReader.Malformed($"a next hop claims {length} bytes where {hops.Length} are left");
            Touch(MemoryMarshal.Read<int>(hops[4..]));
            hops = hops[Math.Min(NetlinkRequest.Align(length), hops.Length)..];
        }
    }

    private void Touch(int index) => Add(_known.GetValueOrDefault(index).Name, index);

    private void AddAddress(string? address)
    {
        if (address is not null && (_addresses.Count == 0 || _addresses[^1] != address))
            _addresses.Add(address);
    }

    private void Add(string? name, int index)
    {
        if (_links.Count == 0 || _links[^1] != (name, index))
            _links.Add((name, index));
    }

    /// <summary>What is kept of a link: its name, and its hardware address as a number, 0 for none.</summary>
    private readonly record struct KnownLink(string? Name, ulong Mac)
    {
        internal string? Text => Mac == 0 ? null : MacAddresses.Format(Mac);
    }
}
