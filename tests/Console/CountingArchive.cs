using Cloudlet.Guest.Tests.Runtime;
using Cloudlet.Lab.Model;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Store;
using Cloudlet.TestKit;

namespace Cloudlet.Console.Tests;

/// <summary>An exported base of the counting guest, to be imported by a page; kept beside the image: a boot takes half a minute.</summary>
internal static class CountingArchive
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(9);

    public static async Task<string> PathAsync()
    {
        var image = await CountingImage.PathAsync();
        var path = $"{image}.base";
        using var turn = await LabLock.AcquireAsync($"{path}.lock", Limit, TimeProvider.System, CancellationToken.None);
        if (File.Exists(path))
            return path;
        using var folder = new TempDir();
        File.SetUnixFileMode(folder.Path, File.GetUnixFileMode(folder.Path) | UnixFileMode.OtherExecute); // QEMU has a user of its own
        var store = new RuntimeStore(folder["store"]);
        var creation = new BaseCreation
        {
            Source = image,
            Name = "counter",
            MemoryBytes = 256L << 20,
            Until = Readiness.Parse("serial:cloudlet guest is ready"),
            Limit = Limit,
        };
        var progress = new Progress<string>();
        var made = await new BaseCreator(store).CreateAsync(creation, progress, CancellationToken.None);
        await new BaseArchive(store).ExportAsync(made, $"{path}.new", OverlayEffort.Fast, progress, CancellationToken.None);
        File.Move($"{path}.new", path);
        return path;
    }
}
