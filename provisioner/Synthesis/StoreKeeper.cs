using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Synthesis;

/// <summary>Result of verifying a base or VM.</summary>
/// <param name="Kind">base or vm.</param>
/// <param name="Id">Its id, or its folder's name when it has none.</param>
/// <param name="Problems">What is wrong; empty when nothing is.</param>
public sealed record StoreFinding(string Kind, string Id, IReadOnlyList<string> Problems);

/// <summary>Maintains a store: removes leftovers and unused bases, and verifies bases and VMs.</summary>
public sealed class StoreKeeper(RuntimeStore store)
{
    /// <summary>Age below which an unlocked folder or file is kept: it is unlocked for a moment before it is renamed.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Removes a base, which is given by its name or a prefix of its id. Busy, with the names of the VMs, while VMs use it: their disks are
    /// layers over the base's.
    /// </summary>
    public BaseVm RemoveBase(string idOrName)
    {
        var vm = new BaseCatalog(store).Get(idOrName);
        if (store.Project is not null && vm.Projects is null)
            throw new CloudletException(
                ErrorKind.PermissionDenied,
                $"base {vm.ShortId} is public, so project '{store.Project}' can't remove it: ask an administrator"
            );
        using var alone = BaseCatalog.Hold(vm, FileShare.None);
        var users = new VmCatalog(store).List().Where(v => v.BaseId == vm.Id).Select(v => v.Name ?? v.Id).ToList();
        if (users.Count > 0)
            throw new CloudletException(
                ErrorKind.Busy,
                $"base {vm.ShortId} can't be removed: {string.Join(", ", users)} {(users.Count == 1 ? "builds" : "build")} on it; "
                    + "remove with 'cloudlet vm stop VM --remove' first"
            );
        if (store.Project is { } project && BaseProjects.Leave(vm.Folder, project))
            return vm;
        using var bin = store.Stage();
        Directory.Move(vm.Folder, bin["base"]);
        return vm;
    }

    /// <summary>
    /// Removes what killed commands left unfinished, and all but the last MiB of console and QEMU logs. Work in progress of other commands
    /// is kept.
    /// </summary>
    /// <returns>What was removed or made smaller, with the bytes of disk space that this freed.</returns>
    public IReadOnlyList<(string Path, long Bytes)> Collect() => [.. StagedFolders(), .. StagedFiles(), .. LongLogs()];

    private IEnumerable<(string Path, long Bytes)> StagedFolders()
    {
        foreach (var folder in Folders(store.StagingFolder).Where(f => !IsInTheMaking(f)))
        {
            var bytes = new DirectoryInfo(folder)
                .EnumerateFiles("*", SearchOption.AllDirectories)
                .Sum(f => Syscalls.BytesOnDisk(f.FullName));
            Directory.Delete(folder, recursive: true);
            yield return (folder, bytes);
        }
    }

    /// <summary>Unfinished files next to those of bases, such as an index.</summary>
    private IEnumerable<(string Path, long Bytes)> StagedFiles()
    {
        foreach (var file in Folders(store.BasesFolder).SelectMany(f => Directory.GetFiles(f, $"*{StagedFile.Suffix}")))
        {
            if (DateTime.UtcNow - File.GetLastWriteTimeUtc(file) < Moment || !IsFree(file))
                continue;
            var bytes = Syscalls.BytesOnDisk(file);
            File.Delete(file);
            yield return (file, bytes);
        }
    }

    private IEnumerable<(string Path, long Bytes)> LongLogs()
    {
        foreach (
            var log in Folders(store.VmsFolder)
                .SelectMany(f => new[] { QemuArguments.ConsoleLog, QemuProcess.Log }.Select(name => Path.Combine(f, name)))
                .Where(File.Exists)
        )
        {
            var before = Syscalls.BytesOnDisk(log);
            LogTail.ForgetAllBut(log, LogTail.Kept);
            if (before - Syscalls.BytesOnDisk(log) is > 0 and var bytes)
                yield return (log, bytes);
        }
    }

    private static string[] Folders(string parent) => Directory.Exists(parent) ? Directory.GetDirectories(parent) : [];

    /// <summary>Checks every base by its digests and every VM's disk by its structure.</summary>
    public async IAsyncEnumerable<StoreFinding> VerifyAsync(
        IProgress<string> progress,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct
    )
    {
        foreach (var folder in Folders(store.BasesFolder))
            yield return BaseCatalog.Read(folder) is { } vm
                ? new StoreFinding("base", vm.Id, await Task.Run(() => BaseSeal.Problems(vm, progress, ct), ct))
                : new StoreFinding("base", Path.GetFileName(folder), ["its manifest is missing, damaged, or that of another base"]);
        foreach (var vm in new VmCatalog(store).List())
            yield return new StoreFinding("vm", vm.Id, await VerifyAsync(vm, ct));
    }

    /// <summary>Reads bases completely and compares them with their manifests.</summary>
    /// <param name="bases">The bases.</param>
    /// <param name="progress">Reports what is read.</param>
    /// <param name="ct">Stops it.</param>
    public async IAsyncEnumerable<StoreFinding> VerifyAsync(
        IEnumerable<BaseVm> bases,
        IProgress<string> progress,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct
    )
    {
        foreach (var vm in bases)
            yield return await store.TryAsync(
                $"verify base {vm.ShortId}",
                () => Task.Run(() => new StoreFinding("base", vm.Id, BaseSeal.Problems(vm, progress, ct)), ct)
            );
    }

    private async Task<List<string>> VerifyAsync(RunningVm vm, CancellationToken ct)
    {
        var problems = new List<string>();
        if (!Directory.Exists(Path.Combine(store.BasesFolder, vm.BaseId)))
            problems.Add($"its base {vm.BaseId} is missing");
        else if (!vm.IsAlive && await QemuImg.CheckAsync(vm.Folder, RunningVm.DiskFile, ct) is { } wrong)
            problems.Add($"its disk is damaged: {wrong}");
        return problems;
    }

    private static bool IsInTheMaking(string folder)
    {
        var lockFile = Path.Combine(folder, StagedFolder.LockName);
        return File.Exists(lockFile) ? !IsFree(lockFile) : DateTime.UtcNow - Directory.GetLastWriteTimeUtc(folder) < Moment;
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
