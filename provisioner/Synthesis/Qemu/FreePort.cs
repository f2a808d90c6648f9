using System.Net;
using System.Net.Sockets;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>Finds ports of this machine's loopback.</summary>
internal static class FreePort
{
    /// <summary>A port that no program listens on now.</summary>
    public static int Take()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>
    /// The forwards, with a free port in place of each 0. Busy, with every port in use, when another program listens on one; InvalidInput
    /// when a port is requested twice.
    /// </summary>
    public static IReadOnlyList<PortForward> Choose(IReadOnlyList<PortForward> forwards)
    {
        var chosen = forwards.Select(f => f.HostPort == 0 ? f with { HostPort = Take() } : f).ToList();
        if (chosen.GroupBy(f => f.HostPort).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"port {twice.Key} can't be forwarded twice: {string.Join(" and ", twice)}"
            );
        var taken = chosen.Where(f => !IsFree(f.HostPort)).Select(f => f.HostPort).ToList();
        return taken.Count == 0
            ? chosen
            : throw new CloudletException(
                ErrorKind.Busy,
                $"another program already listens on port {string.Join(", ", taken)} of this machine, or only root may: choose "
                    + "others, or 0 for any"
            );
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
