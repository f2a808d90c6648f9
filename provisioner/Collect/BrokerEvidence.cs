using System.Net.Sockets;

namespace Cloudlet.Collect;

/// <summary>
/// Whether the message brokers of a transport_url accept connections. No credentials are sent: a connection is opened and closed.
/// </summary>
internal static class BrokerEvidence
{
    private const int DefaultPort = 5672;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    /// <summary>A line for each broker, in the catalog's format.</summary>
    /// <param name="transportUrl">Value of the option: several brokers are separated by commas, each may have an account.</param>
    /// <param name="ct">Cancels the operation.</param>
    public static async Task<string> ReachAsync(string transportUrl, CancellationToken ct)
    {
        var lines = await Task.WhenAll(
            Places(transportUrl)
                .Select(async place =>
                    $"{(place.Host.Contains(':') ? $"[{place.Host}]" : place.Host)}:{place.Port} "
                    + $"{await TryAsync(place.Host, place.Port, ct)}\n"
                )
        );
        return string.Concat(lines);
    }

    /// <summary>Hosts and ports; oslo.messaging documents the form: scheme://[user:password@]host[:port][,…]/virtual_host?query.</summary>
    internal static IEnumerable<(string Host, int Port)> Places(string transportUrl)
    {
        var start = transportUrl.IndexOf("://", StringComparison.Ordinal);
        if (start < 0)
            yield break;
        var rest = transportUrl[(start + 3)..];
        var end = rest.AsSpan().IndexOfAny('/', '?');
        foreach (
            var one in (end < 0 ? rest : rest[..end]).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        )
        {
            var place = one[(one.LastIndexOf('@') + 1)..];
            var bracket = place.LastIndexOf(']');
            var colon = place.LastIndexOf(':');
            var hasPort = colon > bracket;
            var host = (hasPort ? place[..colon] : place).Trim('[', ']');
            if (host.Length > 0)
                yield return (host, hasPort && ushort.TryParse(place[(colon + 1)..], out var port) && port > 0 ? port : DefaultPort);
        }
    }

    /// <summary>Whether a port accepts connections.</summary>
    internal static async Task<string> TryAsync(string host, int port, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Longest);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, limit.Token);
            return "open";
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return $"timeout after {Longest.TotalSeconds:0} s";
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.TimedOut || WordOf(e) == "unresolved"
                ? WordOf(e)
                : $"{WordOf(e)} {e.SocketErrorCode}";
        }
    }

    /// <summary>A word for why a connection failed.</summary>
    internal static string WordOf(SocketException error) =>
        error.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => "refused",
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "unresolved",
            SocketError.TimedOut => "timeout",
            _ => "unreachable",
        };
}
