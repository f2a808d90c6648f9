using System.Security.Cryptography;
using System.Text;
using Cloudlet.Errors;

namespace Cloudlet.Lab.Model;

/// <summary>The management network of a lab: one bridge on this machine, one /24.</summary>
/// <param name="Bridge">Name of the bridge, at most 15 characters.</param>
/// <param name="Prefix">First three numbers of the network, e.g. <c>10.213.0</c>; the machine is .1, hosts are .2 to .254.</param>
public sealed record LabNetworkSettings(string Bridge = "cloudlet-lab", string Prefix = "10.213.0")
{
    /// <summary>Address of this machine on the bridge.</summary>
    public string Gateway => $"{Prefix}.1";

    /// <summary>Address of the host with number <paramref name="number"/>, 2–254.</summary>
    public string HostAddress(int number) => $"{Prefix}.{number}";
}

/// <summary>
/// The store of a lab's images, hosts and keys. Several stores can be used at once if their networks differ; they may share images.
/// </summary>
public sealed class LabStore
{
    /// <summary>The store that <c>cloudlet lab</c> uses unless told otherwise.</summary>
    public const string DefaultPath = "/var/lib/cloudlet/lab";

    /// <summary>Describes a store; folders are created with the first host.</summary>
    /// <param name="path">Absolute folder without <c>, : \ $ %</c> and white space, which overlayfs, systemd or the boot script would
    /// interpret.</param>
    /// <param name="images">Folder of the images when it is not inside <paramref name="path"/>.</param>
    /// <param name="network">The management network, or null for one derived from the store's folder, so that two stores don't share
    /// addresses.</param>
    public LabStore(string path = DefaultPath, string? images = null, LabNetworkSettings? network = null)
    {
        Folder = RequirePlain(path);
        ImagesFolder = RequirePlain(images ?? Path.Combine(path, "images"));
        Network = network ?? NetworkOf(Folder);
    }

    /// <summary>The store's folder.</summary>
    public string Folder { get; }

    /// <summary>A folder for each image, named by the digest of its recipe.</summary>
    public string ImagesFolder { get; }

    /// <summary>A folder for each host, named like the host.</summary>
    public string HostsFolder => Path.Combine(Folder, "hosts");

    /// <summary>The lab's key pair, known hosts and ssh configuration.</summary>
    public string SshFolder => Path.Combine(Folder, "ssh");

    /// <summary>For <c>ssh -F</c>: one entry for every container of this store.</summary>
    public string SshConfigPath => Path.Combine(SshFolder, "config");

    /// <summary>The management network.</summary>
    public LabNetworkSettings Network { get; }

    /// <summary>
    /// The default store has the default network; every other one has a bridge and one of 253 networks by a hash of its folder.
    /// </summary>
    private static LabNetworkSettings NetworkOf(string folder)
    {
        if (folder == DefaultPath)
            return new LabNetworkSettings();
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(folder));
        return new LabNetworkSettings($"cloudlet-{Convert.ToHexStringLower(hash.AsSpan(0, 3))}", $"10.213.{2 + (hash[3] % 253)}");
    }

    /// <summary>Folder of one host; InvalidInput when the name is not valid, so that no name leads out of the store.</summary>
    public string HostFolder(string name)
    {
        LabHostSpec.RequireHostName(name);
        return Path.Combine(HostsFolder, name);
    }

    /// <summary>
    /// Name for nspawn and the kernel: unique on this machine, even if two stores have a host of the same name, and at most 12 characters,
    /// so that the name of the host's end of the management link (<c>vb-</c> and this) is not truncated.
    /// </summary>
    internal string MachineName(string name)
    {
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(HostFolder(name)));
        var start = name[..Math.Min(7, name.Length)].TrimEnd('-');
        return $"{start}-{Convert.ToHexStringLower(digest)[..4]}";
    }

    /// <summary>Locks the store: only one command at a time may change it.</summary>
    internal Task<IDisposable> LockAsync(TimeProvider clock, CancellationToken ct) =>
        LabLock.AcquireAsync(Path.Combine(Folder, "lock"), TimeSpan.FromMinutes(3), clock, ct);

    private static string RequirePlain(string path)
    {
        if (!Path.IsPathRooted(path) || path.Any(c => c is ',' or ':' or '\\' or '$' or '%' || char.IsWhiteSpace(c)))
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"the lab can't keep its files in '{path}': give an absolute folder without any of , : \\ $ % and white space."
            );
        return Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
    }
}
