using System.Security.Cryptography;
using System.Text;
using Cloudlet.Errors;

namespace Cloudlet.Lab;

/// <summary>The management network of a lab: one bridge on this machine, one /24.</summary>
/// <param name="Bridge">Name of the bridge, at most 15 characters.</param>
/// <param name="Prefix">First three numbers of the network, e.g. <c>10.213.0</c>; the machine is .1, hosts are .2 to .254.</param>
public sealed record LabNetworkSettings(string Bridge = "cloudlet-lab", string Prefix = "10.213.0")
{
    /// <summary>This machine's address on the bridge.</summary>
    public string Gateway => $"{Prefix}.1";

    /// <summary>Address of the host with number <paramref name="number"/>, 2–254.</summary>
    public string HostAddress(int number) => $"{Prefix}.{number}";
}

/// <summary>Where a lab keeps its images, hosts and keys. Several stores can be in use at once when their networks differ; images may be shared.</summary>
public sealed class LabStore
{
    /// <summary>The store that <c>cloudlet lab</c> uses unless told otherwise.</summary>
    public const string DefaultPath = "/var/lib/cloudlet/lab";

    /// <summary>Describes a store; nothing is created before the first host.</summary>
    /// <param name="path">Folder, absolute, without <c>, : \ $ %</c> and white space, which overlayfs, systemd or the boot script would take apart.</param>
    /// <param name="images">Folder of the images when it is not inside <paramref name="path"/>.</param>
    /// <param name="network">The management network, or null for one that follows from the store's folder, so that two stores don't share addresses.</param>
    public LabStore(string path = DefaultPath, string? images = null, LabNetworkSettings? network = null)
    {
        Folder = RequirePlain(path);
        ImagesFolder = RequirePlain(images ?? Path.Combine(path, "images"));
        Network = network ?? NetworkOf(Folder);
    }

    /// <summary>The store's folder.</summary>
    public string Folder { get; }

    /// <summary>One folder an image, named by the digest of its recipe.</summary>
    public string ImagesFolder { get; }

    /// <summary>One folder a host, named like the host.</summary>
    public string HostsFolder => Path.Combine(Folder, "hosts");

    /// <summary>The lab's key pair, known hosts and ssh configuration.</summary>
    public string SshFolder => Path.Combine(Folder, "ssh");

    /// <summary>For <c>ssh -F</c>: one entry for every container of this store.</summary>
    public string SshConfigPath => Path.Combine(SshFolder, "config");

    /// <summary>The management network.</summary>
    public LabNetworkSettings Network { get; }

    /// <summary>The default store has the default network; every other one a bridge and one of 253 networks of its own, by a hash of its folder.</summary>
    private static LabNetworkSettings NetworkOf(string folder)
    {
        if (folder == DefaultPath)
            return new LabNetworkSettings();
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(folder));
        return new LabNetworkSettings($"cloudlet-{Convert.ToHexStringLower(hash.AsSpan(0, 3))}", $"10.213.{2 + (hash[3] % 253)}");
    }

    /// <summary>Folder of one host; InvalidInput when no host can have this name, so that no name leads out of the store.</summary>
    public string HostFolder(string name)
    {
        LabHostSpec.RequireHostName(name);
        return Path.Combine(HostsFolder, name);
    }

    /// <summary>
    /// Name for nspawn and the kernel: unique on this machine, also when two stores have a host of one name, and at most 12 characters, so that the
    /// name of the host's end of the management link (<c>vb-</c> and this) is never shortened.
    /// </summary>
    internal string MachineName(string name)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(HostFolder(name)));
        var start = name[..Math.Min(7, name.Length)].TrimEnd('-');
        return $"{start}-{Convert.ToHexStringLower(digest)[..4]}";
    }

    /// <summary>Only one command at a time may change a store.</summary>
    internal Task<IDisposable> LockAsync(TimeProvider clock, CancellationToken ct) =>
        LabLock.AcquireAsync(Path.Combine(Folder, "lock"), TimeSpan.FromMinutes(3), clock, ct);

    private static string RequirePlain(string path)
    {
        if (!Path.IsPathRooted(path) || path.Any(c => c is ',' or ':' or '\\' or '$' or '%' || char.IsWhiteSpace(c)))
            throw new CloudletException(
                ErrorKind.InvalidInput, $"the lab can't keep its files in '{path}': name an absolute folder without any of , : \\ $ % and white space.");
        return Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
    }
}
