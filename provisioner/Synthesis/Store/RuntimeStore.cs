using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Synthesis.Store;

/// <summary>
/// Where bases and VMs are kept: <c>bases/ID</c> and <c>vms/ID</c>, each a folder that came by one rename out of <c>staging</c>, so that what is there is whole. What a killed command left in
/// <c>staging</c> belongs to nobody and is taken away by <c>cloudlet store gc</c>.
/// </summary>
public sealed class RuntimeStore
{
    /// <summary>The store that <c>cloudlet</c> uses unless told otherwise.</summary>
    public const string DefaultPath = "/var/lib/cloudlet/runtime";

    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Describes a store; nothing is created before something is put into it.</summary>
    /// <param name="path">Folder, absolute. QEMU's options split at commas: none is allowed.</param>
    public RuntimeStore(string path = DefaultPath)
    {
        if (!Path.IsPathRooted(path) || path.Contains(',', StringComparison.Ordinal))
            throw new CloudletException(ErrorKind.InvalidInput, $"bases and VMs can't be kept in '{path}': name an absolute folder without a comma.");
        Folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
    }

    /// <summary>The store's folder.</summary>
    public string Folder { get; }

    /// <summary>One folder a base, named by its id.</summary>
    public string BasesFolder => Path.Combine(Folder, "bases");

    /// <summary>One folder a VM, named by its id.</summary>
    public string VmsFolder => Path.Combine(Folder, "vms");

    /// <summary>Where folders are made before they are what they are named.</summary>
    public string StagingFolder => Path.Combine(Folder, "staging");

    /// <summary>A new folder to make something in, for its owner alone until it is published.</summary>
    public StagedFolder Stage()
    {
        Prepare();
        return new StagedFolder(Directory.CreateDirectory(Path.Combine(StagingFolder, Guid.NewGuid().ToString("n")), Owner).FullName);
    }

    /// <summary>Makes the folders. QEMU's user passes through them by name, and sees not what else is there. PermissionDenied when somebody made one of them that it can't pass through.</summary>
    internal void Prepare()
    {
        foreach (var folder in (string[])[Folder, BasesFolder, VmsFolder, StagingFolder])
            if (!Directory.Exists(folder))
                File.SetUnixFileMode(Directory.CreateDirectory(folder).FullName, Owner | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            else if (VmUser.Current.IsOwn && !File.GetUnixFileMode(folder).HasFlag(UnixFileMode.OtherExecute))
                throw new CloudletException(ErrorKind.PermissionDenied, $"QEMU runs as user {VmUser.DefaultId}, which can't pass through {folder}: allow it (chmod o+x {folder}), or name another folder with --store");
    }

    /// <summary>
    /// Lets QEMU do something that takes room. What it fails at while next to none is left becomes NoSpace: QEMU itself names no reason, or says nothing at all. The kernel ends it (SIGBUS) when the file of its memory can't grow, and in a
    /// tmpfs even when a hole of that file can't be read.
    /// </summary>
    /// <param name="needed">What has to be written, in words.</param>
    /// <param name="work">What QEMU does. Nothing that it wrote may be deleted before it has failed.</param>
    internal async Task<T> HavingRoomAsync<T>(string needed, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (CloudletException e) when (e.Kind is ErrorKind.ProcessFailed or ErrorKind.Unreachable && new DriveInfo(Folder).AvailableFreeSpace < 1 << 20)
        {
            throw new CloudletException(ErrorKind.NoSpace, $"no room is left in {Folder} for {needed}: {e.Message}", e);
        }
    }

    /// <inheritdoc cref="HavingRoomAsync{T}"/>
    internal Task HavingRoomAsync(string needed, Func<Task> work) => HavingRoomAsync(needed, async () =>
    {
        await work();
        return 0;
    });

    /// <summary>Does something in the store, or with a file beside it. What the file system refuses becomes NoSpace, PermissionDenied or Unexpected, with what was tried and where.</summary>
    internal async Task<T> TryAsync<T>(string what, Func<Task<T>> work)
    {
        const int NoSpace = 28, OverQuota = 122; // ENOSPC, EDQUOT
        try
        {
            return await work();
        }
        catch (IOException e) when ((e.HResult & 0xffff) is NoSpace or OverQuota)
        {
            throw new CloudletException(ErrorKind.NoSpace, $"{what}: no room is left ({e.Message}), and nothing of it was kept. Make room (the store is {Folder}: cloudlet store gc, cloudlet base remove, cloudlet vm stop --remove), or name another place", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CloudletException(ErrorKind.PermissionDenied, $"{what}: {e.Message} Run it as root, or name a folder of your own with --store", e);
        }
        catch (IOException e)
        {
            throw new CloudletException(ErrorKind.Unexpected, $"{what}: {e.Message}", e);
        }
    }
}
