using System.Text.RegularExpressions;
using Cloudlet.DesiredState.Kinds.Schemas;
using Cloudlet.Explain.Situations;
using Cloudlet.Machine;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources.Kinds.Schemas;
using Cloudlet.Resources.Sql;

namespace Cloudlet.Collect;

/// <summary>What the databases of the cloud show. Reads only.</summary>
/// <param name="machine">The host.</param>
/// <param name="options">Options of all configuration.</param>
internal sealed partial class DatabaseEvidence(IMachine machine, IReadOnlyList<OsloOption> options)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly SqlClient _sql = new(machine.Processes, machine.Files);

    /// <summary>True when a service of this host has a database of MariaDB, or the host has the server.</summary>
    public bool IsUsed => Connections.Any();

    /// <summary>True when the server is on this host.</summary>
    public bool IsServer => _sql.IsInstalled;

    private IEnumerable<(string Name, Uri Url)> Connections =>
        options
            .Where(o => o.Name is "database.connection" or "api_database.connection" or "placement_database.connection")
            .Select(o => (o, Url: Uri.TryCreate(o.Value.Trim(), UriKind.Absolute, out var url) ? url : null))
            .Where(c => c.Url is { Scheme: "mysql+pymysql" or "mysql" })
            .Select(c => ($"{c.o.Exhibit.Split('/').ElementAtOrDefault(2)}.{c.o.Name.Split('.')[0]}", c.Url!))
            .DistinctBy(c => (c.Item1, c.Item2));

    /// <summary>A line for each account: whether the server accepts it for its database.</summary>
    public async Task<string> LoginsAsync(CancellationToken ct)
    {
        List<string> lines = [];
        foreach (var (name, url) in Connections)
        {
            var account = url.UserInfo.Split(':', 2);
            var user = Uri.UnescapeDataString(account[0]);
            var database = url.AbsolutePath.Trim('/');
            var port = url.Port > 0 ? url.Port : 3306;
            var result = await machine.Processes.RunAsync(
                HelperPrograms.Mariadb,
                [
                    "--no-defaults",
                    "--protocol=tcp",
                    $"--host={url.Host}",
                    $"--port={port}",
                    $"--user={user}",
                    "--connect-timeout=5",
                    "--batch",
                    "--execute=DO 0",
                    database,
                ],
                Longest,
                ct,
                // Arguments are visible to every user of the host, the environment is not.
                environment: new Dictionary<string, string?> { ["MYSQL_PWD"] = Uri.UnescapeDataString(account.ElementAtOrDefault(1) ?? "") }
            );
            var word = result.ExitCode == 0 ? "accepted" : WordOf(result.Error);
            lines.Add($"{name} {word} {user}@{url.Host}:{port}/{database}\n");
        }

        return string.Concat(lines);
    }

    /// <summary>Connections in use, and their limit.</summary>
    public async Task<string> StatusAsync(CancellationToken ct) =>
        string.Concat(
            (
                await _sql.RunAsync(["SHOW GLOBAL STATUS LIKE 'Threads_connected'", "SHOW GLOBAL VARIABLES LIKE 'max_connections'"], ct)
            ).Select(l => $"{l.Replace('\t', ' ')}\n")
        );

    /// <summary>A line for each installed service whose tables are here.</summary>
    public async Task<string> SchemasAsync(CancellationToken ct)
    {
        var kind = new SchemasKind(_sql, machine.Processes, machine.Files);
        List<SchemaSpec> asked =
        [
            .. SchemaProject
                .All.Where(p => Databases(p).Count > 0)
                .Select(p => new SchemaSpec
                {
                    Id = SchemaSpec.IdOf(p.Name),
                    Name = p.Name,
                    Project = p.Name,
                    Databases = Databases(p),
                }),
        ];
        var seen = await kind.ObserveManyAsync(asked, ct);
        return string.Concat(
            asked.Select(
                (s, i) => $"{s.Name} {Word(seen[i]?.Version)} {string.Join(", ", s.Databases!)}: {seen[i]?.Version ?? "no tables"}\n"
            )
        );
    }

    /// <summary>The mappings of Nova's cells.</summary>
    public async Task<string> CellsAsync(CancellationToken ct) =>
        string.Concat(
            (await _sql.RunAsync(["SELECT name, transport_url, database_connection FROM nova_api.cell_mappings ORDER BY id"], ct)).Select(
                l => $"{l.Replace(' ', '_').Replace('\t', ' ')}\n"
            )
        );

    /// <summary>Hosts that are mapped to cells, as the table of nova-manage, which takes half a minute on a busy host.</summary>
    public async Task<string> MappedHostsAsync(CancellationToken ct) =>
        "| Cell Name | Cell UUID | Hostname |\n"
        + string.Concat(
            (
                await _sql.RunAsync(
                    [
                        "SELECT c.name, c.uuid, h.host FROM nova_api.host_mappings h JOIN nova_api.cell_mappings c ON c.id = h.cell_id "
                            + "ORDER BY h.host",
                    ],
                    ct
                )
            ).Select(l => $"| {l.Replace("\t", " | ", StringComparison.Ordinal)} |\n")
        );

    private static string Word(string? version) =>
        version is null || version.StartsWith(SchemaSpec.Empty, StringComparison.Ordinal) ? "empty"
        : version == SchemaSpec.Current ? "current"
        : "behind";

    private List<string> Databases(SchemaProject project) =>
        [
            .. Connections
                .Where(c => project.Configuration.Any(f => f.Split('/').ElementAtOrDefault(2) == c.Name.Split('.')[0]))
                .Where(c =>
                    c.Name.Split('.')[1] == "api_database" == project.Databases.Any(d => d.EndsWith("_api", StringComparison.Ordinal))
                )
                .Select(c => c.Url.AbsolutePath.Trim('/'))
                .Distinct(),
        ];

    /// <summary>Before TLS is agreed on, the client reports the server's own error inside one of its own.</summary>
    internal static string WordOf(string error) =>
        error.Contains(": 1040 - ", StringComparison.Ordinal) || error.Contains("Too many connections", StringComparison.Ordinal)
            ? "full"
            : WordOfCode(error);

    private static string WordOfCode(string error) =>
        Code().Match(error).Groups["code"].Value switch
        {
            "1044" or "1045" or "1130" or "1698" => "denied",
            "1049" => "absent",
            "1040" or "1203" or "1226" => "full",
            "2002" or "2003" or "2005" or "2006" or "2013" => "unreachable",
            _ => "failed",
        };

    [GeneratedRegex(@"ERROR (?<code>\d{4}) ", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Code();
}
