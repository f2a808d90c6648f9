using System.Globalization;
using Cloudlet.Errors;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Situations;
using Cloudlet.Machine;
using Cloudlet.Machine.Processes;
using Cloudlet.OpenStack;

namespace Cloudlet.Collect;

/// <summary>What a host of a cloud shows beyond Nova: accounts, databases, disks, caches, Open vSwitch and OVN.</summary>
/// <param name="machine">The host.</param>
/// <param name="maker">Makes the exhibits.</param>
/// <param name="options">Options of all configuration, with their secrets.</param>
/// <param name="client">Sends requests.</param>
internal sealed class CloudEvidence(IMachine machine, ExhibitMaker maker, IReadOnlyList<OsloOption> options, HttpClient client)
{
    private const string Shared = "metadata_proxy_shared_secret";

    private static readonly string[] Folders =
    [
        "/",
        "/var/lib/mysql",
        "/var/lib/rabbitmq",
        "/var/lib/glance/images",
        "/var/lib/nova/instances",
        "/var/log",
    ];

    private readonly EndpointEvidence _endpoints = new(client);

    /// <summary>A token of an account of a service; null before <see cref="CollectAsync"/>, or when none is accepted.</summary>
    public CloudToken? Token { get; private set; }

    /// <summary>Everything that needs no token.</summary>
    public async Task<IReadOnlyList<Exhibit>> CollectAsync(CancellationToken ct)
    {
        List<Exhibit> exhibits = [];
        var accounts = AccountEvidence.Find(options);
        if (accounts.Count > 0)
            exhibits.Add(
                await maker.TextAsync(
                    ExhibitIds.Logins,
                    "POST keystone /v3/auth/tokens with each account of the configuration",
                    async () =>
                    {
                        var (lines, token) = await new AccountEvidence(client).TryAllAsync(accounts, ct);
                        Token = token;
                        return lines;
                    }
                )
            );
        exhibits.AddRange(await DatabasesAsync(new DatabaseEvidence(machine, options), ct));
        exhibits.Add(await maker.TextAsync(ExhibitIds.Disks, "df --block-size=1", () => Task.FromResult(Disks())));
        if (Caches() is { Count: > 0 } caches)
            exhibits.Add(await maker.TextAsync(ExhibitIds.Caches, "a TCP connection to each cache", () => ReachAsync(caches, ct)));
        exhibits.AddRange(await NetworkAsync(new SwitchEvidence(machine), ct));
        if (MetadataUrl() is { } url)
            exhibits.Add(await maker.TextAsync(ExhibitIds.Metadata, $"GET {url}", () => MetadataAsync(url, ct)));
        return exhibits;
    }

    /// <summary>Whether the catalog's endpoints answer.</summary>
    public async Task<IReadOnlyList<Exhibit>> EndpointsAsync(IReadOnlyList<CatalogEndpoint> catalog, CancellationToken ct)
    {
        List<Exhibit> exhibits =
        [
            await maker.TextAsync(ExhibitIds.Endpoints, "GET of each URL in the catalog", () => _endpoints.AskAsync(catalog, ct)),
        ];
        if (catalog.Any(e => e.Url.Scheme == "https"))
            exhibits.Add(
                await maker.TextAsync(
                    ExhibitIds.Certificates,
                    "openssl s_client for each URL with https",
                    () => EndpointEvidence.CertificatesAsync(catalog, ct)
                )
            );
        return exhibits;
    }

    /// <summary>Which hosts are mapped to cells.</summary>
    public Task<Exhibit> MappedHostsAsync(CancellationToken ct) =>
        new DatabaseEvidence(machine, options) is { IsUsed: true, IsServer: true } databases
        && options.Any(o => o.Name == "api_database.connection")
            ? maker.TextAsync(ExhibitIds.MappedHosts, "SELECT … FROM nova_api.host_mappings", () => databases.MappedHostsAsync(ct))
            : maker.CommandAsync(ExhibitIds.MappedHosts, HelperPrograms.NovaManage, ["cell_v2", "list_hosts"], ct);

