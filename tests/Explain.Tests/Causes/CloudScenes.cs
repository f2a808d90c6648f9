using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;

namespace Cloudlet.Explain.Tests.Causes;

/// <summary>Hosts of a whole cloud, each with one thing broken.</summary>
internal static class CloudScenes
{
    private const string Metadata = "neutron-ovn-metadata-agent.service";
    private const string Keystone = "keystone.service";
    private const string Image = "2a3d15e2-27bd-4da2-bf9d-a04ee4e3b12c";
    private const string Chassis = "edge-1,edge-1,datapath-type=netdev ovn-bridge-mappings=physnet1:br-physnet1";

    private const string Switch =
        "socket nova 770\nsystem-id edge-1\nhostname edge-1\novn-remote unix:/run/ovn/ovnsb_db.sock\nmapping "
        + "physnet1:br-physnet1\nbridge br-int\nbridge br-physnet1\n";

    private const string Endpoints = "identity/internal 200 http://10.80.0.1:5000/v3\nimage/internal 300 http://10.80.0.1:9292\n";
    private const string Accepted = "nova accepted /etc/nova/nova.conf:keystone_authtoken\n";

    private const string Denied =
        "AMQP server on 10.80.0.1:5672 is unreachable: Connection.open: (530) NOT_ALLOWED - access to vhost '/' refused";

    /// <summary>A cloud on which nothing is wrong.</summary>
    public static Scene Healthy() =>
        new Scene()
            .NovaConf("my_ip = 10.80.0.1", "[os_vif_ovs]", "ovsdb_connection = unix:/run/openvswitch/db.sock")
            .Set(ExhibitIds.Logins, Accepted)
            .Set(ExhibitIds.Endpoints, Endpoints)
            .Set(ExhibitIds.Databases, "glance.database accepted glance@127.0.0.1:3306/glance\n")
            .Set(ExhibitIds.DatabaseStatus, "Threads_connected 32\nmax_connections 151\n")
            .Set(ExhibitIds.Schemas, "glance current glance: current\n")
            .Set(ExhibitIds.Disks, "/ 50000000000 100000000000\n")
            .Set(ExhibitIds.Caches, "127.0.0.1:11211 open\n")
            .Set(ExhibitIds.Metadata, "api 200 http://127.0.0.1:8775\nshared same\n")
            .Set(ExhibitIds.Switch, Switch)
            .Set(ExhibitIds.Chassis, Chassis)
            .Set(
                ExhibitIds.Cells,
                "cell1 {scheme}://{username}@{hostname} {scheme}://{hostname}/nova\ncell0 none:/// mysql://h/nova_cell0\n"
            )
            .Unit(Keystone)
            .Unit(Metadata)
            .Unit("glance-api.service");

