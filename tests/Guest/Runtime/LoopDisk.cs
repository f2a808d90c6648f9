using System.Diagnostics;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.TestKit;

namespace Cloudlet.Guest.Tests.Runtime;

/// <summary>An ext4 file system in a file, mounted for one test.</summary>
internal sealed class LoopDisk : IAsyncDisposable
{
    private LoopDisk(string path) => Path = path;

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>Creates and mounts it; skips the calling test where the kernel has no loop devices.</summary>
    /// <param name="folder">Folder for the file and the mount point.</param>
    /// <param name="mebibytes">Its size.</param>
    public static async Task<LoopDisk> MountAsync(TempDir folder, int mebibytes)
    {
        Assert.SkipUnless(
            (await CloudletProgram.RunAnyAsync("losetup", ["--find"])).ExitCode == 0,
            "needs loop devices, and losetup found none: modprobe loop"
        );
        await using (var file = File.Create(folder["loop.ext4"]))
            file.SetLength((long)mebibytes << 20);
        (await CloudletProgram.RunAnyAsync("mkfs.ext4", ["-q", "-m", "0", folder["loop.ext4"]])).ShouldExitWith(0);
        var path = Directory.CreateDirectory(folder["loop"]).FullName;
        (await CloudletProgram.RunAnyAsync("mount", ["-o", "loop", folder["loop.ext4"], path])).ShouldExitWith(0);
        return new LoopDisk(path);
    }

    /// <summary>
    /// Unmounts it. A process that was just started shares its parent's files until it executes its program, so the file system can be busy
    /// for a moment; the message names processes that use it for longer.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            var run = await CloudletProgram.RunAnyAsync("umount", [Path]);
            if (run.ExitCode == 0)
                return;
            if (watch.Elapsed > TimeSpan.FromSeconds(20))
                throw new IOException($"{run.Error}{await UsersAsync()}");
        }
    }

    private async Task<string> UsersAsync()
    {
        var script = $"for p in /proc/[0-9]*; do ls -l $p/fd $p/cwd 2>/dev/null | grep -q {Path} && tr '\\0' ' ' <$p/cmdline && echo; done";
        return (await CloudletProgram.RunAnyAsync("sh", ["-c", script])).Output;
    }
}
