using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cloudlet.Errors;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Netlink;

/// <summary>Address messages (struct ifaddrmsg).</summary>
internal static class AddressMessages
{
    /// <summary>RTM_GETADDR for both families; index 0 means every link (older kernels ignore the index).</summary>
    internal static NetlinkRequest Dump(int index)
    {
        var request = new NetlinkRequest(RTM_GETADDR, NLM_F_DUMP);
        request.AddStructure(new AddressHeader { Family = AF_UNSPEC, Index = index });
        return request;
    }

    /// <summary>
    /// RTM_NEWADDR. IPv6 skips duplicate address detection (IFA_F_NODAD), so that the address is usable at once. IPv4 gets the subnet's
    /// broadcast address for prefixes up to 30 bits, as systemd-networkd and <c>ip addr add … brd +</c> set it; the kernel does not set one
    /// by itself.
    /// </summary>
    internal static NetlinkRequest Add(int index, AddressInfo address)
    {
        var request = new NetlinkRequest(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
        var ip = AddKey(request, index, address, ScopeValue(address.Scope));
        if (ip.AddressFamily == AddressFamily.InterNetworkV6)
            request.AddUInt32(IFA_FLAGS, IFA_F_NODAD | IFA_F_PERMANENT);
        else if (BroadcastOf(ip, address) is { } broadcast)
            request.Add(IFA_BROADCAST, broadcast.GetAddressBytes());
        return request;
    }

    /// <summary>RTM_DELADDR.</summary>
    internal static NetlinkRequest Remove(int index, AddressInfo address)
    {
        var request = new NetlinkRequest(RTM_DELADDR, NLM_F_ACK);
        AddKey(request, index, address, RT_SCOPE_UNIVERSE);
        return request;
    }

    /// <summary>Adds the address of an RTM_NEWADDR message to those of its link; ignores other messages.</summary>
    internal static void Read(in NetlinkMessage message, Dictionary<int, List<AddressInfo>> byLink)
    {
        if (message.Header.Type != RTM_NEWADDR)
            return;
        var header = AttributeReader.Structure<AddressHeader>(message.Payload, out var rest);
        uint flags = header.Flags;
        IPAddress? local = null,
            address = null,
            broadcast = null;
        var reader = new AttributeReader(rest);
        while (reader.Next())
        {
            switch (reader.Type)
            {
                case IFA_LOCAL:
                    local = reader.Address();
                    break;
                case IFA_ADDRESS:
                    address = reader.Address();
                    break;
                case IFA_BROADCAST:
                    broadcast = reader.Address();
                    break;
                case IFA_FLAGS:
                    flags = reader.UInt32();
                    break;
                default:
                    break;
            }
        }

        // On a point-to-point link IFA_ADDRESS is the other end.
        var own = local ?? address ?? throw AttributeReader.Malformed($"an address report of link {header.Index} has no address");
        Listed(byLink, header.Index)
            .Add(
                new AddressInfo(own.ToString(), header.PrefixLength)
                {
                    Permanent = (flags & IFA_F_PERMANENT) != 0,
                    NoPrefixRoute = (flags & IFA_F_NOPREFIXROUTE) != 0,
                    HasPeer = local is not null && address is not null && !local.Equals(address),
                    Deprecated = (flags & IFA_F_DEPRECATED) != 0,
                    Scope = ScopeName(header.Scope),
                    Broadcast = broadcast?.ToString(),
                }
            );
    }

    /// <summary>The list of <paramref name="index"/>, created on first use.</summary>
    internal static List<T> Listed<T>(Dictionary<int, List<T>> byLink, int index)
    {
        if (!byLink.TryGetValue(index, out var list))
            byLink[index] = list = [];
        return list;
    }

    private static IPAddress AddKey(NetlinkRequest request, int index, AddressInfo address, byte scope)
    {
        var ip = IpText.Parse(address.Address);
        IpText.CheckPrefix(ip, address.PrefixLength, address.Cidr);
        request.AddStructure(
            new AddressHeader
            {
                Family = ip.AddressFamily == AddressFamily.InterNetwork ? AF_INET : AF_INET6,
                PrefixLength = (byte)address.PrefixLength,
                Scope = scope,
                Index = index,
            }
        );
        var bytes = ip.GetAddressBytes();
        request.Add(IFA_LOCAL, bytes);
        request.Add(IFA_ADDRESS, bytes);
        return ip;
    }

    private static IPAddress? BroadcastOf(IPAddress ip, AddressInfo address)
    {
        if (address.Broadcast is not null)
            return IpText.Parse(address.Broadcast);
        return address.PrefixLength < 31 && address.Scope != "host" ? IpText.Mask(ip, address.PrefixLength, hostBits: true) : null;
    }

    private static string ScopeName(byte scope) =>
        scope switch
        {
            RT_SCOPE_UNIVERSE => "global",
            RT_SCOPE_SITE => "site",
            RT_SCOPE_LINK => "link",
            RT_SCOPE_HOST => "host",
            _ => scope.ToString(CultureInfo.InvariantCulture),
        };

    private static byte ScopeValue(string scope) =>
        scope switch
        {
            "global" => RT_SCOPE_UNIVERSE,
            "site" => RT_SCOPE_SITE,
            "link" => RT_SCOPE_LINK,
            "host" => RT_SCOPE_HOST,
            _ when byte.TryParse(scope, NumberStyles.None, CultureInfo.InvariantCulture, out var value) => value,
            _ => throw new CloudletException(
                ErrorKind.InvalidInput,
                $"address scope \"{scope}\": use global, site, link, host or a number up to 255"
            ),
        };
}
