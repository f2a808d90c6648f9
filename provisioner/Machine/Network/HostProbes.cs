using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Cloudlet.Linux;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Machine.Network;

/// <summary>Probes from the network namespace of this process.</summary>
public sealed class HostProbes : INetworkProbes
{
    /// <summary>Longest status line and headers, in KiB.</summary>
    private const int LongestHeaders = 16;

    /// <inheritdoc/>
    public async Task<ProbeAnswer> GetAsync(Uri url, string? caFile, TimeSpan limit, CancellationToken ct)
    {
        if (ServerTrust.TryLoad(caFile, out var trusted) is { } problem)
            return new ProbeAnswer(false, problem);
        try
        {
            return await WithinAsync(limit, token => GetAsync(url, trusted, token), ct);
        }
        finally
        {
            foreach (var certificate in trusted ?? [])
                certificate.Dispose();
        }
    }

    /// <inheritdoc/>
    public Task<ProbeAnswer> ConnectAsync(string host, int port, TimeSpan limit, CancellationToken ct) =>
        WithinAsync(
            limit,
            async token =>
            {
                using var client = new TcpClient();
                await client.ConnectAsync(host, port, token);
                return new ProbeAnswer(true, "the connection was accepted");
            },
            ct
        );

    /// <inheritdoc/>
    public Task<ProbeAnswer> PingAsync(IPAddress address, string? network, TimeSpan limit, CancellationToken ct) =>
        Task.Run(
            () =>
            {
                if (network is null)
                    return Ping(address, limit);
                using var inside = NetworkNamespaces.Open(network);
                return NamespaceThread.RunInside(inside, network, () => Ping(address, limit));
            },
            ct
        );

    private static ProbeAnswer Ping(IPAddress address, TimeSpan limit)
    {
        try
        {
            using var ping = new Ping();
            var reply = ping.Send(address, (int)limit.TotalMilliseconds);
            return reply.Status switch
            {
                IPStatus.Success => new ProbeAnswer(true, $"{address} answered in {reply.RoundtripTime} ms"),
                IPStatus.TimedOut => new ProbeAnswer(false, $"{address} did not answer within {limit.TotalSeconds:0.#} s"),
                var other => new ProbeAnswer(false, $"{address}: {other}"),
            };
        }
        catch (PingException e)
        {
            return new ProbeAnswer(false, $"{address}: {ConnectionErrors.Found(e.InnerException ?? e)}");
        }
    }

    private static async Task<ProbeAnswer> GetAsync(Uri url, X509Certificate2Collection? trusted, CancellationToken ct)
    {
        // One handler for one request: a kept connection would not show that a new one is refused.
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            MaxResponseHeadersLength = LongestHeaders,
            MaxResponseDrainSize = 0,
            SslOptions = ServerTrust.TlsOf(trusted),
        };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        var status = (int)response.StatusCode;
        return new ProbeAnswer(true, $"status {status}", status);
    }

    private static async Task<ProbeAnswer> WithinAsync(
        TimeSpan limit,
        Func<CancellationToken, Task<ProbeAnswer>> attempt,
        CancellationToken ct
    )
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(ct);
        time.CancelAfter(limit); // real time, as the network's own
        try
        {
            return await attempt(time.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new ProbeAnswer(false, $"no answer within {limit.TotalSeconds:0.#} s");
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or IOException or AuthenticationException)
        {
            return new ProbeAnswer(false, Found(e));
        }
    }

    private static string Found(Exception error) =>
        error is HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded }
            ? $"the answer's headers exceed {LongestHeaders} KiB"
            : ConnectionErrors.Found(error);
}
