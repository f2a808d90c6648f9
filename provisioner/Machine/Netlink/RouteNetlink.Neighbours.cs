using Cloudlet.Linux;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Netlink;

/// <content>The neighbour tables (ARP, neighbour discovery).</content>
public sealed partial class RouteNetlink
{
    /// <inheritdoc/>
    public void ForgetNeighbours()
    {
        var request = new NetlinkRequest(RTM_GETNEIGH, NLM_F_DUMP);
        request.AddStructure(new NeighbourHeader());
        foreach (var (header, address) in Gather<List<(NeighbourHeader Header, byte[] Address)>>("list neighbours", request, Read))
        {
            var delete = new NetlinkRequest(RTM_DELNEIGH, NLM_F_ACK);
            delete.AddStructure(new NeighbourHeader { Family = header.Family, Index = header.Index });
            delete.Add(NDA_DST, address);

            // It expired, or was deleted with its link.
            if (_socket.Exchange(delete) is { Errno: not (0 or Errno.ENOENT or Errno.ENODEV) } answer)
                throw Failure("forget a neighbour", answer);
        }

        static void Read(in NetlinkMessage message, List<(NeighbourHeader Header, byte[] Address)> found)
        {
            if (message.Header.Type != RTM_NEWNEIGH)
                return;
            var header = AttributeReader.Structure<NeighbourHeader>(message.Payload, out var rest);
            if (header.Family is not (AF_INET or AF_INET6) || (header.State & (NUD_PERMANENT | NUD_NOARP)) != 0)
                return;
            var reader = new AttributeReader(rest);
            while (reader.Next())
                if (reader.Type == NDA_DST)
                    found.Add((header, reader.Value.ToArray()));
        }
    }
}
