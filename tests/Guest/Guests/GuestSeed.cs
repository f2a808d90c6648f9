using Cloudlet.Lab.Guests;
using Cloudlet.Lab.Hosts;
using Cloudlet.Lab.Model;

namespace Cloudlet.Guest.Tests.Guests;

/// <summary>Turns the root of a lab container into the root of a guest.</summary>
internal static class GuestSeed
{
    /// <summary>Name of every guest; each has a disk and a network of its own.</summary>
    public const string Name = "edge-1";

    /// <summary>The first address of QEMU's user network, to which it forwards ports.</summary>
    private const string Address = "10.0.2.15";

    private static readonly string[] Masked = [.. GuestDiskSeed.Costly, "serial-getty@ttyS0.service", "systemd-logind.service"];

    /// <summary>
    /// networkd manages only host0, as in a container. The site decides what else configures links at boot: networking.service is installed
    /// and disabled, and nothing waits for a network unless a site asks for that.
    /// </summary>
    private static readonly string[] Removed =
    [
        "etc/systemd/system/multi-user.target.wants/networking.service",
        "etc/systemd/system/network-online.target.wants/networking.service",
        "etc/systemd/system/network-online.target.wants/systemd-networkd-wait-online.service",
    ];

    /// <summary>The card has the name to which the lab's configuration gives an address.</summary>
    private const string CardName = "[Match]\nOriginalName=eth0\n\n[Link]\nName=host0\n";

    /// <summary>A login is only a shell: sessions of systemd-logind, each with its own manager, cost seconds.</summary>
    private const string Login = "UsePAM no\n";

    /// <summary>All settings as text, for the digest of the image.</summary>
    public static string Text { get; } = string.Join('\n', [Name, Address, CardName, Login, .. Masked, .. Removed]);

    /// <summary>Writes the files below <paramref name="root"/>.</summary>
    /// <param name="root">A mounted root in which nothing runs.</param>
    /// <param name="authorizedKey">Public key that may log in as root.</param>
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
        foreach (var unit in Masked)
            File.CreateSymbolicLink(Path.Combine(root, "etc/systemd/system", unit), "/dev/null");
        foreach (var link in Removed)
            File.Delete(Path.Combine(root, link));
    }
}
