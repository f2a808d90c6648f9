namespace Cloudlet.Machine.Netlink;

/// <summary>A veth pair: the other end is a separate link message inside the data of the first.</summary>
internal sealed class VethData : LinkKindData
{
    // linux/veth.h
    private const ushort VETH_INFO_PEER = 1;

    internal override void WriteNew(NetlinkRequest request, LinkToCreate link)
    {
        // Written even without properties of the peer: otherwise the kernel gives the peer our hardware address.
        using (request.Open(VETH_INFO_PEER))
        {
            request.AddStructure(new LinkHeader());
            if (link.PeerName is not null)
                request.AddString(NetlinkConstants.IFLA_IFNAME, LinkNames.Checked(link.PeerName));
            if (link.PeerMac is not null)
                request.Add(NetlinkConstants.IFLA_ADDRESS, MacAddresses.Parse(link.PeerMac));
        }
    }
}
