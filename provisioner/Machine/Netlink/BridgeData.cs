namespace Cloudlet.Machine.Netlink;

/// <summary>A bridge: spanning tree and VLAN filtering, both changeable in place.</summary>
internal sealed class BridgeData : LinkKindData
{
    // linux/if_link.h
    private const ushort IFLA_BR_STP_STATE = 5;
    private const ushort IFLA_BR_VLAN_FILTERING = 7;

    /// <summary>Omits options that are off, as a new bridge has them: a kernel without VLAN filtering refuses even "off".</summary>
    internal override void WriteNew(NetlinkRequest request, LinkToCreate link) =>
        Write(
            request,
            new KindAttributes
            {
                BridgeStp = link.Attributes.BridgeStp == true ? true : null,
                BridgeVlanFiltering = link.Attributes.BridgeVlanFiltering == true ? true : null,
            }
        );

    internal override void Write(NetlinkRequest request, KindAttributes attributes)
    {
        if (attributes.BridgeStp is { } stp)
            request.AddUInt32(IFLA_BR_STP_STATE, stp ? 1u : 0u);
        if (attributes.BridgeVlanFiltering is { } filtering)
            request.AddByte(IFLA_BR_VLAN_FILTERING, filtering ? (byte)1 : (byte)0);
    }

    internal override KindAttributes Read(AttributeReader data)
    {
        bool? stp = null,
            filtering = null;
        while (data.Next())
        {
            if (data.Type == IFLA_BR_STP_STATE)
                stp = data.UInt32() != 0; // 2 is a user-space spanning tree daemon
            else if (data.Type == IFLA_BR_VLAN_FILTERING)
                filtering = data.Byte() != 0;
        }

        return new KindAttributes { BridgeStp = stp, BridgeVlanFiltering = filtering };
    }
}
