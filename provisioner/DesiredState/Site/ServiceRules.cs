using System.Net;
using System.Text.RegularExpressions;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Site;

/// <summary>Rules for the cloudlet service.</summary>
internal static partial class ServiceRules
{
    private const int MostRequests = 1_000_000,
        MostVms = 1_000_000,
        MostUploads = 10_000;

    public static void Check(HostSection host, HostReport report)
    {
        if (host.Service is not { } service)
            return;
        Listen(service, report);
        for (var i = 0; i < service.Names?.Count; i++)
            if (service.Names[i] is { } name && !Names.IsHostName(name) && !IPAddress.TryParse(name, out _))
                report.Value($"\"{name}\" is not a valid host name or address", "service", "names", $"{i}");
        for (var i = 0; i < service.FetchFrom?.Count; i++)
            if (service.FetchFrom[i] is { } network && !IPNetwork.TryParse(network, out _))
                report.Value(
                    $"\"{network}\" is not a valid network: write ADDRESS/LENGTH, such as 10.0.0.0/8",
                    "service",
                    "fetchFrom",
                    $"{i}"
                );
        Certificate(service, host, report);
        Range(service.RequestsPerMinute, MostRequests, report, "requestsPerMinute");
        Quota(service.Quota, report, "quota");
        foreach (var (project, quota) in service.Quotas ?? new Dictionary<string, ServiceQuotaSection>())
        {
            if (!Project().IsMatch(project))
                report.Key(
                    $"\"{project}\" is not a valid project: 1-64 letters, digits, '.', '_' and '-', first a letter or digit",
                    "service",
                    "quotas",
                    project
                );
            Quota(quota, report, "quotas", project);
        }

        if (service.Keystone is { } keystone)
            Keystone(keystone, report);
        if (service.Store is { } store)
            Store(store, report);
    }

    private static void Keystone(ServiceKeystoneSection keystone, HostReport report)
    {
        if (keystone.Url is null)
            report.Missing("`url` is missing: the Identity API, such as https://controller:5000/v3", "service", "keystone");
        else if (
            !Uri.TryCreate(keystone.Url, UriKind.Absolute, out var url)
            || url.Scheme is not ("http" or "https")
            || url.UserInfo.Length > 0
        )
            report.Value(
                $"\"{keystone.Url}\" is not the URL of an Identity API, such as https://controller:5000/v3",
                "service",
                "keystone",
                "url"
            );
        if (keystone.CaFile is { } file && Names.PathError(file) is { } error)
            report.Value(error, "service", "keystone", "caFile");
    }

    private static void Listen(ServiceSection service, HostReport report)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < service.Listen?.Count; i++)
        {
            if (service.Listen[i] is not { } address)
                continue;
            if (AddressError(address, out var end) is { } error)
                report.Value(error, "service", "listen", $"{i}");
            else if (!seen.Add(end))
                report.Value($"{end} is listed twice", "service", "listen", $"{i}");
        }
    }

    /// <summary>The problem with an address to listen on, or null; address and port.</summary>
    private static string? AddressError(string text, out string end)
    {
        end = "";
        if (
            !Uri.TryCreate(text, UriKind.Absolute, out var url)
            || url.Scheme is not ("http" or "https")
            || url.PathAndQuery != "/"
            || url.UserInfo.Length > 0
            || url.Fragment.Length > 0
            || !IPAddress.TryParse(url.DnsSafeHost, out var ip)
        )
            return $"\"{text}\" is not an address to listen on: write https://ADDRESS:PORT with an IP address, e.g. https://0.0.0.0:8443";
        if (!HasPort().IsMatch(text) || url.Port == 0)
            return $"\"{text}\" has no port from 1 to 65535; write one, such as https://{url.Host}:8443";
        end = $"{ip}:{url.Port}";
        return url.Scheme == Uri.UriSchemeHttp && !IPAddress.IsLoopback(ip)
            ? $"\"{text}\" would carry tokens unencrypted over a network: write https://, or an address of loopback"
            : null;
    }

    private static void Certificate(ServiceSection service, HostSection host, HostReport report)
    {
        if (service.Certificate is null != service.Key is null)
            report.Missing($"`{(service.Key is null ? "key" : "certificate")}` is missing: certificate and key belong together", "service");
        File(service.Certificate, "certificate");
        File(service.Key, "key");

        void File(string? described, string key)
        {
            if (described is ['/', ..])
            {
                if (Names.PathError(described) is { } error)
                    report.Value(error, "service", key);
            }
            else if (described is not null && host.Secrets?.ContainsKey(described) != true && !report.IsDamaged("secrets"))
                report.Value(
                    $"the secret \"{described}\" is not declared; write an absolute path on the host, or the name of one of "
                        + $"`secrets`{Spelling.Hint(described, host.Secrets?.Keys ?? [])}",
                    "service",
                    key
                );
        }
    }

    private static void Quota(ServiceQuotaSection? quota, HostReport report, params string[] keys)
    {
        Range(quota?.Vms, MostVms, report, [.. keys, "vms"]);
        Range(quota?.MemoryMib, int.MaxValue, report, [.. keys, "memoryMib"]);
        Range(quota?.StorageMib, int.MaxValue, report, [.. keys, "storageMib"]);
        Range(quota?.Uploads, MostUploads, report, [.. keys, "uploads"]);
    }

    private static void Range(int? value, int most, HostReport report, params string[] keys)
    {
        if (value is { } number && (number < 0 || number > most))
            report.Value($"{number} is out of range: {keys[^1]} is 0 to {most}", ["service", .. keys]);
    }

    /// <summary>The path is also written into the unit, where other characters have a meaning.</summary>
    private static void Store(string store, HostReport report)
    {
        if (Names.PathError(store) is { } error)
            report.Value(error, "service", "store");
        else if (!Names.HasOnly(store, "/._-+"))
            report.Value(
                $"\"{store}\" has characters that a unit file can't have there: use letters, digits, '/', '.', '_', '-' and '+'",
                "service",
                "store"
            );
        else if (Array.Exists(["/", "/usr", "/etc", "/boot", "/proc", "/sys", "/dev", "/run", "/home", "/root"], IsBelow))
            report.Value($"the service can't write below {store}: choose a folder for data, such as /srv/cloudlet", "service", "store");

        bool IsBelow(string folder) =>
            folder == "/" ? store == "/" : store == folder || store.StartsWith($"{folder}/", StringComparison.Ordinal);
    }

    [GeneratedRegex(ServiceQuotaSection.ProjectPattern, RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Project();

    [GeneratedRegex(@":[0-9]{1,5}/?$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HasPort();
}
