using System.Security.Cryptography;
using System.Text;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Machine;

/// <summary>
/// Identity of a host, independent of the name or address that it is reached by. Two with equal <see cref="Now"/> are the same host.
/// </summary>
/// <param name="Now"> Differs between any two running hosts, even clones of one image, because it includes the ids of the boot and of the
/// network namespace. It changes at a boot. </param>
/// <param name="Lasting"> Identifies the host permanently: across reboots for a machine; until it is deleted for a network namespace, and
/// different for a later one with the same name. Null when a machine has no machine-id(5). </param>
public sealed record HostIdentity(string Now, string? Lasting)
{
    private const string MachineIdFile = "/etc/machine-id";
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    // machine-id(5) asks programs not to expose the id itself, but an application-specific hash of it.
    private static readonly byte[] Application = "cloudlet host identity"u8.ToArray();

    /// <summary>The machine that this process runs on.</summary>
    public static HostIdentity OfThisMachine()
    {
        var machine = Hashed(Text(MachineIdFile));
        return new HostIdentity(
            $"{machine}/{Text(BootIdFile)}/{NetworkNamespaces.IdentityOf(null)}",
            machine is null ? null : $"machine:{machine}"
        );
    }

    /// <summary>A network namespace of this machine.</summary>
    /// <param name="name">Its name, as in /run/netns.</param>
    /// <exception cref="Errors.CloudletException">NotFound: there is no such namespace.</exception>
    public static HostIdentity OfNamespace(string name)
    {
        var identity = $"netns:{Text(BootIdFile)}/{NetworkNamespaces.IdentityOf(name)}";
        return new HostIdentity(identity, identity);
    }

    /// <summary>A hash of a machine-id; null when it is not valid, as in an image before its first boot.</summary>
    internal static string? Hashed(string? machineId) =>
        machineId is { Length: 32 } id && id.All(char.IsAsciiHexDigitLower)
            ? Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.ASCII.GetBytes(id), Application).AsSpan(0, 16))
            : null;

    private static string? Text(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
