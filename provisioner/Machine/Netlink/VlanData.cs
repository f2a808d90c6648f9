using Cloudlet.Errors;

namespace Cloudlet.Machine.Netlink;

/// <summary>An 802.1Q link: its VLAN id, fixed at creation.</summary>
internal sealed class VlanData : LinkKindData
{
    // linux/if_link.h
    private const ushort IFLA_VLAN_ID = 1;

    internal override void Write(NetlinkRequest request, KindAttributes attributes)
    {
        if (attributes.VlanId is not { } id)
            return;
        if (id is < 1 or > 4094)
            throw new CloudletException(ErrorKind.InvalidInput, $"VLAN id {id}: outside 1–4094");
        request.AddUInt16(IFLA_VLAN_ID, (ushort)id);
    }

    internal override KindAttributes Read(AttributeReader data)
    {
        int? id = null;
        while (data.Next())
            if (data.Type == IFLA_VLAN_ID)
                id = data.UInt16();
        return new KindAttributes { VlanId = id };
    }
}
