using System.Text.RegularExpressions;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Store;

/// <summary>
/// The store of bases and VMs: <c>bases/ID</c> and <c>vms/ID</c>. Each folder is renamed from <c>staging</c> when it is complete.
/// <c>cloudlet store gc</c> removes what killed commands left in <c>staging</c>.
/// </summary>
public sealed partial class RuntimeStore
{
    /// <summary>The store that <c>cloudlet</c> uses unless told otherwise.</summary>
    public const string DefaultPath = "/var/lib/cloudlet/runtime";

    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Describes a store; folders are created on first use.</summary>
    /// <param name="path">Folder; a relative one is below the current folder. It must not have a comma, which separates QEMU's
    /// options.</param>
    public RuntimeStore(string path = DefaultPath)
    {
        var full =
            path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)
                ? ""
                : Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (full.Length == 0 || full.Contains(',', StringComparison.Ordinal))
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"bases and VMs can't be kept in '{(full.Length == 0 ? path : full)}': give a folder whose absolute path has no comma."
            );
        Folder = full;
    }

    /// <summary>The store's folder.</summary>
    public string Folder { get; }

    /// <summary>The project whose VMs, overlays and bases this view shows, beside public bases; null: everything.</summary>
    public string? Project { get; private init; }

    /// <summary>The same store as a project sees it; what is made through it belongs to the project. Null: everything, public.</summary>
    /// <param name="project">A name as those of VMs; InvalidInput for another text.</param>
    public RuntimeStore For(string? project)
    {
        if (project is not null)
            RequireValid(project);
        return new RuntimeStore(Folder) { Project = project };
    }

    /// <summary>True when this view shows what belongs to a project.</summary>
    internal bool Shows(string? project) => Project is null || Project == project;

    /// <summary>One folder a base, named by its id.</summary>
    public string BasesFolder => Path.Combine(Folder, "bases");

    /// <summary>One folder a VM, named by its id.</summary>
    public string VmsFolder => Path.Combine(Folder, "vms");

    /// <summary>One folder an overlay that is kept here, named by its id.</summary>
    public string OverlaysFolder => Path.Combine(Folder, "overlays");

    /// <summary>Folder of what is still being made.</summary>
    public string StagingFolder => Path.Combine(Folder, "staging");

    /// <summary>Creates a folder to make something in, accessible by its owner only until it is published.</summary>
    public StagedFolder Stage()
    {
        Prepare();
        return new StagedFolder(Directory.CreateDirectory(Path.Combine(StagingFolder, Guid.NewGuid().ToString("n")), Owner).FullName);
    }

    /// <summary>Folder of the lock files of names: two commands can't give the same name at the same time.</summary>
    private string NamesFolder => Path.Combine(Folder, "names");

    /// <summary>
    /// Locks a name until disposed, so that no other command can give it while existing names are checked. AlreadyExists while another
    /// command holds it. The kernel releases the lock when its holder ends. The file stays: a lock on a removed file would be useless.
    /// </summary>
    /// <param name="kind">Namespace of the name: base or vm.</param>
    /// <param name="name">The name.</param>
    internal FileStream ClaimName(string kind, string name)
    {
        Prepare();
        Directory.CreateDirectory(NamesFolder, Owner);
        try
        {
            return new FileStream(
                Path.Combine(NamesFolder, $"{kind}.{name}"),
                new FileStreamOptions
                {
                    Mode = FileMode.OpenOrCreate,
                    Access = FileAccess.ReadWrite,
                    Share = FileShare.None,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                }
            );
        }
        catch (IOException e) when ((e.HResult & 0xffff) == WouldBlock)
        {
            throw new CloudletException(
                ErrorKind.AlreadyExists,
                $"another command is making a {kind} named '{name}': wait for it to end, or choose another name",
                e
            );
        }
    }

    /// <summary>
    /// The same for a name that has to be valid and free. This is checked before the lock, so that a refusal leaves no file, and that it is
    /// free again under the lock. InvalidInput when it is not valid.
    /// </summary>
    /// <param name="kind">Namespace of the name.</param>
    /// <param name="name">The name.</param>
    /// <param name="requireFree">AlreadyExists when something of that kind has the name.</param>
    internal FileStream ClaimFreeName(string kind, string name, Action<string> requireFree)
    {
        RequireValid(name);
        requireFree(name);
        var claim = ClaimName(Project is null ? kind : $"{kind}.{Project}", name);
        try
        {
            requireFree(name);
            return claim;
        }
        catch
        {
            claim.Dispose();
            throw;
        }
    }

    /// <summary>True for a valid name of a base, VM, overlay or project.</summary>
    public static bool IsValidName(string name) => NamePattern().IsMatch(name);

    private static void RequireValid(string name)
    {
        if (!IsValidName(name))
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"'{name}' is not a valid name: use 1–40 lower-case letters, digits and dashes, with a letter first and no dash at the end"
            );
    }

    [GeneratedRegex(@"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NamePattern();

    private const int WouldBlock = 11; // EWOULDBLOCK of flock(2)

    /// <summary>
    /// Creates the folders. QEMU's user can traverse but not list them (--x). PermissionDenied when a folder exists that it can't traverse.
    /// </summary>
    internal void Prepare()
    {
        foreach (var folder in (string[])[BasesFolder, VmsFolder, OverlaysFolder, StagingFolder])
            if (new DirectoryInfo(folder).LinkTarget is { } target)
                throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"{folder} is a symbolic link to {target}: VMs find their base by a path from one folder of the store to the "
                        + "other, and folders move between them by renames. Put the real folder "
                        + $"back, and move the whole store instead ({Folder} itself may be a link, or give another one with --store)"
                );
        foreach (var folder in (string[])[Folder, BasesFolder, VmsFolder, OverlaysFolder, StagingFolder])
            if (File.Exists(folder))
                throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"{folder} is a file: expected a folder of the store; move it away, or give another folder with --store"
                );
            else if (!Directory.Exists(folder))
                File.SetUnixFileMode(
                    Directory.CreateDirectory(folder).FullName,
                    Owner | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute
                );
            else if (QemuUser.Current.IsOwn && !File.GetUnixFileMode(folder).HasFlag(UnixFileMode.OtherExecute))
                throw new CloudletException(
                    ErrorKind.PermissionDenied,
                    $"QEMU runs as user {QemuUser.DefaultId}, which can't traverse {folder}: allow it (chmod o+x {folder}), or "
                        + "give another folder with --store"
                );
        if (!QemuUser.Current.IsOwn)
            CloseOlder();
    }

    /// <summary>Restricts folders of bases and VMs: without root, earlier versions gave the user's group access.</summary>
    private void CloseOlder()
    {
        foreach (var folder in Directory.EnumerateDirectories(BasesFolder).Concat(Directory.EnumerateDirectories(VmsFolder)))
            try
            {
                if (File.GetUnixFileMode(folder) != Owner)
                    File.SetUnixFileMode(folder, Owner);
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                // It belongs to another user, or was removed in the meantime.
            }
    }

    /// <summary>
    /// Runs work of QEMU that takes disk space. A failure while almost none is left becomes NoSpace, because QEMU reports no reason: the
    /// kernel kills it (SIGBUS) when its memory file can't grow, and in a tmpfs even when a hole of that file can't be read.
    /// </summary>
    /// <param name="needed">What has to be written, for the message.</param>
    /// <param name="work">The work. It must not delete what QEMU wrote before it throws.</param>
    internal async Task<T> HavingRoomAsync<T>(string needed, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (CloudletException e)
            when (e.Kind is ErrorKind.ProcessFailed or ErrorKind.Unreachable && new DriveInfo(Folder).AvailableFreeSpace < 1 << 20)
        {
            throw new CloudletException(ErrorKind.NoSpace, $"no room is left in {Folder} for {needed}: {e.Message}", e);
        }
    }

    /// <inheritdoc cref="HavingRoomAsync{T}"/>
    internal Task HavingRoomAsync(string needed, Func<Task> work) =>
        HavingRoomAsync(
            needed,
            async () =>
            {
                await work();
                return 0;
            }
        );

    /// <summary>
    /// Runs work in the store. Errors of the file system become NoSpace, PermissionDenied or Unexpected, with what was tried.
    /// </summary>
    internal async Task<T> TryAsync<T>(string what, Func<Task<T>> work)
    {
        const int NoSpace = 28,
            OverQuota = 122; // ENOSPC, EDQUOT
        try
        {
            return await work();
        }
        catch (IOException e) when ((e.HResult & 0xffff) is NoSpace or OverQuota)
        {
            throw new CloudletException(
                ErrorKind.NoSpace,
                $"can't {what}: no room is left ({e.Message}); partial work was discarded. Make room (the store is {Folder}: cloudlet "
                    + "store gc, cloudlet base remove, cloudlet vm stop --remove), or give another folder",
                e
            );
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CloudletException(
                ErrorKind.PermissionDenied,
                $"can't {what}: {e.Message} Run it as root, or give a folder of yours with --store",
                e
            );
        }
        catch (IOException e)
        {
            throw new CloudletException(ErrorKind.Unexpected, $"can't {what}: {e.Message}", e);
        }
    }
}
