namespace Cloudlet.Machine.Processes;

/// <summary>A program of the distribution that we call.</summary>
/// <param name="Name">Its name on PATH.</param>
/// <param name="Package">The Debian package that ships it.</param>
/// <param name="Why">What it is needed for, as message.</param>
public sealed record HelperProgram(string Name, string Package, string Why)
{
    /// <summary>
    /// Whether it runs in process and mount namespaces of its own, so that nothing that it started or mounted outlives it, however it ends.
    /// Needs root.
    /// </summary>
    public bool IsIsolated { get; init; }
}

/// <summary>All helper programs that Provision runs.</summary>
public static class HelperPrograms
{
    /// <summary>Loads kernel modules by name, with their dependencies and options.</summary>
    public static HelperProgram Modprobe { get; } = new("modprobe", "kmod", "load kernel modules");

    /// <summary>Installs and removes packages.</summary>
    public static HelperProgram AptGet { get; } = new("apt-get", "apt", "install and remove packages");

    /// <summary>Lists the versions of a package that the sources offer.</summary>
    public static HelperProgram AptCache { get; } = new("apt-cache", "apt", "list the packages that the sources offer");

    /// <summary>Finishes an interrupted installation.</summary>
    public static HelperProgram Dpkg { get; } = new("dpkg", "dpkg", "finish an interrupted installation");

    /// <summary>Records which units of a package are enabled, so that its next version changes nothing about it.</summary>
    public static HelperProgram DebSystemdHelper { get; } =
        new("deb-systemd-helper", "init-system-helpers", "record which units of a package are enabled");

    /// <summary>Reaches remote hosts with the user's own configuration and keys.</summary>
    public static HelperProgram Ssh { get; } = new("ssh", "openssh-client", "reach remote hosts");

    /// <summary>Boots lab hosts.</summary>
    public static HelperProgram SystemdNspawn { get; } = new("systemd-nspawn", "systemd-container", "boot lab hosts");

    /// <summary>Builds the root file system of lab hosts.</summary>
    public static HelperProgram Mmdebstrap { get; } = new("mmdebstrap", "mmdebstrap", "build lab host images") { IsIsolated = true };

    /// <summary>Gives a program its own namespaces.</summary>
    public static HelperProgram Unshare { get; } = new("unshare", "util-linux", "end the build of an image with all that it mounted");

    /// <summary>Copies the system that lab host images are made from, with owners, links and attributes.</summary>
    public static HelperProgram Copy { get; } = new("cp", "coreutils", "copy the base of lab host images");

    /// <summary>Makes the key pair of a lab.</summary>
    public static HelperProgram SshKeygen { get; } = new("ssh-keygen", "openssh-client", "make the key pair of a lab");

    /// <summary>Enters a lab host's namespaces.</summary>
    public static HelperProgram Nsenter { get; } = new("nsenter", "util-linux", "enter lab hosts");

    /// <summary>Starts a lab host in a new session, so that it outlives the command.</summary>
    public static HelperProgram Setsid { get; } = new("setsid", "util-linux", "start lab hosts in a new session");

    /// <summary>Keeps a lab host in its control group and restarts it when it reboots; fetches packages into a folder.</summary>
    public static HelperProgram Sh { get; } = new("sh", "dash", "keep lab hosts running across reboots, and fetch packages");

    /// <summary>Starts a lab host as a transient unit on machines that run systemd.</summary>
    public static HelperProgram SystemdRun { get; } = new("systemd-run", "systemd", "start lab hosts under systemd");

    /// <summary>Shows a unit as evidence, with properties that we do not read over D-Bus.</summary>
    public static HelperProgram Systemctl { get; } = new("systemctl", "systemd", "collect the state of units");

    /// <summary>Shows the last messages of a unit.</summary>
    public static HelperProgram Journalctl { get; } = new("journalctl", "systemd", "collect the messages of units");

    /// <summary>Shows links and addresses as evidence, by a command that the user can repeat.</summary>
    public static HelperProgram Ip { get; } = new("ip", "iproute2", "collect links and addresses");

    /// <summary>Shows which hosts are mapped to cells, which no API reports.</summary>
    public static HelperProgram NovaManage { get; } = new("nova-manage", "nova-common", "collect the mapping of hosts to cells");

    /// <summary>Lists the options of the installed release of an OpenStack service.</summary>
    public static HelperProgram OsloConfigGenerator { get; } =
        new("oslo-config-generator", "python3-oslo.config", "list the options of the installed release of a service");

    /// <summary>Reads and changes the databases and accounts of the host's MariaDB.</summary>
    public static HelperProgram Mariadb { get; } = new("mariadb", "mariadb-client", "read and change databases and their accounts");

    /// <summary>Creates, changes and removes accounts of the host's message broker.</summary>
    public static HelperProgram Rabbitmqctl { get; } = new("rabbitmqctl", "rabbitmq-server", "change accounts of the message broker");

    /// <summary>Runs the command of a service as the service's user.</summary>
    public static HelperProgram Runuser { get; } = new("runuser", "util-linux", "run commands of services as their users");

    /// <summary>Runs a program of an image in the image, so that this machine does not need it.</summary>
    public static HelperProgram Chroot { get; } = new("chroot", "coreutils", "run programs of a guest's image");

    /// <summary>Makes the file system of a guest's disk from a folder.</summary>
    public static HelperProgram MakeFileSystem { get; } = new("mke2fs", "e2fsprogs", "make the file system of a guest's disk");

    /// <summary>Orders the modules of a kernel that is not installed.</summary>
    public static HelperProgram Depmod { get; } = new("depmod", "kmod", "order the modules of a guest's kernel");

    /// <summary>Lists the chassis that OVN knows.</summary>
    public static HelperProgram OvnSbctl { get; } = new("ovn-sbctl", "ovn-common", "collect the chassis of OVN");

    /// <summary>Makes a disk image from a disk.</summary>
    public static HelperProgram QemuImg { get; } = new("qemu-img", "qemu-utils", "make disk images");

    /// <summary>Every helper program, for documentation and for the check for missing ones.</summary>
    public static IReadOnlyList<HelperProgram> All { get; } =
    [
        Modprobe,
        AptGet,
        AptCache,
        Dpkg,
        DebSystemdHelper,
        Ssh,
        SystemdNspawn,
        Mmdebstrap,
        Unshare,
        Copy,
        SshKeygen,
        Nsenter,
        Setsid,
        Sh,
        SystemdRun,
        Systemctl,
        Journalctl,
        Ip,
        NovaManage,
        OsloConfigGenerator,
        Mariadb,
        Rabbitmqctl,
        Runuser,
        Chroot,
        MakeFileSystem,
        Depmod,
        QemuImg,
        OvnSbctl,
    ];
}
