using System.Text;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink.Kinds;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Netlink;

/// <summary>Link messages (struct ifinfomsg): requests out of our records and records out of the kernel's reports.</summary>
internal static class LinkMessages
{
    private const int MaxAliasBytes = 255;

    /// <summary>RTM_GETLINK for every link, without the statistics that make up most of a report.</summary>
    internal static NetlinkRequest DumpAll()
    {
        var request = new NetlinkRequest(RTM_GETLINK, NLM_F_DUMP);
        request.AddStructure(new LinkHeader());
        request.AddUInt32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
        return request;
    }

    /// <summary>RTM_GETLINK for the links of one kind; a kernel that does not know the kind ignores it and lists every link.</summary>
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

    /// <summary>RTM_NEWLINK for an existing link, with only what <paramref name="change"/> names.</summary>
    internal static NetlinkRequest Change(int index, LinkChange change)
    {
        var request = new NetlinkRequest(RTM_NEWLINK, NLM_F_ACK);
        var mask = (change.Up is null ? 0 : IFF_UP) | (change.Promiscuous is null ? 0 : IFF_PROMISC);
        var flags = (change.Up == true ? IFF_UP : 0) | (change.Promiscuous == true ? IFF_PROMISC : 0);
        request.AddStructure(new LinkHeader { Index = index, Flags = flags, ChangeMask = mask });
        AddHardware(request, change.Mac, change.Mtu, change.Master);
        if (change.Name is not null)
            request.AddString(IFLA_IFNAME, LinkNames.Checked(change.Name));
        if (change.Alias is not null)
            request.Add(IFLA_IFALIAS, AliasBytes(change.Alias));
        if (change.Attributes is not null)
            AddKind(request, change.Kind, change.Attributes);
        return request;
    }

    /// <summary>RTM_DELLINK.</summary>
    internal static NetlinkRequest Delete(int index)
    {
        var request = new NetlinkRequest(RTM_DELLINK, NLM_F_ACK);
        request.AddStructure(new LinkHeader { Index = index });
        return request;
    }

    /// <summary>A link out of an RTM_NEWLINK report, without addresses and routes; null for any other message.</summary>
    internal static LinkInfo? Read(in NetlinkMessage message)
    {
        if (message.Header.Type != RTM_NEWLINK)
            return null;
        var header = AttributeReader.Structure<LinkHeader>(message.Payload, out var rest);
        string? name = null, mac = null, alias = null, kind = null;
        int mtu = 0, master = 0, lower = 0, lowerInData = 0;
        var lowerIsElsewhere = false;
        var attributes = KindAttributes.None;
        var reader = new AttributeReader(rest);
        while (reader.Next())
        {
            switch (reader.Type)
            {
                case IFLA_IFNAME: name = reader.Text(); break;
                case IFLA_ADDRESS: mac = MacAddresses.Format(reader.Value); break;
                case IFLA_MTU: mtu = reader.Int32(); break;
                case IFLA_MASTER: master = reader.Int32(); break;
                case IFLA_LINK: lower = reader.Int32(); break;
                case IFLA_LINK_NETNSID: lowerIsElsewhere = true; break;
                case IFLA_IFALIAS: alias = reader.Text(); break;
                case IFLA_LINKINFO: (kind, attributes, lowerInData) = ReadKind(new AttributeReader(reader.Value)); break;
                default: break;
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
            Master = master == 0 ? null : master,
            Lower = lower == 0 || lowerIsElsewhere ? null : lower,
            Alias = alias,
            Attributes = attributes,
        };
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
            throw new CloudletException(ErrorKind.InvalidInput, "change link: attributes are given without their kind; set LinkChange.Kind");
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
