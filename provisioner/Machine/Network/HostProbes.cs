using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cloudlet.Machine.Network;

/// <summary>Probes from the network namespace of this process.</summary>
public sealed class HostProbes : INetworkProbes
{
    /// <summary>Longest status line and headers, in KiB.</summary>
    private const int LongestHeaders = 16;

    /// <summary>Largest file of certificates: Debian's whole bundle has 220 kB.</summary>
    private const long LargestCaFile = 1 << 20;

    /// <inheritdoc/>
    public async Task<ProbeAnswer> GetAsync(Uri url, string? caFile, TimeSpan limit, CancellationToken ct)
    {
        X509Certificate2Collection? trusted = null;
        if (caFile is not null && TryLoad(caFile, out trusted) is { } problem)
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
            SslOptions = TlsOf(trusted),
        };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        var status = (int)response.StatusCode;
        return new ProbeAnswer(true, $"status {status}", status);
    }

    private static SslClientAuthenticationOptions TlsOf(X509Certificate2Collection? trusted)
    {
        // Neither revocation lists nor missing issuers are fetched: the probe talks to the named server only.
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (trusted is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(trusted);
        }

        return new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
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

    /// <summary>
    /// Our own words for an error: messages of the HTTP client may repeat what the server sent.
    /// </summary>
    private static string Found(Exception error)
    {
        for (Exception? e = error; e is not null; e = e.InnerException)
            switch (e)
            {
                case SocketException socket:
                    return Found(socket.SocketErrorCode);
                case AuthenticationException:
                    return "the server's certificate is not trusted for this name, or TLS failed";
            }

        return (error as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "the name does not resolve",
            HttpRequestError.SecureConnectionError => "the server's certificate is not trusted for this name, or TLS failed",
            HttpRequestError.ResponseEnded => "the connection was closed before an answer",
            HttpRequestError.ConfigurationLimitExceeded => $"the answer's headers exceed {LongestHeaders} KiB",
            HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError => "the answer is not HTTP",
            _ => "the connection failed",
        };
    }

    private static string Found(SocketError error) =>
        error switch
        {
            SocketError.ConnectionRefused => "connection refused",
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "the name does not resolve",
            SocketError.HostUnreachable or SocketError.NetworkUnreachable => "no route to it",
            SocketError.TimedOut => "no answer",
            SocketError.ConnectionReset => "the connection was reset",
            _ => $"the connection failed ({error})",
        };

    /// <summary>The problem with a file of certificates; null when it was read.</summary>
    private static string? TryLoad(string path, out X509Certificate2Collection? certificates)
    {
        certificates = null;
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
                return $"{path} does not exist";
            if (file.Length > LargestCaFile)
                return $"{path} is larger than {LargestCaFile} bytes";
            var loaded = new X509Certificate2Collection();
            loaded.ImportFromPem(File.ReadAllText(path));
            if (loaded.Count == 0)
                return $"{path} has no certificate (PEM)";
            certificates = loaded;
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{path} cannot be read: {e.Message}";
        }
        catch (CryptographicException)
        {
            return $"{path} has a certificate that cannot be read";
        }
    }
}
