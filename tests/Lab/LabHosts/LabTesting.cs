using Cloudlet.Lab.Model;
using Cloudlet.Linux;
using Cloudlet.Machine.Netlink;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Lab.Tests.LabHosts;

/// <summary>Requirements of lab tests on their machine, and separate labs for them.</summary>
public static class LabTesting
{
    /// <summary>Folder with the shared images, which stay; the rest of a test's lab is in a temporary folder.</summary>
    public static string ImageStore =>
        Environment.GetEnvironmentVariable("CLOUDLET_LAB_STORE") is { Length: > 0 } path
            ? path
            : Path.Combine(Path.GetTempPath(), "cloudlet-lab-images");

    /// <summary>Skips the calling test without root.</summary>
    public static void RequireRoot() =>
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: lab hosts are containers and namespaces of this machine");

    /// <summary>
    /// Skips the calling test when containers can't be created; where CI requires them, it fails and says what to install.
    /// </summary>
    public static void RequireContainers() =>
        RequirePrograms(HelperPrograms.SystemdNspawn, HelperPrograms.Mmdebstrap, HelperPrograms.SshKeygen, HelperPrograms.Nsenter);

    /// <summary>
    /// Skips the calling test without root or without one of the programs; where CI requires them, it fails and says what to install.
    /// </summary>
    public static void RequirePrograms(params HelperProgram[] needed)
    {
        RequireRoot();
        var missing = needed.Where(p => ProgramSearch.Find(p.Name) is null).Select(p => p.Package).Distinct().ToList();
        if (missing.Count == 0)
            return;
        var advice = $"needs packages that are not installed: apt-get install {string.Join(' ', missing)}";
        Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", advice);
        Assert.Fail(advice);
    }

    /// <summary>A store with nothing but the shared images, and a network that this machine does not use.</summary>
    public static LabStore NewStore()
    {
        var tag = Guid.NewGuid().ToString("N")[..8];
        var network = new LabNetworkSettings($"lab{tag}", FreeNetwork());
        return new LabStore(Path.Combine(Path.GetTempPath(), $"cloudlet-lab-{tag}"), Path.Combine(ImageStore, "images"), network);
    }

    /// <summary>The lab of a store, on this machine.</summary>
    public static Lab.LabHosts Open(LabStore store) =>
        new(store, new HostProcesses(), name => name is null ? RouteNetlink.Open() : RouteNetlink.Open(name), TimeProvider.System);

    /// <summary>Removes the hosts of a store and its folder.</summary>
    public static async Task RemoveAsync(LabStore store)
    {
        if (Directory.Exists(store.HostsFolder))
            foreach (var folder in Directory.GetDirectories(store.HostsFolder))
                await Open(store).DownAsync(Path.GetFileName(folder), CancellationToken.None);
        if (Directory.Exists(store.Folder))
            Directory.Delete(store.Folder, recursive: true);
    }

    private static string FreeNetwork()
    {
        using var links = RouteNetlink.Open();
        var used = links.Dump().Links.SelectMany(l => l.Addresses).Select(a => a.Address).ToList();
        while (true)
        {
            var prefix = $"10.{Random.Shared.Next(214, 250)}.{Random.Shared.Next(256)}";
            if (!used.Any(a => a.StartsWith(prefix + ".", StringComparison.Ordinal)))
                return prefix;
        }
    }
}
