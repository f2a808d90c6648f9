using Cloudlet.Lab;
using Cloudlet.Lab.Hosts;

namespace Cloudlet.Guest.Tests.Guests;

/// <summary>What makes the root of a lab container the root of a guest.</summary>
internal static class GuestSeed
{
    /// <summary>Name of every guest; each has a disk and a network of its own.</summary>
    public const string Name = "edge-1";

    /// <summary>The first address of QEMU's user network, where it forwards ports to.</summary>
    private const string Address = "10.0.2.15";

    /// <summary>Cost seconds of a boot without hardware virtualization, and nothing here depends on them.</summary>
    private static readonly string[] s_masked =
    [
        "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service", "fstrim.timer", "getty@tty1.service", "serial-getty@ttyS0.service",
        "systemd-binfmt.service", "systemd-logind.service", "systemd-network-generator.service", "systemd-pcrphase.service", "systemd-pcrphase-sysinit.service",
        "systemd-pstore.service", "systemd-repart.service", "systemd-update-utmp.service", "systemd-update-utmp-runlevel.service",
        "dev-hugepages.mount", "dev-mqueue.mount", "proc-sys-fs-binfmt_misc.automount", "sys-fs-fuse-connections.mount",
        "sys-kernel-config.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount",
    ];

    /// <summary>
    /// networkd manages host0 and nothing else, as in a container. Who else configures links at boot is for the site to say: networking.service is installed and off,
    /// and nobody waits for a network that no site has asked to wait for.
    /// </summary>
    private static readonly string[] s_removed =
    [
        "etc/systemd/system/multi-user.target.wants/networking.service", "etc/systemd/system/network-online.target.wants/networking.service",
        "etc/systemd/system/network-online.target.wants/systemd-networkd-wait-online.service",
    ];

    /// <summary>The card has the name that the lab's configuration gives an address to.</summary>
    private const string CardName = "[Match]\nOriginalName=eth0\n\n[Link]\nName=host0\n";

    /// <summary>A login is a shell and nothing more: sessions of systemd-logind, with a manager of their own, cost seconds each.</summary>
    private const string Login = "UsePAM no\n";

    /// <summary>All of it in words, for the digest of the image.</summary>
    public static string Text { get; } = string.Join('\n', [Name, Address, CardName, Login, .. s_masked, .. s_removed]);

    /// <summary>Writes it below <paramref name="root"/>.</summary>
    /// <param name="root">A mounted root in which nothing runs.</param>
    /// <param name="authorizedKey">Who may log in as root.</param>
    /// <param name="hostKey">Private key of the host; its public half is beside it.</param>
    public static void Write(string root, string authorizedKey, string hostKey)
    {
        HostSeed.Write(root, new LabHostSpec(Name), Address, authorizedKey);
        File.WriteAllText(Path.Combine(root, "etc/systemd/network/10-lab-host0.link"), CardName);
        File.WriteAllText(Path.Combine(root, "etc/ssh/sshd_config.d/lab-login.conf"), Login);
        var key = Path.Combine(root, "etc/ssh/ssh_host_ed25519_key");
        File.Copy(hostKey, key);
        File.Copy(hostKey + ".pub", key + ".pub");
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        foreach (var unit in s_masked)
            File.CreateSymbolicLink(Path.Combine(root, "etc/systemd/system", unit), "/dev/null");
        foreach (var link in s_removed)
            File.Delete(Path.Combine(root, link));
    }
}
