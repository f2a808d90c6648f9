using System.Runtime.InteropServices;
using System.Text;
using Cloudlet.Errors;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Netlink;

/// <summary>Link messages (struct ifinfomsg): builds requests from our records, and records from the kernel's messages.</summary>
internal static class LinkMessages
{
    private const int MaxAliasBytes = 255;

    /// <summary>RTM_GETLINK for every link, without the statistics, which make up most of a message.</summary>
    internal static NetlinkRequest DumpAll()
    {
        var request = new NetlinkRequest(RTM_GETLINK, NLM_F_DUMP);
        request.AddStructure(new LinkHeader());
        request.AddUInt32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        return request;
    }

    /// <summary>RTM_GETLINK for the links of one kind; a kernel without that kind ignores it and lists every link.</summary>
    internal static NetlinkRequest DumpKind(string kind)
    {
        var request = DumpAll();
        using (request.Open(IFLA_LINKINFO))
            request.AddString(IFLA_INFO_KIND, kind);
        return request;
    }

    /// <summary>RTM_GETLINK for one link, by its name or else by its index.</summary>
    internal static NetlinkRequest Get(string? name, int index)
    {
        var request = new NetlinkRequest(RTM_GETLINK, NLM_F_ACK);
        request.AddStructure(new LinkHeader { Index = index });
        request.AddUInt32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        if (name is not null)
            request.AddString(IFLA_IFNAME, name);
        return request;
    }

