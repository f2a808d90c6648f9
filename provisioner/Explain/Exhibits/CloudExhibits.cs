namespace Cloudlet.Explain.Exhibits;

/// <summary>Exhibits of a cloud beyond Nova's compute hosts. A host that has none of it gives none of them.</summary>
internal static class CloudExhibits
{
    private const string Json = "JSON of the answer";
    private const string Lines = "lines `NAME RESULT [words]`";

    public static IReadOnlyList<ExhibitRequest> All { get; } =
    [
        new(
            ExhibitIds.Logins,
            "POST keystone /v3/auth/tokens, without a project, with each account that the configuration names",
            $"{Lines}: the account; accepted, denied, unreachable, timeout or failed; file and section",
            "hosts with an account in their configuration"
        ),
        new(
            ExhibitIds.Endpoints,
            "GET of each URL in the catalog",
            $"{Lines}: TYPE/INTERFACE; the HTTP status, refused, timeout, unreachable, unresolved or absent; the URL"
        ),
        new(
            ExhibitIds.Certificates,
            "a TLS connection to each URL in the catalog with https",
            $"{Lines}: HOST:PORT, and between which two times the certificate is valid"
        ),
        new(
            ExhibitIds.Databases,
            "mariadb --execute='DO 0' with each account of a `connection`",
            $"{Lines}: PROJECT.SECTION; accepted, denied, absent, full, unreachable, timeout or failed; USER@HOST/DATABASE"
        ),
        new(
            ExhibitIds.DatabaseStatus,
            "mariadb --execute=\"SHOW STATUS LIKE 'Threads_connected'; SHOW VARIABLES LIKE 'max_connections'\"",
            $"{Lines}: the name and the number"
        ),
        new(
            ExhibitIds.Schemas,
            "cloudlet verify; the migrations of each installed service beside its table alembic_version",
            $"{Lines}: the project; current, behind or empty; what differs"
        ),
        new(ExhibitIds.Disks, "df --block-size=1 of the folders that the cloud writes to", $"{Lines}: the folder; free and all bytes"),
        new(
            ExhibitIds.Caches,
            "a TCP connection to each of memcached_servers, closed at once",
            $"{Lines}: HOST:PORT; open, refused, timeout, unreachable or unresolved"
        ),
        new(
            ExhibitIds.Metadata,
            "GET of Nova's API for metadata; the word that it shares with the agent, compared",
            $"{Lines}: `api STATUS URL`; `shared same` or `shared different`"
        ),
        new(
            ExhibitIds.Switch,
            "ovs-vsctl list Open_vSwitch; ovs-vsctl list-br; stat /run/openvswitch/db.sock",
            $"{Lines}: settings that OVN uses, `mapping NETWORK:BRIDGE`, `bridge NAME`, `socket GROUP MODE`"
        ),
        new(
            ExhibitIds.Chassis,
            "ovn-sbctl --format=csv --data=bare --no-headings --columns=name,hostname,external_ids list Chassis",
            "its output"
        ),
        new(
            ExhibitIds.Cells,
            "the table cell_mappings of nova_api",
            $"{Lines}: the cell, its transport_url and its database_connection, without accounts"
        ),
        new(ExhibitIds.Ports, "GET neutron /v2.0/ports", Json, "the ports of that server, or the port that was asked about"),
        new(ExhibitIds.Subnets, "GET neutron /v2.0/subnets", Json),
        new(ExhibitIds.Availability, "GET neutron /v2.0/network-ip-availabilities", Json),
        new(ExhibitIds.Image("ID"), "GET glance /v2/images/ID", Json, "the image of that server, its kernel and its ramdisk"),
        new(ExhibitIds.Quota("ID"), "GET nova /os-quota-sets/ID/detail", Json, "each project, at most 16"),
        new(ExhibitIds.Account("NAME"), "GET keystone /v3/users?name=NAME", Json, "the account that was asked about"),
        new(ExhibitIds.Roles("NAME"), "GET keystone /v3/role_assignments?user.id=ID", Json, "the same"),
    ];
}