    private async Task<IReadOnlyList<Exhibit>> DatabasesAsync(DatabaseEvidence databases, CancellationToken ct)
    {
        if (!databases.IsUsed)
            return [];
        List<Exhibit> exhibits = [await maker.TextAsync(ExhibitIds.Databases, "mariadb --execute='DO 0'", () => databases.LoginsAsync(ct))];
        if (!databases.IsServer)
            return exhibits;
        exhibits.Add(await maker.TextAsync(ExhibitIds.DatabaseStatus, "mariadb --execute='SHOW STATUS'", () => databases.StatusAsync(ct)));
        exhibits.Add(await maker.TextAsync(ExhibitIds.Schemas, "cloudlet verify: schemas", () => databases.SchemasAsync(ct)));
        if (options.Any(o => o.Name == "api_database.connection"))
            exhibits.Add(await maker.TextAsync(ExhibitIds.Cells, "SELECT … FROM nova_api.cell_mappings", () => databases.CellsAsync(ct)));
        return exhibits;
    }

    private async Task<IReadOnlyList<Exhibit>> NetworkAsync(SwitchEvidence switches, CancellationToken ct)
    {
        if (!switches.IsInstalled)
            return [];
        List<Exhibit> exhibits = [await maker.TextAsync(ExhibitIds.Switch, "ovs-vsctl list Open_vSwitch", () => switches.ReadAsync(ct))];
        if (switches.Remote is { } remote)
            exhibits.Add(
                await maker.CommandAsync(
                    ExhibitIds.Chassis,
                    HelperPrograms.OvnSbctl,
                    [
                        "--timeout=5",
                        $"--db={remote}",
                        "--no-leader-only",
                        "--format=csv",
                        "--data=bare",
                        "--no-headings",
                        "--columns=name,hostname,external_ids",
                        "list",
                        "Chassis",
                    ],
                    ct
                )
            );
        return exhibits;
    }

    private string Disks() =>
        string.Concat(
            Folders
                .Where(f => machine.Files.Stat(f) is not null)
                .Select(f => (Folder: f, Drive: new DriveInfo(f)))
                .Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Folder} {Free(d.Drive).Free} {Free(d.Drive).All}\n"))
        );

    private static (long Free, long All) Free(DriveInfo drive)
    {
        try
        {
            return (drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CloudletException(ErrorKind.Unexpected, $"the space at {drive.Name} cannot be read: {e.Message}", e);
        }
    }

    private List<(string Host, int Port)> Caches() =>
        [
            .. options
                .Where(o => o.Name is "keystone_authtoken.memcached_servers" or "cache.memcache_servers")
                .SelectMany(o => o.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
                .Distinct()
                .Select(p => p.Replace("inet:", "", StringComparison.Ordinal).Split(':'))
                .Where(p => p.Length == 2 && ushort.TryParse(p[1], out _))
                .Select(p => (p[0], int.Parse(p[1], CultureInfo.InvariantCulture))),
        ];

    private static async Task<string> ReachAsync(IReadOnlyList<(string Host, int Port)> places, CancellationToken ct)
    {
        List<string> lines = [];
        foreach (var (host, port) in places)
            lines.Add($"{host}:{port} {await BrokerEvidence.TryAsync(host, port, ct)}\n");
        return string.Concat(lines);
    }

    private Uri? MetadataUrl() =>
        options.LastOrDefault(o => o.Name == "DEFAULT.nova_metadata_host")?.Value is { Length: > 0 } host
        && Uri.TryCreate(
            $"http://{host}:{options.LastOrDefault(o => o.Name == "DEFAULT.nova_metadata_port")?.Value ?? "8775"}",
            UriKind.Absolute,
            out var url
        )
            ? url
            : null;

    private async Task<string> MetadataAsync(Uri url, CancellationToken ct)
    {
        var agent = options.LastOrDefault(o => o.Name == $"DEFAULT.{Shared}")?.Value;
        var nova = options.LastOrDefault(o => o.Name == $"neutron.{Shared}")?.Value;
        var shared = agent is null || nova is null ? "" : $"shared {(agent == nova ? "same" : "different")}\n";
        return $"api {await _endpoints.AskAsync(url, ct)} {url}\n{shared}";
    }
}