    /// <summary>RTM_NEWLINK that creates a link with everything in <paramref name="link"/> at once.</summary>
    internal static NetlinkRequest Create(LinkToCreate link)
    {
        var request = new NetlinkRequest(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
        request.AddStructure(new LinkHeader { Flags = link.Up ? IFF_UP : 0, ChangeMask = link.Up ? IFF_UP : 0 });
        request.AddString(IFLA_IFNAME, LinkNames.Checked(link.Name));
        AddHardware(request, link.Mac, link.Mtu, link.Master);
        if (link.Lower is { } lower && link.Kind != "vxlan")
            request.AddUInt32(IFLA_LINK, (uint)lower);
        using (request.Open(IFLA_LINKINFO))
        {
            request.AddString(IFLA_INFO_KIND, link.Kind);
            if (LinkKindData.Of(link.Kind) is { } data)
                using (request.Open(IFLA_INFO_DATA))
                    data.WriteNew(request, link);
        }

        return request;
    }

    /// <summary>RTM_NEWLINK for an existing link, with only the properties that are set in <paramref name="change"/>.</summary>
    internal static NetlinkRequest Change(int index, LinkChange change)
    {
        var request = new NetlinkRequest(RTM_NEWLINK, NLM_F_ACK);
        request.AddStructure(HeaderOf(index, change));
        AddHardware(request, change.Mac, change.Mtu, change.Master);
        if (change.Name is not null)
            request.AddString(IFLA_IFNAME, LinkNames.Checked(change.Name));
        if (change.Alias is not null)
            request.Add(IFLA_IFALIAS, AliasBytes(change.Alias));
        if (change.Attributes is not null)
            AddKind(request, change.Kind, change.Attributes);
        return request;
    }

    private static LinkHeader HeaderOf(int index, LinkChange change)
    {
        uint flags = 0,
            mask = 0;
        Set(IFF_UP, change.Up);
        Set(IFF_PROMISC, change.Promiscuous);
        Set(IFF_ALLMULTI, change.AllMulticast);
        Set(IFF_NOARP, !change.Arp);
        return new LinkHeader
        {
            Index = index,
            Flags = flags,
            ChangeMask = mask,
        };

        void Set(uint flag, bool? on)
        {
            mask |= on is null ? 0 : flag;
            flags |= on == true ? flag : 0;
        }
    }

    /// <summary>RTM_DELLINK.</summary>
    internal static NetlinkRequest Delete(int index)
    {
        var request = new NetlinkRequest(RTM_DELLINK, NLM_F_ACK);
        request.AddStructure(new LinkHeader { Index = index });
        return request;
    }

    /// <summary>The link in an RTM_NEWLINK message, without addresses and routes; null for other messages.</summary>
    internal static LinkInfo? Read(in NetlinkMessage message)
    {
        if (message.Header.Type != RTM_NEWLINK)
            return null;
        var header = AttributeReader.Structure<LinkHeader>(message.Payload, out var rest);
        string? name = null,
            mac = null,
            alias = null,
            kind = null;
        int mtu = 0,
            minMtu = 0,
            maxMtu = 0,
            master = 0,
            lower = 0,
            lowerInData = 0;
        Ipv6Info? ipv6 = null;
        var lowerIsElsewhere = false;
        var attributes = KindAttributes.None;
        var reader = new AttributeReader(rest);
        while (reader.Next())
        {
            switch (reader.Type)
            {
                case IFLA_IFNAME:
                    name = reader.Text();
                    break;
                case IFLA_ADDRESS:
                    mac = MacAddresses.Format(reader.Value);
                    break;
                case IFLA_MTU:
                    mtu = reader.Int32();
                    break;
                case IFLA_MIN_MTU:
                    minMtu = reader.Int32();
                    break;
                case IFLA_MAX_MTU:
                    maxMtu = reader.Int32();
                    break;
                case IFLA_AF_SPEC:
                    ipv6 = ReadIpv6(new AttributeReader(reader.Value));
                    break;
                case IFLA_MASTER:
                    master = reader.Int32();
                    break;
                case IFLA_LINK:
                    lower = reader.Int32();
                    break;
                case IFLA_LINK_NETNSID:
                    lowerIsElsewhere = true;
                    break;
                case IFLA_IFALIAS:
                    alias = reader.Text();
                    break;
                case IFLA_LINKINFO:
                    (kind, attributes, lowerInData) = ReadKind(new AttributeReader(reader.Value));
                    break;
                default:
                    break;
            }
        }

        lower = lower == 0 ? lowerInData : lower;
        return new LinkInfo
        {
            Index = header.Index,
            Name = name ?? throw AttributeReader.Malformed($"link {header.Index} has no name"),
            Kind = kind,
            Mac = mac,
            Mtu = mtu,
            Up = (header.Flags & IFF_UP) != 0,
            Promiscuous = (header.Flags & IFF_PROMISC) != 0,
            NoArp = (header.Flags & IFF_NOARP) != 0,
            AllMulticast = (header.Flags & IFF_ALLMULTI) != 0,
            Master = master == 0 ? null : master,
            Lower = lower == 0 || lowerIsElsewhere ? null : lower,
            LowerIsElsewhere = lowerIsElsewhere,
            Alias = alias,
            Attributes = attributes,
            MinMtu = minMtu > 0 ? minMtu : null,
            MaxMtu = maxMtu > 0 ? maxMtu : null,
            IsEthernet = header.HardwareType == ARPHRD_ETHER,
            Ipv6 = ipv6,
        };
    }

    /// <summary>The settings in IFLA_AF_SPEC; null when the array is too short, as on another kernel.</summary>
    private static Ipv6Info? ReadIpv6(AttributeReader families)
    {
        while (families.Next())
        {
            if (families.Type != AF_INET6)
                continue;
            var settings = new AttributeReader(families.Value);
            while (settings.Next())
            {
                var values = MemoryMarshal.Cast<byte, int>(settings.Value);
                if (settings.Type == IFLA_INET6_CONF && values.Length > DEVCONF_DISABLE_IPV6)
                    return new Ipv6Info(
                        values[DEVCONF_ACCEPT_RA],
                        values[DEVCONF_AUTOCONF] != 0,
                        values[DEVCONF_FORWARDING] != 0,
                        values[DEVCONF_DISABLE_IPV6] != 0
                    );
            }
        }

        return null;
    }

    private static (string? Kind, KindAttributes Attributes, int Lower) ReadKind(AttributeReader info)
    {
        string? kind = null;
        ReadOnlySpan<byte> data = default;
        while (info.Next())
        {
            if (info.Type == IFLA_INFO_KIND)
                kind = info.Text();
            else if (info.Type == IFLA_INFO_DATA)
                data = info.Value;
        }

        return kind is null || data.IsEmpty || LinkKindData.Of(kind) is not { } codec
            ? (kind, KindAttributes.None, 0)
            : (kind, codec.Read(new AttributeReader(data)), codec.ReadLower(new AttributeReader(data)));
    }

    private static void AddHardware(NetlinkRequest request, string? mac, int? mtu, int? master)
    {
        if (mac is not null)
            request.Add(IFLA_ADDRESS, MacAddresses.Parse(mac));
        if (mtu is < 0)
            throw new CloudletException(ErrorKind.InvalidInput, $"MTU {mtu}: negative");
        if (mtu is { } bytes)
            request.AddUInt32(IFLA_MTU, (uint)bytes);
        if (master is { } index)
            request.AddUInt32(IFLA_MASTER, (uint)index);
    }

    private static void AddKind(NetlinkRequest request, string? kind, KindAttributes attributes)
    {
        if (kind is null)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                "change link: attributes are given without their kind; set LinkChange.Kind"
            );
        using (request.Open(IFLA_LINKINFO))
        {
            request.AddString(IFLA_INFO_KIND, kind);
            using (request.Open(IFLA_INFO_DATA))
                LinkKindData.Of(kind)?.Write(request, attributes);
        }
    }

    private static byte[] AliasBytes(string alias)
    {
        var bytes = Encoding.UTF8.GetBytes(alias);
        return bytes.Length <= MaxAliasBytes
            ? bytes
            : throw new CloudletException(ErrorKind.InvalidInput, $"link alias of {bytes.Length} bytes: longer than {MaxAliasBytes}");
    }
}
