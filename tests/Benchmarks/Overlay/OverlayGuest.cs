using Cloudlet.Benchmarks.Common;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Disks;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Benchmarks.Overlay;

/// <summary>A real Debian guest: base, VM, corpus, and the plain files for the peers.</summary>
internal sealed class OverlayGuest(RuntimeStore store, string folder, IProgress<string> progress)
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>The guest's disk.</summary>
    public string Image { get; } = Path.Combine(folder, "guest.qcow2");

    /// <summary>The base of a size; created if it does not exist.</summary>
    public async Task<BaseVm> BaseAsync(OverlayCorpus corpus, CancellationToken ct)
    {
        var name = $"base-{corpus.MemoryMiB}-{corpus.DiskMiB}";
        if (new BaseCatalog(store).List().FirstOrDefault(b => b.Name == name) is { } there)
            return there;
        if (!File.Exists(Image))
            await RunAsync(
                Published.Program(),
                [
                    "lab",
                    "image",
                    Image,
                    "--store",
                    Environment.GetEnvironmentVariable("CLOUDLET_LAB_STORE") is { Length: > 0 } lab
                        ? lab
                        : Path.Combine(Path.GetTempPath(), "cloudlet-lab-images"),
                ],
                ct
            );
        var disk = Image;
        if (corpus.DiskMiB > 0)
        {
            disk = Path.Combine(folder, "large.qcow2");
            File.Copy(Image, disk, overwrite: true);
            await RunAsync("qemu-img", ["resize", "-q", disk, $"{corpus.DiskMiB}M"], ct);
        }

        await RunAsync(
            Published.Program(),
            [
                "base",
                "create",
                disk,
                "--name",
                name,
                "--memory",
                $"{corpus.MemoryMiB}M",
                "--until",
                "serial:cloudlet guest is ready",
                "--store",
                store.Folder,
            ],
            ct
        );
        return new BaseCatalog(store).Get(name);
    }

    /// <summary>A VM in which the corpus's script has run.</summary>
    public async Task<RunningVm> ChangedAsync(BaseVm baseVm, OverlayCorpus corpus, CancellationToken ct)
    {
        var vm = await new VmStarter(store).StartAsync(new VmStartOptions { Base = baseVm }, progress, ct);
        progress.Report($"{corpus.Name}: {corpus.What}");
        using var agent =
            await GuestAgent.FindAsync(vm, ct) ?? throw new CloudletException(ErrorKind.NotFound, "no guest agent answers in the guest");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Longest);
        if (await agent.RunAsync(corpus.Script, limit.Token) is not 0 and var status)
            throw new CloudletException(ErrorKind.ProcessFailed, $"the script of {corpus.Name} exited with {status}");
        return vm;
    }

    /// <summary>
    /// Disk, then memory, in one file each: the base's, and the VM's at one moment. So peers, too, can find data of one in the other.
    /// </summary>
    public async Task<(string Before, string After)> DumpAsync(RunningVm vm, CancellationToken ct)
    {
        var (before, after) = (Path.Combine(folder, "before"), Path.Combine(folder, "after"));
        File.Delete(before);
        File.Delete(after);
        await using var frozen = await new VmFreezer(store).FreezeAsync(vm, Path.Combine(folder, "devices"), progress, ct);
        using var baseDisk = new SparseFile(frozen.Base.DiskPath);
        using var baseMemory = new SparseFile(frozen.Base.MemoryPath);
        using var layer = DiskLayer.Open(frozen.DiskPath, await QemuImg.MapAsync(vm.Folder, RunningVm.DiskFile, ct), frozen.Base.DiskPath);
        Write(before, baseDisk, baseMemory);
        Write(after, layer, frozen.Memory);
        return (before, after);
    }

    private static void Write(string path, params IReadOnlyList<IPageReader> parts)
    {
        using var file = SparseFile.Create(path, parts.Sum(p => p.Length));
        var buffer = new byte[1 << 20];
        var start = 0L;
        foreach (var part in parts)
        {
            for (var offset = 0L; offset < part.Length; offset += buffer.Length)
            {
                var chunk = buffer.AsSpan(0, (int)Math.Min(buffer.Length, part.Length - offset));
                part.Read(offset, chunk);
                if (chunk.ContainsAnyExcept((byte)0))
                    file.Write(start + offset, chunk);
            }

            start += part.Length;
        }
    }

    private static async Task RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken ct)
    {
        var run = await MeasuredProcess.RunAsync(program, arguments, null, ct);
        if (run.ExitCode != 0)
            throw new CloudletException(
                ErrorKind.ProcessFailed,
                $"{program} {string.Join(' ', arguments)} exited with {run.ExitCode}: {run.Error}"
            );
    }
}
