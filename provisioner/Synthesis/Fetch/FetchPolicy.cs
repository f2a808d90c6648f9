using System.Net;
using System.Net.Sockets;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Fetch;

/// <summary>Which servers may be fetched from, by the address that a name leads to when the connection is made.</summary>
/// <param name="allows">True for an address that may be connected to.</param>
/// <param name="advice">What to do about one that may not, for the message.</param>
public sealed class FetchPolicy(Func<IPAddress, bool> allows, string advice)
{
    /// <summary>Connects; PermissionDenied when every address of the server is refused.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        IPAddress[] found = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, ct);
        IPAddress[] allowed = [.. found.Select(a => a.IsIPv4MappedToIPv6 ? a.MapToIPv4() : a).Where(allows)];
        if (allowed.Length == 0)
            throw new CloudletException(
                ErrorKind.PermissionDenied,
                $"nothing may be fetched from {host} ({string.Join(", ", found.AsEnumerable())}): {advice}"
            );
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
