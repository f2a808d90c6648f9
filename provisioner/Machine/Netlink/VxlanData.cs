using System.Net;
using Cloudlet.Errors;

namespace Cloudlet.Machine.Netlink;

/// <summary>
/// A VXLAN tunnel. Its lower link is part of the data (IFLA_VXLAN_LINK); the kernel neither accepts nor reports IFLA_LINK for this kind.
/// </summary>
internal sealed class VxlanData : LinkKindData
{
    // linux/if_link.h
    private const ushort IFLA_VXLAN_ID = 1;
    private const ushort IFLA_VXLAN_GROUP = 2;
    private const ushort IFLA_VXLAN_LINK = 3;
    private const ushort IFLA_VXLAN_LOCAL = 4;
    private const ushort IFLA_VXLAN_PORT = 15;
    private const ushort IFLA_VXLAN_GROUP6 = 16;
    private const ushort IFLA_VXLAN_LOCAL6 = 17;

    internal override void WriteNew(NetlinkRequest request, LinkToCreate link)
    {
        if (link.Lower is { } lower)
            request.AddUInt32(IFLA_VXLAN_LINK, (uint)lower);
        Write(request, link.Attributes);
    }

    internal override void Write(NetlinkRequest request, KindAttributes attributes)
    {
        if (attributes.VxlanId is { } id)
            request.AddUInt32(IFLA_VXLAN_ID, (uint)Checked("VNI", id, 0, 0xffffff));
        if (attributes.VxlanRemote is { } remote)
            WriteAddress(request, remote, IFLA_VXLAN_GROUP, IFLA_VXLAN_GROUP6);
        if (attributes.VxlanLocal is { } local)
            WriteAddress(request, local, IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6);
        if (attributes.VxlanPort is { } port)
            request.AddUInt16BigEndian(IFLA_VXLAN_PORT, (ushort)Checked("UDP port", port, 1, ushort.MaxValue));
    }

    internal override KindAttributes Read(AttributeReader data)
    {
        int? id = null,
            port = null;
        IPAddress? local = null,
            remote = null;
        while (data.Next())
        {
            switch (data.Type)
            {
                case IFLA_VXLAN_ID:
                    id = data.Int32();
                    break;
                case IFLA_VXLAN_GROUP or IFLA_VXLAN_GROUP6:
                    remote = data.Address();
                    break;
                case IFLA_VXLAN_LOCAL or IFLA_VXLAN_LOCAL6:
                    local = data.Address();
                    break;
                case IFLA_VXLAN_PORT:
                    port = data.UInt16BigEndian();
                    break;
                default:
                    break;
            }
        }

        return new KindAttributes
        {
            VxlanId = id,
            VxlanPort = port,
            VxlanLocal = local?.ToString(),
            VxlanRemote = remote?.ToString(),
        };
    }

    internal override int ReadLower(AttributeReader data)
    {
        while (data.Next())
            if (data.Type == IFLA_VXLAN_LINK)
                return data.Int32();
        return 0;
    }

    private static void WriteAddress(NetlinkRequest request, string text, ushort type4, ushort type6)
    {
        var bytes = IpText.Parse(text).GetAddressBytes();
        request.Add(bytes.Length == 4 ? type4 : type6, bytes);
    }

    private static int Checked(string what, int value, int low, int high) =>
        value >= low && value <= high
            ? value
            : throw new CloudletException(ErrorKind.InvalidInput, $"VXLAN {what} {value}: outside {low}–{high}");
}
