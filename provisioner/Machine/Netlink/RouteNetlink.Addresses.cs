using System.Net.Sockets;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.Machine.Netlink;

/// <content>Adding and removing addresses.</content>
public sealed partial class RouteNetlink
{
    /// <inheritdoc/>
    /// <remarks>
    /// IPv6 addresses skip duplicate address detection and are usable at once. IPv4 addresses get the subnet's broadcast address when
    /// <see cref="AddressInfo.Broadcast"/> is null and the prefix is shorter than 31 bits. An address set by DHCP becomes permanent. A link
    /// with disable_ipv6=1 is an <see cref="ErrorKind.Unsupported"/> error.
    /// </remarks>
    public void AddAddress(int index, AddressInfo address)
    {
        var answer = _socket.Exchange(AddressMessages.Add(index, address));
        if (answer.Errno == 0)
            return;
        var link = Describe(index);
        var what = $"add address {address.Cidr} to link {link}";
        // EACCES means that IPv6 is switched off on this link; a missing privilege is EPERM.
        if (answer.Errno == Errno.EACCES && IpText.Parse(address.Address).AddressFamily == AddressFamily.InterNetworkV6)
        {
            var advice = $"Set net.ipv6.conf.{link.Trim('"')}.disable_ipv6=0, or give the link no IPv6 address.";
            throw Failure(what, answer, ErrorKind.Unsupported, advice);
        }

        throw Failure(what, answer);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Unless promote_secondaries is set, the kernel removes all IPv4 addresses of a subnet together with the first one; the others are
    /// added again.
    /// </remarks>
    public void RemoveAddress(int index, AddressInfo address)
    {
        var before = Of(AddressesByLink(index), index);
        var answer = _socket.Exchange(AddressMessages.Remove(index, address));
        if (answer.Errno is Errno.EADDRNOTAVAIL or Errno.ENODEV)
            return;
        Check(answer, $"remove address {address.Cidr} from link", index);
        var removed = IpText.Parse(address.Address).ToString();
        var after = Of(AddressesByLink(index), index);
        foreach (var other in before)
        {
            var isRemoved = other.Address == removed && other.PrefixLength == address.PrefixLength;
            var isV4 = IpText.Parse(other.Address).AddressFamily == AddressFamily.InterNetwork;
            if (isV4 && !isRemoved && other.Permanent && !Holds(after, other))
                AddAddress(index, other);
        }
    }

    private static bool Holds(List<AddressInfo> addresses, AddressInfo wanted)
    {
        foreach (var address in addresses)
            if (address.Address == wanted.Address && address.PrefixLength == wanted.PrefixLength)
                return true;
        return false;
    }
}
