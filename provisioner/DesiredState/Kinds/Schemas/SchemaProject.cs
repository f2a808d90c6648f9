namespace Cloudlet.DesiredState.Kinds.Schemas;

/// <summary>A service of OpenStack that keeps its data in tables which Alembic migrates.</summary>
/// <param name="Name">Its word in a site file; Nova has two schemas.</param>
/// <param name="User">The user that its commands run as: files that they create belong to the service.</param>
/// <param name="Configuration">The files that name its databases.</param>
/// <param name="Migrations">Folder of its migrations, below the folder of Debian's Python packages.</param>
/// <param name="Command">The command that migrates its tables, and creates them.</param>
/// <param name="Databases">Usual names of its databases.</param>
public sealed record SchemaProject(
    string Name,
    string User,
    IReadOnlyList<string> Configuration,
    string Migrations,
    IReadOnlyList<string> Command,
    IReadOnlyList<string> Databases
)
{
    /// <summary>Word of the kind that says which cells Nova's command finds: tables of cells come after it.</summary>
    public const string Cells = "nova-cell";

    private const string Nova = "/etc/nova/nova.conf";
    private const string Neutron = "/etc/neutron/neutron.conf";
    private const string Ml2 = "/etc/neutron/plugins/ml2/ml2_conf.ini";

    /// <summary>Every project, in the order of their names.</summary>
    public static IReadOnlyList<SchemaProject> All { get; } =
    [
        new(
            "glance",
            "glance",
            ["/etc/glance/glance-api.conf"],
            "glance/db/sqlalchemy/alembic_migrations/versions",
            ["glance-manage", "db_sync"],
            ["glance"]
        ),
        new(
            "keystone",
            "keystone",
            ["/etc/keystone/keystone.conf"],
            "keystone/common/sql/migrations/versions",
            ["keystone-manage", "db_sync"],
            ["keystone"]
        ),
        new(
            "neutron",
            "neutron",
            [Neutron, Ml2],
            "neutron/db/migration/alembic_migrations/versions",
            ["neutron-db-manage", "--config-file", Neutron, "--config-file", Ml2, "upgrade", "heads"],
            ["neutron"]
        ),
        new("nova", "nova", [Nova], "nova/db/main/migrations/versions", ["nova-manage", "db", "sync"], ["nova", "nova_cell0"]),
        new("nova-api", "nova", [Nova], "nova/db/api/migrations/versions", ["nova-manage", "api_db", "sync"], ["nova_api"]),
        new(
            "placement",
            "placement",
            ["/etc/placement/placement.conf"],
            "placement/db/sqlalchemy/alembic/versions",
            ["placement-manage", "db", "sync"],
            ["placement"]
        ),
    ];

    /// <summary>The project with a name, or null.</summary>
    public static SchemaProject? Find(string? name) => All.FirstOrDefault(p => p.Name == name);
}
