using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.ServiceApi.Client;

/// <summary>The certificate authority of a service's own.</summary>
/// <param name="Pem">Its certificate.</param>
/// <param name="Fingerprint"><c>SHA256:</c> and 64 hexadecimal digits.</param>
public sealed record OwnAuthority(string Pem, string Fingerprint);

/// <summary>What a client learns of a service before it trusts it. No secret is sent.</summary>
public static class FirstContact
{
    private const int Longest = 64 << 10;

    /// <summary>The own authority of a service; null when it uses a certificate of another one, or no TLS.</summary>
    /// <exception cref="CloudletException">Unreachable; Unexpected: the answer is not a certificate.</exception>
    public static async Task<OwnAuthority?> AuthorityAsync(ServiceLogin login, CancellationToken ct)
    {
        if (login.Url.Scheme != Uri.UriSchemeHttps)
            return null;

        // The certificate can't be verified yet: the caller compares the fingerprint with one that he got by another way.
#pragma warning disable CA5359 // it is the purpose of this request, which sends nothing secret
        using var handler = new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
            ConnectTimeout = TimeSpan.FromSeconds(10),
            AllowAutoRedirect = false,
        };
#pragma warning restore CA5359
        using var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(20), MaxResponseContentBufferSize = Longest };
        try
        {
            using var answer = await http.GetAsync(new Uri(login.Url, "/v1/authority"), ct);
            if (!answer.IsSuccessStatusCode)
                return null;
            var pem = await answer.Content.ReadAsStringAsync(ct);
            using var certificate = X509Certificate2.CreateFromPem(pem);
            return new OwnAuthority(
                certificate.ExportCertificatePem(),
                $"SHA256:{Convert.ToHexStringLower(SHA256.HashData(certificate.RawData))}"
            );
        }
        catch (HttpRequestException e)
        {
            throw new CloudletException(
                ErrorKind.Unreachable,
                $"the service at {login.Address} can't be reached: {ConnectionErrors.Found(e)}. Check the address, and that the service "
                    + "runs",
                e
            );
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CloudletException(ErrorKind.Unexpected, $"{login.Address} answers, but not as a cloudlet service does", e);
        }
    }
}
