namespace Cloudlet.Machine.Netlink;

/// <summary>A tun or tap device; read only, because rtnetlink can't create one (<see cref="TunDevice"/> does).</summary>
internal sealed class TunData : LinkKindData
{
    // linux/if_link.h, and IFF_TAP of linux/if_tun.h as its value
    private const ushort IFLA_TUN_TYPE = 3;

    internal override KindAttributes Read(AttributeReader data)
    {
        bool? tap = null;
        while (data.Next())
            if (data.Type == IFLA_TUN_TYPE)
                tap = data.Byte() == NetlinkConstants.IFF_TAP;
        return new KindAttributes { Tap = tap };
    }
}
