namespace Cloudlet.Machine.Netlink.Kinds;

/// <summary>A veth pair: the other end is a link message of its own inside the data of the first.</summary>
internal sealed class VethData : LinkKindData
{
    // linux/veth.h
    private const ushort VETH_INFO_PEER = 1;

    internal override void WriteNew(NetlinkRequest request, LinkToCreate link)
    {
        // Written even when there is nothing to say of the peer: without it the kernel gives the peer our own hardware address.
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
