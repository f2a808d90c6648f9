namespace Cloudlet.Lab.Images;

/// <summary>
/// Packages and hooks of <see cref="Model.LabFlavor.Nova"/>. Databases are created with the image, which takes nova-manage half a minute,
/// so that a host runs a server some seconds after its site was applied.
/// </summary>
internal static class NovaImage
{
    /// <summary>Debian packages. The WSGI services run under uwsgi.</summary>
    public static IReadOnlyList<string> Packages { get; } =
    [
        "nova-api",
        "nova-conductor",
        "nova-scheduler",
        "nova-compute",
        "nova-compute-qemu",
        "placement-api",
        "glance-api",
        "rabbitmq-server",
        "uwsgi-core",
        "uwsgi-plugin-python3",
        "sqlite3",
        "python3-oslo.reports",
        "curl",
        "neutron-linuxbridge-agent",
        "libfaketime",
    ];

    private static readonly string[] Units =
    [
        "nova-api",
        "nova-api-metadata",
        "nova-conductor",
        "nova-scheduler",
        "nova-compute",
        "nova-compute-qemu",
        "placement-api",
        "glance-api",
        "neutron-linuxbridge-agent",
        "rabbitmq-server",
        "epmd",
        "epmd.socket",
        "libvirtd",
        "libvirtd.socket",
        "virtlogd",
        "virtlockd",
        "open-iscsi",
        "iscsid",
        "iscsid.socket",
        "systemd-networkd-wait-online",
    ];

    /// <summary>Commands for mmdebstrap's customize hooks; the image's root is <c>$1</c>.</summary>
    public static IReadOnlyList<string> Hooks =>
        [
            $"for u in {string.Join(' ', Units)}; do chroot \"$1\" systemctl disable -q $u 2>/dev/null || true; done",
            $"cat >\"$1\"/root/prepare <<'END'\n{Prepare}\nEND\nchroot \"$1\" sh -eu /root/prepare && rm \"$1\"/root/prepare",
        ];

    /// <summary>
    /// Cell mappings are templates: they take the address and password of the broker from nova.conf. Sources of the steps: nova's
    /// installation guide for Debian, cells guide ("Template URLs in cell mappings").
    /// </summary>
    private const string Prepare = """
        conf=$(mktemp -d); trap 'rm -rf $conf' EXIT
        cat >$conf/nova.conf <<CONF
        [DEFAULT]
        transport_url = rabbit://nova:none@127.0.0.1:5672/
        log_dir =
        [api_database]
        connection = sqlite:////var/lib/nova/nova_api.sqlite
        [database]
        connection = sqlite:////var/lib/nova/nova.sqlite
        CONF
        printf '[placement_database]\nconnection = sqlite:////var/lib/placement/placement.sqlite\n' >$conf/placement.conf
        printf '[database]\nconnection = sqlite:////var/lib/glance/glance.sqlite\n' >$conf/glance.conf
        url='{scheme}://{username}:{password}@{hostname}:{port}/{path}?{query}'
        nova() { nova-manage --config-file $conf/nova.conf "$@"; }
        rm -f /var/lib/nova/*.sqlite /var/lib/placement/*.sqlite /var/lib/glance/*.sqlite
        mkdir -p /var/lib/placement
        nova api_db sync
        nova cell_v2 map_cell0 --database_connection sqlite:////var/lib/nova/nova_cell0.sqlite
        nova cell_v2 create_cell --name cell1 --transport-url "$url" --database_connection sqlite:////var/lib/nova/nova.sqlite
        nova db sync
        placement-manage --config-file $conf/placement.conf db sync
        glance-manage --config-file $conf/glance.conf db_sync
        for db in /var/lib/nova/*.sqlite /var/lib/placement/*.sqlite /var/lib/glance/*.sqlite; do sqlite3 $db 'PRAGMA journal_mode=WAL' >/dev/null; done
        chown nova:nova /var/lib/nova/*.sqlite*; chown -R placement:placement /var/lib/placement; chown glance:glance /var/lib/glance/*.sqlite*
        rm -f /var/log/nova/* /var/log/glance/* /var/log/placement/*
        """;
}
