using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cloudlet.DesiredState.Kinds.Links;

/// <summary>
/// An IPv4 or IPv6 address with a prefix length: an address on a link (<c>10.80.0.5/24</c>) or a network (<c>10.80.0.0/24</c>).
/// </summary>
/// <param name="Address">The address, including host bits.</param>
/// <param name="Length">Prefix length in bits, 0–32 or 0–128.</param>
public readonly record struct IpPrefix(IPAddress Address, int Length)
{
    /// <summary>IPv6.</summary>
    public bool IsV6 => Address.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>Bits of an address of this family.</summary>
    public int MaxLength => IsV6 ? 128 : 32;

    /// <summary>The same prefix with its host bits zero.</summary>
    public IpPrefix Network
    {
        get
        {
            var bytes = Address.GetAddressBytes();
            for (var i = 0; i < bytes.Length; i++)
            {
                var kept = Math.Clamp(Length - 8 * i, 0, 8);
                bytes[i] &= (byte)(0xFF00 >> kept);
            }

            return new IpPrefix(new IPAddress(bytes), Length);
        }
    }

    /// <summary>Link-local addresses are per link: fe80::/10 (RFC 4291) and 169.254.0.0/16 (RFC 3927).</summary>
    public bool IsLinkLocal => IsV6 ? Address.IsIPv6LinkLocal : Address.GetAddressBytes() is [169, 254, ..];

    /// <summary>True when <paramref name="address"/> is inside.</summary>
    public bool Contains(IPAddress address) =>
        address.AddressFamily == Address.AddressFamily && new IpPrefix(address, Length).Network.Address.Equals(Network.Address);

    /// <summary>True when the two have addresses in common.</summary>
    public bool Overlaps(IpPrefix other) => Length <= other.Length ? Contains(other.Address) : other.Contains(Address);

    /// <summary>Reads <c>address/length</c>.</summary>
    /// <param name="text">The written text.</param>
    /// <param name="prefix">The prefix.</param>
    /// <param name="error">The problem and the fix.</param>
    public static bool TryParse(string text, out IpPrefix prefix, out string? error)
    {
        prefix = default;
        var slash = text.IndexOf('/');
        var written = slash < 0 ? text : text[..slash];
        if (ParseAddress(written) is not { } address)
        {
            error = $"\"{text}\" is not a valid address with a prefix length such as 10.80.0.1/24 or fd00:80::1/64";
            return false;
        }

        var max = address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;
        if (slash < 0)
            error = $"{text} lacks a prefix length; write {address}/{max} for this one address";
        else if (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > max)
            error = $"{text}: the prefix length is 0-{max}";
        else
        {
            prefix = new IpPrefix(address, length);
            error = null;
            return true;
        }

        return false;
    }

    /// <summary>An IPv4 address of four decimal parts, or an IPv6 address without zone; null when the text is neither.</summary>
    public static IPAddress? ParseAddress(string text)
    {
        // IPAddress.TryParse also accepts "10.1", "010.0.0.1" (octal), "[::1]:80" and "fe80::1%eth0".
        var isV6 = text.Contains(':');
        foreach (var c in text)
        {
            if (isV6 ? !char.IsAsciiHexDigit(c) && c is not (':' or '.') : !char.IsAsciiDigit(c) && c != '.')
                return null;
        }

        if (!IPAddress.TryParse(text, out var address))
            return null;
        return isV6 || address.ToString() == text ? address : null;
    }

    /// <summary>Canonical notation: IPv6 as in RFC 5952.</summary>
    public override string ToString() => $"{Address}/{Length}";
}
