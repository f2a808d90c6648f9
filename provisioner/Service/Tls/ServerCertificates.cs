using System.Net;
using System.Net.NetworkInformation;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Service.Settings;

namespace Cloudlet.Service.Tls;

/// <summary>
/// The certificate of the service, given by the operator or made by its own authority. It is looked at again with new connections: a
/// renewed file is used, and an own certificate is renewed when a third of its life is left, without a restart.
/// </summary>
/// <param name="settings">Where the certificate is.</param>
/// <param name="clock">Tells when to renew.</param>
public sealed class ServerCertificates(ServiceSettings settings, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly string _folder = Path.Combine(settings.State, "tls");
    private (SslStreamCertificateContext Context, X509Certificate2 Leaf, string Mark, long LookedAt)? _current;

    /// <summary>The own authority as PEM; null with a given certificate.</summary>
    public string? AuthorityPem => settings.Certificate is null && File.Exists(AuthorityFile) ? File.ReadAllText(AuthorityFile) : null;

    /// <summary>SHA-256 of the own authority's certificate, as clients pin it; null with a given certificate.</summary>
    public string? Fingerprint
    {
        get
        {
            if (AuthorityPem is not { } pem)
                return null;
            using var authority = X509Certificate2.CreateFromPem(pem);
            return FingerprintOf(authority);
        }
    }

    private string AuthorityFile => Path.Combine(_folder, "authority.crt");

    private string AuthorityKey => Path.Combine(_folder, "authority.key");

    private string ServerFile => Path.Combine(_folder, "server.crt");

    private string ServerKey => Path.Combine(_folder, "server.key");

    /// <summary>The fingerprint of a certificate: <c>SHA256:</c> and hexadecimal digits.</summary>
    public static string FingerprintOf(X509Certificate2 certificate) =>
        $"SHA256:{Convert.ToHexStringLower(SHA256.HashData(certificate.RawData))}";

    /// <summary>
    /// The certificate for a new connection. At the start of the service InvalidInput when the given files can't be used; later the last
    /// good one stays in use.
    /// </summary>
    public SslStreamCertificateContext Current()
    {
        lock (_gate)
        {
            if (_current is { } fresh && clock.GetElapsedTime(fresh.LookedAt) < Between)
                return fresh.Context;
            try
            {
                if (settings.Certificate is null)
                    Renew();
                var (certificate, key) = (settings.Certificate ?? ServerFile, settings.Key ?? ServerKey);
                var mark = $"{File.GetLastWriteTimeUtc(certificate).Ticks} {File.GetLastWriteTimeUtc(key).Ticks}";
                if (_current is not { } known || known.Mark != mark)
                    Load(certificate, key, mark);
                else
                    _current = known with { LookedAt = clock.GetTimestamp() };
            }
            catch (Exception e) when (e is IOException or CryptographicException or UnauthorizedAccessException)
            {
                if (_current is not { } last)
                    throw new CloudletException(ErrorKind.InvalidInput, $"the certificate can't be used: {e.Message}", e);
                _current = last with { LookedAt = clock.GetTimestamp() };
            }

            return _current!.Value.Context;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _current?.Leaf.Dispose();

    private void Load(string certificate, string key, string mark)
    {
        using var pem = X509Certificate2.CreateFromPemFile(certificate, key);

        // On some systems TLS does not accept a key that was never in a store; PKCS #12 makes it acceptable everywhere.
        var leaf = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(certificate);
        _current = (SslStreamCertificateContext.Create(leaf, chain, offline: true), leaf, mark, clock.GetTimestamp());
    }

    private void Renew()
    {
        var now = clock.GetUtcNow();
        Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (!File.Exists(AuthorityFile) || !File.Exists(AuthorityKey))
        {
            using var made = OwnAuthority.Create(Environment.MachineName, now);
            Save(made, AuthorityFile, AuthorityKey);
        }

        var names = Names();
        if (IsStillGood(names, now))
            return;
        using var authority = X509Certificate2.CreateFromPemFile(AuthorityFile, AuthorityKey);
        using var issued = OwnAuthority.Issue(authority, names, now);
        Save(issued, ServerFile, ServerKey);
    }

    private bool IsStillGood(IReadOnlyList<string> names, DateTimeOffset now)
    {
        if (!File.Exists(ServerFile) || !File.Exists(ServerKey))
            return false;
        using var server = X509Certificate2.CreateFromPem(File.ReadAllText(ServerFile));
        var life = server.NotAfter - server.NotBefore;
        return server.NotAfter.ToUniversalTime() - now.UtcDateTime > life / 3 && names.All(n => server.MatchesHostname(n));
    }

    private List<string> Names()
    {
        var addresses = NetworkInterface
            .GetAllNetworkInterfaces()
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address)
            .Where(a => !a.IsIPv6LinkLocal)
            .Append(IPAddress.Loopback)
            .Select(a => a.ToString());
        return [.. ((IEnumerable<string>)[Environment.MachineName, "localhost", .. settings.Names, .. addresses]).Distinct()];
    }

    private static void Save(X509Certificate2 certificate, string file, string keyFile)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        var staged = keyFile + ".new";
        using (
            var stream = new FileStream(
                staged,
                new FileStreamOptions
                {
                    Mode = FileMode.Create,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            )
        )
        using (var writer = new StreamWriter(stream))
            writer.Write(key.ExportPkcs8PrivateKeyPem());
        FileReplacement.Publish(staged, keyFile);
        File.WriteAllText(file + ".new", certificate.ExportCertificatePem());
        FileReplacement.Publish(file + ".new", file);
    }
}
