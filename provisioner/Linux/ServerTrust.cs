using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Cloudlet.Linux;

/// <summary>Which certificates of servers are trusted.</summary>
public static class ServerTrust
{
    /// <summary>Largest file of certificates: Debian's whole bundle has 220 kB.</summary>
    private const long LargestCaFile = 1 << 20;

    /// <summary>Options for a connection that trusts the system's certificates, or only these.</summary>
    public static SslClientAuthenticationOptions TlsOf(X509Certificate2Collection? trusted)
    {
        // Neither revocation lists nor missing issuers are fetched: a client talks to the named server only.
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        if (trusted is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(trusted);
        }

        return new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
    }

    /// <summary>Reads a file of certificates (PEM).</summary>
    /// <param name="path">The file; null: there is none, and nothing is read.</param>
    /// <param name="certificates">What it has.</param>
    /// <returns>The problem with the file; null: there is none.</returns>
    public static string? TryLoad(string? path, out X509Certificate2Collection? certificates)
    {
        certificates = null;
        if (path is null)
            return null;
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
