using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Synthesis.Store;

/// <summary>What was found about one base or VM.</summary>
/// <param name="Kind">base or vm.</param>
/// <param name="Id">Its id, or its folder's name when it has none.</param>
/// <param name="Problems">What is wrong; empty when all is well.</param>
public sealed record StoreFinding(string Kind, string Id, IReadOnlyList<string> Problems);

/// <summary>Takes care of a store: removes what belongs to nobody, and checks that the rest is what it was.</summary>
public sealed class StoreKeeper(RuntimeStore store)
{
    /// <summary>Between giving up its lock and getting its name a folder or a file is nobody's for a moment.</summary>
    private static readonly TimeSpan s_moment = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Removes what killed commands have left in the making, and what VMs wrote to their consoles and QEMU to its log before the last MiB. What a command is making right now stays.
    /// </summary>
    /// <returns>What was removed or made smaller, with the bytes on disk that this gave.</returns>
    public IReadOnlyList<(string Path, long Bytes)> Collect() => [.. StagedFolders(), .. StagedFiles(), .. LongLogs()];

    private IEnumerable<(string Path, long Bytes)> StagedFolders()
    {
        foreach (var folder in Folders(store.StagingFolder).Where(f => !IsInTheMaking(f)))
        {
            var bytes = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => Native.BytesOnDisk(f.FullName));
            Directory.Delete(folder, recursive: true);
            yield return (folder, bytes);
        }
    }

    /// <summary>An index in the making lies beside the base's files.</summary>
    private IEnumerable<(string Path, long Bytes)> StagedFiles()
    {
        foreach (var file in Folders(store.BasesFolder).SelectMany(f => Directory.GetFiles(f, $"*{StagedFile.Suffix}")))
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(file) < s_moment || !IsFree(file))
                continue;
            var bytes = Native.BytesOnDisk(file);
            File.Delete(file);
            yield return (file, bytes);
        }
    }

    private IEnumerable<(string Path, long Bytes)> LongLogs()
    {
        foreach (var log in Folders(store.VmsFolder).SelectMany(f => new[] { QemuArguments.ConsoleLog, QemuProcess.Log }.Select(name => Path.Combine(f, name))).Where(File.Exists))
        {
            var before = Native.BytesOnDisk(log);
            LogTail.ForgetAllBut(log, LogTail.Kept);
            if (before - Native.BytesOnDisk(log) is > 0 and var bytes)
                yield return (log, bytes);
        }
    }

    private static string[] Folders(string parent) => Directory.Exists(parent) ? Directory.GetDirectories(parent) : [];

    /// <summary>Checks every base by its digests and every VM's disk by its structure.</summary>
    public async IAsyncEnumerable<StoreFinding> VerifyAsync(IProgress<string> progress, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var folder in Folders(store.BasesFolder))
            yield return BaseCatalog.Read(folder) is { } vm
                ? new StoreFinding("base", vm.Id, await Task.Run(() => Verify(vm, progress, ct), ct))
                : new StoreFinding("base", Path.GetFileName(folder), ["its manifest is missing, damaged, or that of another base"]);
        foreach (var vm in new VmCatalog(store).List())
            yield return new StoreFinding("vm", vm.Id, await VerifyAsync(vm, ct));
    }

    private static List<string> Verify(BaseVm vm, IProgress<string> progress, CancellationToken ct)
    {
        var problems = new List<string>();
        progress.Report($"verifying base {vm.ShortId}");
        Compare(vm.DiskPath, vm.Manifest.Disk, p => ContentDigest.Of(p, null, ct));
        if (vm.Manifest.Memory is { } memory)
            Compare(vm.MemoryPath, memory, p => ContentDigest.Of(p, null, ct));
        if (vm.Manifest.Devices is { } devices)
            Compare(vm.DevicesPath, devices, BasePublisher.Sha256);
        if (problems.Count == 0 && vm.Manifest.Memory is not null)
            MemorySeal.Require(vm, progress, ct);
        return problems;

        void Compare(string path, BasePart part, Func<string, string> digest)
        {
            if (!File.Exists(path))
                problems.Add($"{path} is missing");
            else if (new FileInfo(path).Length != part.Length)
                problems.Add($"{path} has {new FileInfo(path).Length} bytes and not {part.Length}");
            else if (digest(path) != part.Digest)
                problems.Add($"{path} is not what it was: its digest is another one");
        }
    }

    private async Task<List<string>> VerifyAsync(RunningVm vm, CancellationToken ct)
    {
        var problems = new List<string>();
        if (!Directory.Exists(Path.Combine(store.BasesFolder, vm.BaseId)))
            problems.Add($"its base {vm.BaseId} is not here");
        else if (!vm.IsAlive && await QemuImg.CheckAsync(vm.Folder, RunningVm.DiskFile, ct) is { } wrong)
            problems.Add($"its disk is damaged: {wrong}");
        return problems;
    }

    private static bool IsInTheMaking(string folder)
    {
        var lockFile = Path.Combine(folder, StagedFolder.LockName);
        return File.Exists(lockFile) ? !IsFree(lockFile) : DateTime.UtcNow - Directory.GetLastWriteTimeUtc(folder) < s_moment;
    }

    /// <summary>False while another process has it open.</summary>
    private static bool IsFree(string file)
    {
        try
        {
            new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
