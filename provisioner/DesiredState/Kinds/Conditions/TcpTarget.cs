using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Cloudlet.DesiredState.Kinds.Conditions;

/// <summary>A port of a host, as <c>name:port</c>, <c>192.0.2.1:port</c> or <c>[2001:db8::1]:port</c>.</summary>
/// <param name="Host">Name or address, without brackets.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record TcpTarget(string Host, int Port)
{
    /// <summary>Parses a text; null when it is not one.</summary>
    public static TcpTarget? Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (
            colon < 0
            || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port is 0 or > 65535
        )
            return null;
        var host = text[..colon];
        if (host is ['[', .. var address, ']'])
            return IPAddress.TryParse(address, out var ip) && ip.AddressFamily == AddressFamily.InterNetworkV6
                ? new TcpTarget(address, port)
                : null;
        return IsHost(host) ? new TcpTarget(host, port) : null;
    }

    /// <summary>True for names of the DNS and IPv4 addresses.</summary>
    public static bool IsHost(string text) =>
        text.Length is > 0 and <= 253
        && Array.TrueForAll(
            text.Split('.'),
            static label =>
                label.Length is > 0 and <= 63
                && label[0] != '-'
                && label[^1] != '-'
                && label.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
        );
}
