using Cloudlet.Lab.Model;

namespace Cloudlet.Lab.Hosts;

/// <summary>Writes the identity of a host into a new root: name, machine id, management address and ssh keys.</summary>
internal static class HostSeed
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes the files. <paramref name="root"/> has to be mounted, without running processes.</summary>
    public static void Write(string root, LabHostSpec spec, string address, string authorizedKey)
    {
        WriteFile(root, "etc/hostname", $"{spec.Name}\n");
        WriteFile(root, "etc/hosts", $"127.0.0.1 localhost\n127.0.1.1 {spec.Name}\n::1 localhost ip6-localhost ip6-loopback\n");
        WriteFile(root, "etc/machine-id", $"{Guid.NewGuid():N}\n");
        WriteFile(root, "etc/resolv.conf", "# a lab host can only reach its management network\n");
        if (spec.Boot == LabBoot.Networkd)
            WriteFile(root, "etc/systemd/network/10-lab-host0.network", Networkd(address));
        else
            WriteInterfaces(root, address);
        Directory.CreateDirectory(Path.Combine(root, "root/.ssh"), OwnerOnly | UnixFileMode.UserExecute);
        WriteFile(root, "root/.ssh/authorized_keys", authorizedKey + "\n");
        File.SetUnixFileMode(Path.Combine(root, "root/.ssh/authorized_keys"), OwnerOnly);
    }

    // LinkLocalAddressing and RequiredForOnline (systemd.network(5)): the boot does not wait for the link, and the link sends nothing by
    // itself.
    private static string Networkd(string address) =>
        $"""
            # Management network of the lab.
            [Match]
            Name=host0

            [Link]
            RequiredForOnline=no

            [Network]
            Address={address}/24
            LinkLocalAddressing=ipv6
            IPv6AcceptRA=no
            DHCP=no

            """;

    private static void WriteInterfaces(string root, string address)
    {
        WriteFile(root, "etc/network/interfaces", "source /etc/network/interfaces.d/*\n\nauto lo\niface lo inet loopback\n");
        var host0 = $"# Management network of the lab.\nauto host0\niface host0 inet static\n    address {address}/24\n";
        WriteFile(root, "etc/network/interfaces.d/lab-host0", host0);
    }

    private static void WriteFile(string root, string path, string text)
    {
        var full = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.Delete(full); // otherwise a link (resolv.conf may be one) would be followed out of the root
        File.WriteAllText(full, text);
    }
}
