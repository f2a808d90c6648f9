using Cloudlet.Errors;

namespace Cloudlet.Machine.Netlink;

/// <summary>A macvlan: its mode.</summary>
internal sealed class MacvlanData : LinkKindData
{
    // linux/if_link.h
    private const ushort IFLA_MACVLAN_MODE = 1;

    private static readonly (uint Value, string Name)[] Modes =
    [
        (1, "private"),
        (2, "vepa"),
        (4, "bridge"),
        (8, "passthru"),
        (16, "source"),
    ];

    internal override void Write(NetlinkRequest request, KindAttributes attributes)
    {
        if (attributes.MacvlanMode is not { } mode)
            return;
        foreach (var (value, name) in Modes)
        {
            if (name != mode)
                continue;
            request.AddUInt32(IFLA_MACVLAN_MODE, value);
            return;
        }

        throw new CloudletException(ErrorKind.InvalidInput, $"macvlan mode '{mode}': not a mode; use private, vepa, bridge or passthru");
    }

    internal override KindAttributes Read(AttributeReader data)
    {
        string? mode = null;
        while (data.Next())
            if (data.Type == IFLA_MACVLAN_MODE)
                mode = NameOf(data.UInt32());
        return new KindAttributes { MacvlanMode = mode };
    }

    private static string? NameOf(uint mode)
    {
        foreach (var (value, name) in Modes)
            if (value == mode)
                return name;
        return null;
    }
}
