using Cloudlet.Lab.Tests.Converge;
using Cloudlet.TestKit;

namespace Cloudlet.Guest.Tests.Runtime;

/// <summary>An ext4 file system in a file, mounted for one test.</summary>
internal sealed class LoopDisk : IAsyncDisposable
{
    private LoopDisk(string path) => Path = path;

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>Makes and mounts it; skips the calling test where the kernel has no loop devices.</summary>
    /// <param name="folder">Takes the file and the place.</param>
    /// <param name="mebibytes">Its size.</param>
    public static async Task<LoopDisk> MountAsync(TempDir folder, int mebibytes)
    {
        Assert.SkipUnless(File.Exists("/dev/loop-control"), "needs loop devices: modprobe loop");
        await using (var file = File.Create(folder["loop.ext4"]))
            file.SetLength((long)mebibytes << 20);
        (await CloudletProgram.RunAnyAsync("mkfs.ext4", ["-q", "-m", "0", folder["loop.ext4"]])).ShouldExitWith(0);
        var path = Directory.CreateDirectory(folder["loop"]).FullName;
        (await CloudletProgram.RunAnyAsync("mount", ["-o", "loop", folder["loop.ext4"], path])).ShouldExitWith(0);
        return new LoopDisk(path);
    }

    public async ValueTask DisposeAsync() => (await CloudletProgram.RunAnyAsync("umount", [Path])).ShouldExitWith(0);
}