    public static readonly IReadOnlyList<(string Name, CauseKind Cause, Func<Scene> Make)> All =
    [
        (
            "Keystone refuses nova, so Nova's API answers 503",
            CauseKind.AccountRefused,
            () =>
                With(ExhibitIds.Logins, "nova denied /etc/nova/nova.conf:keystone_authtoken\nglance accepted f:s\n")
                    .Busy(ExhibitIds.Services)
        ),
        ("Keystone does not run", CauseKind.IdentityDown, () => Healthy().Failed(Keystone).Without(ExhibitIds.Endpoints)),
        (
            "nobody can reach Keystone",
            CauseKind.IdentityDown,
            () =>
                With(ExhibitIds.Logins, "nova unreachable f:s\nglance unreachable f:s\n")
                    .Without(ExhibitIds.Endpoints)
                    .Dead(ExhibitIds.Providers)
        ),
        (
            "an endpoint has another port",
            CauseKind.CatalogWrong,
            () => With(ExhibitIds.Endpoints, "image/internal refused http://10.80.0.1:9293\nimage/public 300 http://10.80.0.1:9292\n")
        ),
        ("the catalog lacks a service", CauseKind.CatalogWrong, () => With(ExhibitIds.Endpoints, Endpoints + "network/any absent -\n")),
        (
            "an endpoint does not answer",
            CauseKind.EndpointUnreachable,
            () => With(ExhibitIds.Endpoints, "image/internal timeout http://h:9292\n")
        ),
        (
            "Glance was stopped",
            CauseKind.UnitDown,
            () => With(ExhibitIds.Endpoints, "image/internal refused http://h:9292\n").Unit("glance-api.service", "inactive", "dead")
        ),
        (
            "Glance's process was stopped by a signal",
            CauseKind.ProcessStopped,
            () =>
                With(ExhibitIds.Endpoints, "image/internal timeout http://h:9292\n")
                    .Set(ExhibitIds.Process("glance-api.service"), "State:\tT (stopped)\n")
        ),
        (
            "MariaDB does not run",
            CauseKind.DatabaseDown,
            () =>
                With(ExhibitIds.Databases, "glance.database unreachable glance@127.0.0.1:3306/glance\n")
                    .Failed("mariadb.service")
                    .Set(ExhibitIds.Logins, "nova unreachable f:s\n")
                    .Dead(ExhibitIds.Services)
        ),
        (
            "MariaDB refuses an account",
            CauseKind.DatabaseRefused,
            () => With(ExhibitIds.Databases, "glance.database denied glance@h:3306/glance\n")
        ),
        (
            "a database is gone",
            CauseKind.DatabaseRefused,
            () => With(ExhibitIds.Databases, "glance.database absent glance@h:3306/glance\n")
        ),
        (
            "MariaDB has no connections left",
            CauseKind.ConnectionsExhausted,
            () => With(ExhibitIds.DatabaseStatus, "Threads_connected 152\nmax_connections 151\n")
        ),
        (
            "a package is newer than its tables",
            CauseKind.SchemaBehind,
            () => With(ExhibitIds.Schemas, "glance behind glance: glance is at a\n")
        ),
        ("a disk is full", CauseKind.DiskFull, () => With(ExhibitIds.Disks, "/var/lib/mysql 4096 100000000000\n")),
        ("the cache does not run", CauseKind.CacheAway, () => With(ExhibitIds.Caches, "127.0.0.1:11211 refused\n")),
        (
            "a certificate has expired",
            CauseKind.CertificateExpired,
            () =>
                With(ExhibitIds.Certificates, "10.80.0.1:9292 2025-01-01T00:00:00Z 2026-01-01T00:00:00Z\n")
                    .Set(ExhibitIds.Endpoints, "image/internal untrusted https://10.80.0.1:9292\n")
        ),
        (
            "the broker denies the virtual host",
            CauseKind.BrokerPermission,
            () => Healthy().Log(Scene.Line("ERROR", "oslo.messaging._drivers.impl_rabbit", Denied)).Services(state: "down")
        ),
        (
            "a cell has another broker",
            CauseKind.CellWrong,
            () => With(ExhibitIds.Cells, "cell1 rabbit://10.80.0.9:5672/ {scheme}://h/nova\n")
        ),
        (
            "OVN has two chassis for the host",
            CauseKind.HostTwice,
            () => With(ExhibitIds.Chassis, $"{Chassis}\nold,edge-1,ovn-bridge-mappings=physnet1:br-physnet1\n")
        ),
        (
            "the southbound database does not answer",
            CauseKind.SouthboundUnreachable,
            () =>
                Healthy()
                    .Set(new Exhibit(ExhibitIds.Chassis, "by hand", Scene.Noon) { ExitStatus = 1, Text = "database connection failed" })
        ),
        ("OVN has no chassis for the host", CauseKind.ChassisMissing, () => With(ExhibitIds.Chassis, "edge-2,edge-2,\n")),
        (
            "the chassis has another host name",
            CauseKind.ChassisRenamed,
            () => With(ExhibitIds.Chassis, Chassis.Replace(",edge-1,", ",edge-9,"))
        ),
        (
            "the bridge of a physical network is gone",
            CauseKind.MappingMissing,
            () => With(ExhibitIds.Switch, Switch.Replace("bridge br-physnet1\n", "", StringComparison.Ordinal))
        ),
        ("the chassis does not tell its physical network", CauseKind.MappingMissing, () => With(ExhibitIds.Chassis, "edge-1,edge-1,\n")),
        (
            "Nova may not use the switch",
            CauseKind.SwitchDenied,
            () => With(ExhibitIds.Switch, Switch.Replace("socket nova", "socket root"))
        ),
        (
            "a port could not be bound",
            CauseKind.BindingFailed,
            () => With(ExhibitIds.Ports, """{"ports": [{"id": "p", "binding:vif_type": "binding_failed", "status": "DOWN"}]}""")
        ),
        ("the metadata agent does not run", CauseKind.MetadataUnreachable, () => Healthy().Failed(Metadata)),
        (
            "agent and Nova share no word",
            CauseKind.MetadataUnreachable,
            () => With(ExhibitIds.Metadata, "api 200 http://h:8775\nshared different\n")
        ),
        ("a port has no address", CauseKind.AddressMissing, () => With(ExhibitIds.Ports, """{"ports": [{"id": "p", "fixed_ips": []}]}""")),
        (
            "a network has no addresses left",
            CauseKind.AddressesExhausted,
            () =>
                With(
                    ExhibitIds.Availability,
                    """{"network_ip_availabilities": [{"network_name": "small", "total_ips": 2, "used_ips": 2}]}"""
                )
        ),
        (
            "a subnet has no DHCP",
            CauseKind.DhcpOff,
            () =>
                With(ExhibitIds.Ports, """{"ports": [{"id": "p", "fixed_ips": [{"subnet_id": "s"}]}]}""")
                    .Set(ExhibitIds.Subnets, """{"subnets": [{"id": "s", "name": "inside", "enable_dhcp": false}]}""")
        ),
        (
            "a quota is used",
            CauseKind.QuotaExhausted,
            () => With(ExhibitIds.Quota("p"), """{"quota_set": {"instances": {"limit": 10, "in_use": 10, "reserved": 0}}}""")
        ),
        (
            "the image was deleted",
            CauseKind.ImageMissing,
            () => Healthy().Fault($"Image {Image} could not be found.").Set(Answer(ExhibitIds.Image(Image), 404))
        ),
        (
            "the image was taken out of use",
            CauseKind.ImageUnusable,
            () => With(ExhibitIds.Image(Image), """{"id": "i", "status": "deactivated"}""")
        ),
        (
            "Nova does not accept the image",
            CauseKind.ImageUnusable,
            () => Healthy().Fault($"Image {Image} is unacceptable: Image content does not match disk_format")
        ),
        (
            "an account is disabled",
            CauseKind.LoginUnusable,
            () => With(ExhibitIds.Account("kim"), """{"users": [{"name": "kim", "enabled": false}]}""")
        ),
        (
            "an account has no role",
            CauseKind.LoginUnusable,
            () =>
                With(ExhibitIds.Account("kim"), """{"users": [{"name": "kim", "enabled": true}]}""")
                    .Set(ExhibitIds.Roles("kim"), """{"role_assignments": []}""")
        ),
    ];

    private static Scene With(string id, string text) => Healthy().Set(id, text);

    private static Scene Busy(this Scene scene, string id) => scene.Set(Answer(id, 503));

    private static Exhibit Answer(string id, int status) => new(id, "by hand", Scene.Noon) { HttpStatus = status };
}
