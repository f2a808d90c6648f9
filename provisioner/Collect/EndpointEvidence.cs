using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Cloudlet.OpenStack;

namespace Cloudlet.Collect;

/// <summary>Whether what the catalog names answers. No token is sent: the URL may lead to another program.</summary>
/// <param name="client">Sends the requests.</param>
internal sealed class EndpointEvidence(HttpClient client)
{
    /// <summary>Types without which no server is made.</summary>
    private static readonly string[] Needed = ["identity", "image", "placement", "compute", "network"];

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>A line for each endpoint.</summary>
    public async Task<string> AskAsync(IReadOnlyList<CatalogEndpoint> catalog, CancellationToken ct)
    {
        var results = new Dictionary<Uri, string>();
        foreach (var url in catalog.Select(e => e.Url).Distinct())
            results[url] = await AskAsync(url, ct);
        var lines = catalog
            .OrderBy(e => Math.Max(0, Array.IndexOf(Needed, e.Type)))
            .Select(e => $"{e.Type}/{e.Interface} {results[e.Url]} {e.Url}\n")
            .Concat(Needed.Where(t => !catalog.Any(e => e.Type == t)).Select(t => $"{t}/any absent -\n"));
        return string.Concat(lines);
    }

    /// <summary>The HTTP status, or a word for why there is none.</summary>
    public async Task<string> AskAsync(Uri url, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Longest);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"{url.ToString().TrimEnd('/')}/"));
            request.Headers.ConnectionClose = true;
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return ((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture);
        }
        catch (HttpRequestException e)
        {
            return e.InnerException is SocketException socket ? BrokerEvidence.WordOf(socket)
                : e.HttpRequestError == HttpRequestError.NameResolutionError ? "unresolved"
                : e.HttpRequestError == HttpRequestError.SecureConnectionError ? "untrusted"
                : "unreachable";
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return "timeout";
        }
    }

    /// <summary>Validity of the certificates behind https; the certificates themselves are not judged here.</summary>
    public static async Task<string> CertificatesAsync(IReadOnlyList<CatalogEndpoint> catalog, CancellationToken ct)
    {
        List<string> lines = [];
        foreach (var (host, port) in catalog.Where(e => e.Url.Scheme == "https").Select(e => (e.Url.Host, e.Url.Port)).Distinct())
            if (await CertificateAsync(host, port, ct) is { } certificate)
                using (certificate)
                    lines.Add(
                        $"{host}:{port} {certificate.NotBefore.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ} "
                            + $"{certificate.NotAfter.ToUniversalTime():yyyy-MM-ddTHH:mm:ssZ}\n"
                    );
        return string.Concat(lines);
    }

    private static async Task<X509Certificate2?> CertificateAsync(string host, int port, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Longest);
        X509Certificate2? seen = null;
        try
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync(host, port, limit.Token);
            await using var tls = new SslStream(tcp.GetStream());
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = host,
                    // Only its dates are read, and nothing is sent: a wrong certificate is what is looked for.
                    RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    {
                        seen = certificate is null ? null : X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
                        return false;
                    },
                },
                limit.Token
            );
        }
        catch (Exception e)
            when (e is SocketException or IOException or System.Security.Authentication.AuthenticationException
                || (e is OperationCanceledException && !ct.IsCancellationRequested)
            )
        {
            return seen;
        }

        return seen;
    }
}
