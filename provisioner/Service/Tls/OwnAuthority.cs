using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cloudlet.Service.Tls;

/// <summary>
/// A certificate authority of the service's own, for hosts without given certificates. Clients pin it by its fingerprint, so that the
/// certificates below it may be renewed.
/// </summary>
internal static class OwnAuthority
{
    private static readonly TimeSpan AuthorityLasts = TimeSpan.FromDays(3650);
    private static readonly TimeSpan ServerLasts = TimeSpan.FromDays(90);

    /// <summary>Clocks of clients may be behind.</summary>
    private static readonly TimeSpan Early = TimeSpan.FromHours(1);

    /// <summary>Makes an authority, with its private key.</summary>
    public static X509Certificate2 Create(string host, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=cloudlet authority of {host}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(now - Early, now + AuthorityLasts);
    }

    /// <summary>Makes a server certificate, with its private key.</summary>
    /// <param name="authority">Signs it.</param>
    /// <param name="names">Names and addresses by which clients reach the server; the first is its common name.</param>
    /// <param name="now">The time.</param>
    public static X509Certificate2 Issue(X509Certificate2 authority, IReadOnlyList<string> names, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false)); // serverAuth
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
            if (IPAddress.TryParse(name, out var ip))
                alternatives.AddIpAddress(ip);
            else
                alternatives.AddDnsName(name);
        request.CertificateExtensions.Add(alternatives.Build());
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7f;
        using var issued = request.Create(authority, now - Early, Min(now + ServerLasts, new DateTimeOffset(authority.NotAfter)), serial);
        return issued.CopyWithPrivateKey(key);
    }

    private static DateTimeOffset Min(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;
}
