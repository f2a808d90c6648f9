using System.Net;
using System.Net.Sockets;
using Cloudlet.Synthesis.Fetch;

namespace Cloudlet.Service.Work;

/// <summary>
/// Which addresses the service fetches from for its clients. Otherwise a client could reach what only this host can: services on its
/// loopback, and the metadata service of a cloud (169.254.169.254).
/// </summary>
internal static class FetchRules
{
    /// <summary>The rules of a configuration.</summary>
    /// <param name="networks">Allowed networks; empty: all but loopback, link-local, multicast and unspecified addresses.</param>
    public static FetchPolicy Of(IReadOnlyList<string> networks)
    {
        IPNetwork[] allowed = [.. networks.Select(IPNetwork.Parse)];
        return allowed.Length > 0
            ? new FetchPolicy(
                ip => Array.Exists(allowed, n => n.Contains(ip)),
                $"the service's fetchFrom allows {string.Join(", ", networks)}; send the file as an upload, or ask the operator"
            )
            : new FetchPolicy(
                IsPublicOrPrivate,
                "loopback and link-local addresses are not fetched from unless the service's fetchFrom has them; send the file as an upload"
            );
    }

    private static bool IsPublicOrPrivate(IPAddress ip)
    {
        if (IPAddress.IsLoopback(ip) || ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any) || ip.Equals(IPAddress.Broadcast))
            return false;
        if (ip.AddressFamily == AddressFamily.InterNetworkV6)
            return !ip.IsIPv6LinkLocal && !ip.IsIPv6Multicast && !ip.IsIPv6SiteLocal;
        var bytes = ip.GetAddressBytes();
        return bytes[0] is not 0 and < 224 && !(bytes[0] == 169 && bytes[1] == 254);
    }
}
