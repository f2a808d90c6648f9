using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Errors;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Service.Settings;

/// <summary>The service's configuration (<c>/etc/cloudlet/service.json</c>).</summary>
public sealed record ServiceSettings
{
    /// <summary>Where the configuration is unless told otherwise.</summary>
    public const string DefaultPath = "/etc/cloudlet/service.json";

    /// <summary>Accounts, audit log, certificates, uploads and operations.</summary>
    public string State { get; set; } = "/var/lib/cloudlet-service";

    /// <summary>Folder of bases, VMs and overlays; by default <c>runtime</c> in <see cref="State"/>.</summary>
    public string? Store { get; init; }

    /// <summary>The unix socket; its folder is accessible by the service's user and <see cref="SocketGroup"/> only.</summary>
    public string Socket { get; set; } = "/run/cloudlet-service/api.sock";

    /// <summary>Members of this group may use the socket.</summary>
    public string SocketGroup { get; set; } = "cloudlet";

    /// <summary>Addresses to listen on: <c>https://ADDRESS:PORT</c>, or <c>http://</c> on loopback behind a proxy of this host.</summary>
    public IReadOnlyList<string> Listen { get; set; } = [];

    /// <summary>Names by which clients reach the host, for the certificate; beside its host name.</summary>
    public IReadOnlyList<string> Names { get; set; } = [];

    /// <summary>A certificate with its chain (PEM). Without it, the service makes its own certificate authority.</summary>
    public string? Certificate { get; init; }

    /// <summary>Its private key (PEM).</summary>
    public string? Key { get; init; }

    /// <summary>Networks (CIDR) that overlays and bases may be fetched from. Empty: all but loopback and link-local addresses.</summary>
    public IReadOnlyList<string> FetchFrom { get; set; } = [];

    /// <summary>
    /// True: members may start VMs that reach every network of this host, its loopback too. Otherwise only administrators may.
    /// </summary>
    public bool OpenNetworks { get; set; }

    /// <summary>What each project may use.</summary>
    public QuotaView Quota { get; set; } = new(Vms: 10, MemoryMib: 16384, StorageMib: 102400, Uploads: 4);

    /// <summary>What single projects may use instead.</summary>
    public IReadOnlyDictionary<string, QuotaView> Quotas { get; set; } = new Dictionary<string, QuotaView>();

    /// <summary>The Keystone whose tokens are accepted; null: none.</summary>
    public KeystoneSettings? Keystone { get; set; }

    /// <summary>Base address of an OTLP/HTTP collector that traces are sent to, e.g. <c>http://127.0.0.1:4318</c>; null: none.</summary>
    public string? Otlp { get; set; }

    /// <summary>Requests a minute of an account, or of an address without one; 0: unlimited.</summary>
    public int RequestsPerMinute { get; set; } = 1200;

    /// <summary>The store's folder.</summary>
    [JsonIgnore]
    public string StoreFolder => Store ?? Path.Combine(State, "runtime");

