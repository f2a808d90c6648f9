using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cloudlet.Errors;

namespace Cloudlet.Machine.Netlink;

/// <summary>Converts addresses and prefixes between text and <see cref="IPAddress"/>.</summary>
internal static class IpText
{
    /// <summary>Parses an address without zone; dotted IPv4 must have four parts.</summary>
    internal static IPAddress Parse(string text)
    {
        if (!IPAddress.TryParse(text, out var address) || text.Contains('%') || text.Contains('['))
            throw Invalid(text);
        if (address.AddressFamily == AddressFamily.InterNetwork && text.AsSpan().Count('.') != 3)
            throw Invalid(text); // IPAddress accepts "10.1" as 10.0.0.1
        return address;
    }

    /// <summary>Parses a CIDR; returns the network with host bits cleared.</summary>
    internal static (IPAddress Network, int PrefixLength) ParseNetwork(string cidr)
    {
        var slash = cidr.IndexOf('/');
        if (slash < 0)
            throw Invalid(cidr);
        var address = Parse(cidr[..slash]);
        if (!int.TryParse(cidr.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length))
            throw Invalid(cidr);
        CheckPrefix(address, length, cidr);
        return (Mask(address, length, hostBits: false), length);
    }

    /// <summary>InvalidInput when the prefix length is too long for the address family.</summary>
    internal static void CheckPrefix(IPAddress address, int prefixLength, string text)
    {
        if (prefixLength < 0 || prefixLength > (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128))
            throw Invalid(text);
    }

    /// <summary>The address with every bit after the prefix cleared, or set (the broadcast address).</summary>
    internal static IPAddress Mask(IPAddress address, int prefixLength, bool hostBits)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var size);
        for (var i = 0; i < size; i++)
        {
            var kept = Math.Clamp(prefixLength - (i * 8), 0, 8);
            var host = (byte)(0xff >> kept);
            bytes[i] = hostBits ? (byte)(bytes[i] | host) : (byte)(bytes[i] & ~host);
        }

        return new IPAddress(bytes[..size]);
    }

    private static CloudletException Invalid(string text) =>
        new(
            ErrorKind.InvalidInput,
            $"address \"{text}\": not an IPv4 or IPv6 address or prefix such as 10.0.0.1, 10.0.0.0/24 or 2001:db8::/64"
        );
}
