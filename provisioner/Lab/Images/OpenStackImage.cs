namespace Cloudlet.Lab.Images;

/// <summary>
/// Packages and hooks of <see cref="Model.LabFlavor.OpenStack"/>: what the roles of section <c>openstack</c> install, so that a lab host
/// becomes a cloud without the network. Nothing is configured, no database exists, and nothing is enabled.
/// </summary>
internal static class OpenStackImage
{
    /// <summary>
    /// Debian packages: those of the roles, a kernel for a guest, and programs with which tests look from outside.
    /// </summary>
    public static IReadOnlyList<string> Packages { get; } =
    [
        "mariadb-server",
        "rabbitmq-server",
        "memcached",
        "python3-memcache",
        "python3-pymysql",
        "chrony",
        "keystone",
        "glance-api",
        "placement-api",
        "nova-api",
        "nova-conductor",
        "nova-scheduler",
        "nova-compute",
        "nova-compute-kvm",
        "nova-consoleproxy",
        "neutron-common",
        "neutron-ovn-metadata-agent",
        "ovn-central",
        "ovn-host",
        "openvswitch-switch",
        "haproxy",
        "iptables",
        "openstack-dashboard",
        "uwsgi-core",
        "uwsgi-plugin-python3",
        "python3-oslo.reports",
        "linux-image-cloud-amd64",
        "busybox-static",
        "python3-openstackclient",
        "curl",
        "iputils-ping",
        "tcpdump",
    ];

    // What the packages enable, besides services that every machine has.
    private static readonly string[] Units =
    [
        "mariadb",
        "rabbitmq-server",
        "epmd",
        "epmd.socket",
        "memcached",
        "chrony",
        "keystone",
        "glance-api",
        "placement-api",
        "nova-api",
        "nova-api-metadata",
        "nova-conductor",
        "nova-scheduler",
        "nova-compute",
        "nova-novncproxy",
        "nova-spicehtml5proxy",
        "nova-serialproxy",
        "nova-xenvncproxy",
        "neutron-ovn-metadata-agent",
        "ovn-central",
        "ovn-host",
        "ovn-controller",
        "ovn-northd",
        "ovn-ovsdb-server-nb",
        "ovn-ovsdb-server-sb",
        "openvswitch-switch",
        "haproxy",
        "libvirtd",
        "libvirtd.socket",
        "libvirt-guests",
        "virtlogd",
        "virtlockd",
        "open-iscsi",
        "iscsid",
        "iscsid.socket",
        "systemd-networkd-wait-online",
    ];

    /// <summary>Commands for mmdebstrap's customize hooks; the image's root is <c>$1</c>.</summary>
    public static IReadOnlyList<string> Hooks { get; } =
    [
        $"for u in {string.Join(' ', Units)}; do chroot \"$1\" systemctl disable -q $u 2>/dev/null || true; done",
        // The initial file system of a kernel that the host does not boot.
        "rm -f \"$1\"/boot/initrd.img-*",
    ];
}