    /// <summary>Reads a file. InvalidInput with everything that is wrong in it.</summary>
    /// <param name="path">The file.</param>
    public static ServiceSettings Read(string path)
    {
        ServiceSettings settings;
        try
        {
            settings =
                JsonSerializer.Deserialize(File.ReadAllBytes(path), SettingsJson.Default.ServiceSettings)
                ?? throw new JsonException("expected an object, found null");
        }
        catch (JsonException e)
        {
            throw new CloudletException(ErrorKind.InvalidInput, $"{path} is not valid: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CloudletException(ErrorKind.NotFound, $"{path} can't be read: {e.Message}", e);
        }

        return settings.Problems() is { Count: > 0 } problems
            ? throw new CloudletException(ErrorKind.InvalidInput, $"{path} is not valid:\n  {string.Join("\n  ", problems)}")
            : settings;
    }

    /// <summary>Everything that is wrong, each with its property.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        foreach (var (name, path) in new[] { ("state", State), ("store", StoreFolder), ("socket", Socket) })
            if (path is not ['/', ..])
                problems.Add($"{name}: expected an absolute path, found '{path}'");
        for (var i = 0; i < Listen.Count; i++)
            if (ListenAddress.ProblemOf(Listen[i]) is { } problem)
                problems.Add($"listen[{i}]: {problem}");
        for (var i = 0; i < FetchFrom.Count; i++)
            if (!IPNetwork.TryParse(FetchFrom[i], out _))
                problems.Add($"fetchFrom[{i}]: expected a network such as 10.0.0.0/8, found '{FetchFrom[i]}'");
        if (Certificate is null != Key is null)
            problems.Add($"{(Key is null ? "key" : "certificate")}: missing; certificate and key belong together");
        problems.AddRange(Keystone?.Problems() ?? []);
        if (Otlp is not null && (!Uri.TryCreate(Otlp, UriKind.Absolute, out var collector) || collector.Scheme is not ("http" or "https")))
            problems.Add($"otlp: expected the URL of a collector such as http://127.0.0.1:4318, found '{Otlp}'");
        if (RequestsPerMinute < 0)
            problems.Add($"requestsPerMinute: expected 0 or more, found {RequestsPerMinute}");
        foreach (var (name, quota) in Quotas.Prepend(new("", Quota)))
            if (quota is { Vms: < 0 } or { MemoryMib: < 0 } or { StorageMib: < 0 } or { Uploads: < 0 })
                problems.Add($"{(name.Length == 0 ? "quota" : $"quotas.{name}")}: expected limits of 0 or more");
        return problems;
    }

    /// <summary>The limits of a project.</summary>
    public QuotaView QuotaOf(string project) => Quotas.GetValueOrDefault(project, Quota);
}

/// <summary>A Keystone, and what its roles mean here.</summary>
public sealed record KeystoneSettings
{
    /// <summary>URL of the Identity API, e.g. <c>https://controller:5000/v3</c>.</summary>
    public string Url { get; set; } = "";

    /// <summary>Certificates (PEM) that may have issued the one of Keystone; null: those of the system.</summary>
    public string? CaFile { get; set; }

    /// <summary>Roles whose accounts are administrators here.</summary>
    public IReadOnlyList<string> Admin { get; set; } = ["admin"];

    /// <summary>Roles whose accounts change their project.</summary>
    public IReadOnlyList<string> Member { get; set; } = ["member"];

    /// <summary>Roles whose accounts look at their project.</summary>
    public IReadOnlyList<string> Reader { get; set; } = ["reader"];

    /// <summary>Everything that is wrong.</summary>
    internal IEnumerable<string> Problems()
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0)
            yield return $"keystone.url: expected the URL of an Identity API such as https://controller:5000/v3, found '{Url}'";
        if (CaFile is not null and not ['/', ..])
            yield return $"keystone.caFile: expected an absolute path, found '{CaFile}'";
    }
}

/// <summary>An address to listen on.</summary>
/// <param name="Ip">The address.</param>
/// <param name="Port">The port; 0 for any free one.</param>
/// <param name="IsSecure">True for TLS.</param>
public sealed record ListenAddress(IPAddress Ip, int Port, bool IsSecure)
{
    /// <summary>Reads a valid address.</summary>
    public static ListenAddress Parse(string text)
    {
        var url = new Uri(text);
        return new ListenAddress(IPAddress.Parse(url.DnsSafeHost), url.Port, url.Scheme == Uri.UriSchemeHttps);
    }

    /// <summary>What is wrong with an address, or null.</summary>
    public static string? ProblemOf(string text)
    {
        if (
            !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || url.Scheme is not ("http" or "https")
            || url.PathAndQuery != "/"
            || !IPAddress.TryParse(url.DnsSafeHost, out var ip)
        )
            return $"expected https://ADDRESS:PORT with an IP address, such as https://0.0.0.0:8443, found '{text}'";
        return url.Scheme == Uri.UriSchemeHttp && !IPAddress.IsLoopback(ip)
            ? $"'{text}' would carry tokens unencrypted over a network: write https://, or an address of loopback"
            : null;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    ReadCommentHandling = JsonCommentHandling.Skip,
    WriteIndented = true
)]
[JsonSerializable(typeof(ServiceSettings))]
internal sealed partial class SettingsJson : JsonSerializerContext;
