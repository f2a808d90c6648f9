using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.TestKit.Machine;

/// <summary>Traffic of another machine on the wire, sent from a network namespace of a test.</summary>
public static class NamespaceTraffic
{
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(5);

    /// <summary>Sends one handmade router advertisement (RFC 4861): a default router with an autonomous prefix of 64 bits.</summary>
    /// <param name="ns">The namespace of the router.</param>
    /// <param name="link">Its link, which has a link-local address.</param>
    /// <param name="prefix">The advertised prefix, e.g. 2001:db8::.</param>
    public static void Advertise(string ns, string link, string prefix) =>
        Inside(
            ns,
            index =>
            {
                using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Raw, ProtocolType.IcmpV6);

                // Receivers drop an advertisement that a router may have forwarded.
                socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastTimeToLive, 255);
                socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, index(link));
                socket.SendTo(Advertisement(IPAddress.Parse(prefix)), new IPEndPoint(IPAddress.Parse("ff02::1"), 0));
                return true;
            }
        );

    /// <summary>True when the host at <paramref name="address"/> answers, even if it only refuses the connection.</summary>
    public static bool Reaches(string ns, string address) =>
        Inside(
            ns,
            _ =>
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
                {
                    SendTimeout = (int)ConnectTime.TotalMilliseconds,
                };
                try
                {
                    socket.Connect(IPAddress.Parse(address), 9);
                    return true;
                }
                catch (SocketException e)
                {
                    return e.SocketErrorCode == SocketError.ConnectionRefused;
                }
            }
        );

    private static T Inside<T>(string ns, Func<Func<string, int>, T> work)
    {
        using var handle = NetworkNamespaces.Open(ns);
        using var links = RouteNetlink.Open(ns);
        return NamespaceThread.RunInside(handle, ns, () => work(name => links.Find(name)!.Index));
    }

    private static byte[] Advertisement(IPAddress prefix)
    {
        var bytes = new byte[16 + 32];
        bytes[0] = 134; // router advertisement; the kernel writes the checksum
        bytes[4] = 64; // hop limit
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(6), 1800); // a default router for half an hour
        var option = bytes.AsSpan(16);
        (option[0], option[1], option[2], option[3]) = (3, 4, 64, 0xc0); // prefix information: on the link, for addresses
        BinaryPrimitives.WriteUInt32BigEndian(option[4..], 86_400);
        BinaryPrimitives.WriteUInt32BigEndian(option[8..], 14_400);
        prefix.GetAddressBytes().CopyTo(option[16..]);
        return bytes;
    }
}
