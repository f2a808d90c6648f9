namespace Cloudlet.Machine.Processes;

/// <summary>A program of the distribution that we call.</summary>
/// <param name="Name">Its name on PATH.</param>
/// <param name="Package">The Debian package that ships it.</param>
/// <param name="Why">What we need it for.</param>
public sealed record HelperProgram(string Name, string Package, string Why);

/// <summary>The one list of helper programs that Provision calls.</summary>
public static class HelperPrograms
{
    /// <summary>Loads kernel modules by name, with their dependencies and options.</summary>
    public static HelperProgram Modprobe { get; } = new("modprobe", "kmod", "load kernel modules");

    /// <summary>Installs and removes packages.</summary>
    public static HelperProgram AptGet { get; } = new("apt-get", "apt", "install and remove packages");

    /// <summary>Tells which versions of a package the sources offer.</summary>
    public static HelperProgram AptCache { get; } = new("apt-cache", "apt", "ask which packages the sources offer");

    /// <summary>Finishes what an interrupted installation left half done.</summary>
    public static HelperProgram Dpkg { get; } = new("dpkg", "dpkg", "finish an interrupted installation");

    /// <summary>Reaches remote hosts with the user's own configuration and keys.</summary>
    public static HelperProgram Ssh { get; } = new("ssh", "openssh-client", "reach remote hosts");

    /// <summary>Boots lab hosts.</summary>
    public static HelperProgram SystemdNspawn { get; } = new("systemd-nspawn", "systemd-container", "boot lab hosts");

    /// <summary>Builds the root file system of lab hosts.</summary>
    public static HelperProgram Mmdebstrap { get; } = new("mmdebstrap", "mmdebstrap", "build lab host images");

    /// <summary>Makes the key pair of a lab.</summary>
    public static HelperProgram SshKeygen { get; } = new("ssh-keygen", "openssh-client", "make the key pair of a lab");

    /// <summary>Enters a lab host's namespaces.</summary>
    public static HelperProgram Nsenter { get; } = new("nsenter", "util-linux", "enter lab hosts");

    /// <summary>Starts a lab host in a session of its own, so that it outlives the command.</summary>
    public static HelperProgram Setsid { get; } = new("setsid", "util-linux", "start lab hosts in a session of their own");

    /// <summary>Keeps a lab host in its control group and starts it again when it reboots.</summary>
    public static HelperProgram Sh { get; } = new("sh", "dash", "keep lab hosts running across reboots");

    /// <summary>Starts a lab host as a unit of its own on machines that run systemd.</summary>
    public static HelperProgram SystemdRun { get; } = new("systemd-run", "systemd", "start lab hosts under systemd");

    /// <summary>Shows a unit as evidence, with properties that no other reader of ours needs.</summary>
    public static HelperProgram Systemctl { get; } = new("systemctl", "systemd", "collect how units are");

    /// <summary>Shows what a unit said last.</summary>
    public static HelperProgram Journalctl { get; } = new("journalctl", "systemd", "collect what units said");

    /// <summary>Shows links and addresses as evidence that a person can repeat.</summary>
    public static HelperProgram Ip { get; } = new("ip", "iproute2", "collect links and addresses");

    /// <summary>Shows which hosts are mapped to cells, which no API tells.</summary>
    public static HelperProgram NovaManage { get; } = new("nova-manage", "nova-common", "collect which hosts are mapped to cells");

    /// <summary>Lists the options that an installed release of an OpenStack service knows.</summary>
    public static HelperProgram OsloConfigGenerator { get; } = new("oslo-config-generator", "python3-oslo.config", "ask which options the installed release of a service knows");

    /// <summary>Runs a program of an image in the image, so that this machine need not have it.</summary>
    public static HelperProgram Chroot { get; } = new("chroot", "coreutils", "run programs of a guest's image");

    /// <summary>Makes the file system of a guest's disk out of a folder.</summary>
    public static HelperProgram MakeFileSystem { get; } = new("mke2fs", "e2fsprogs", "make the file system of a guest's disk");

    /// <summary>Makes a disk image out of a disk.</summary>
    public static HelperProgram QemuImg { get; } = new("qemu-img", "qemu-utils", "make disk images");

    /// <summary>Every helper program, for documentation and for the check of what is missing.</summary>
    public static IReadOnlyList<HelperProgram> All { get; } =
        [Modprobe, AptGet, AptCache, Dpkg, Ssh, SystemdNspawn, Mmdebstrap, SshKeygen, Nsenter, Setsid, Sh, SystemdRun, Systemctl, Journalctl, Ip, NovaManage, OsloConfigGenerator, Chroot, MakeFileSystem, QemuImg];
}
