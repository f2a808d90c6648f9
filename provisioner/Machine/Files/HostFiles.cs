using System.Security.Cryptography;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Files;

/// <summary>
/// The files of this host, or of the tree below another root folder. Every change is relative to the open parent folder, so that a folder
/// swapped in the meantime cannot redirect it. A write never follows the last component of a path: a link there is replaced.
/// </summary>
public sealed class HostFiles : IHostFiles
{
    private const UnixFileMode FolderMode =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;

    private readonly HostRoot _root;
    private readonly AccountNames _accounts;

    /// <summary>Gives access to the files below <paramref name="root"/>; users and groups are those of that tree's /etc.</summary>
    public HostFiles(string root = "/")
    {
        _root = new HostRoot(root);
        _accounts = new AccountNames(_root);
    }

    /// <inheritdoc/>
    public HostFileInfo? Stat(string path)
    {
        using var folder = _root.TryOpenParent(path, "look at", out var name);
        if (folder is null || StatAt(folder, name, path) is not { } stat)
            return null;
        var type = TypeOf(stat);
        return new HostFileInfo(
            type,
            (UnixFileMode)(stat.Mode & 0xfff),
            _accounts.UserName(stat.User),
            _accounts.GroupName(stat.Group),
            (long)stat.Size,
            Time(stat.ModifySeconds, stat.ModifyNanoseconds),
            Time(stat.ChangeSeconds, stat.ChangeNanoseconds),
            type == HostFileType.Symlink ? ReadLink(folder, name) : null
        )
        {
            Inode = stat.Inode,
            IsImmutable = (stat.Attributes & Statx.Immutable) != 0,
            IsAppendOnly = (stat.Attributes & Statx.AppendOnly) != 0,
        };
    }

    /// <inheritdoc/>
    public byte[]? Read(string path, int limit = 16 << 20)
    {
        using var file = OpenRegular(path, out var length);
        return file is null
            ? null
            : HostRoot.ReadToEnd(file, length, limit, path)
                ?? throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"Cannot read {path}: it is longer than {limit} bytes. Choose a smaller file."
                );
    }

    /// <inheritdoc/>
    public string? DigestOf(string path)
    {
        var file = OpenRegular(path, out _);
        if (file is null)
            return null;
        using var content = new FileStream(file, FileAccess.Read);
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }

    /// <inheritdoc/>
    public byte[]? ReadEnd(string path, int count)
    {
        using var file = OpenRegular(path, out var length);
        if (file is null)
            return null;
        var end = new byte[(int)Math.Min(count, length)];
        var read = RandomAccess.Read(file, end, length - end.Length);
        return end[..read];
    }

    /// <inheritdoc/>
    public void Write(
        string path,
        ReadOnlySpan<byte> content,
        UnixFileMode mode,
        string? owner = null,
        string? group = null,
        DateTimeOffset? modified = null,
        IReadOnlyDictionary<string, byte[]>? extended = null,
        bool isUrgent = false
    )
    {
        using var folder = OpenOrCreateParent(path, "write", out var name);
        var old = StatAt(folder, name, path);
        if (old is { } there && TypeOf(there) == HostFileType.Directory)
            throw FileErrors.Create(Errno.EISDIR, "write", path);
        var kept = old is { } file && TypeOf(file) == HostFileType.Regular ? old : null;
        var user = owner is null ? kept?.User ?? AttributeCalls.KeepId : _accounts.UserId(owner);
        var groupId = group is null ? kept?.Group ?? AttributeCalls.KeepId : _accounts.GroupId(group);

        if (kept is not null)
            extended ??= ReadExtended(folder, name, ExtendedAttributes.IsKept, path);
        if (!isUrgent)
            TemporaryNames.RemoveLeftOvers(folder, name);
        using var temporary = TemporaryFile.Create(folder, name, path);
        temporary.Fill(content, (uint)mode, user, groupId, modified, extended);
        if (!isUrgent)
            temporary.Sync();
        temporary.MoveIntoPlace();
        if (isUrgent)
        {
            temporary.Sync();
            TemporaryNames.RemoveLeftOvers(folder, name);
        }

        SyncFolder(folder, path);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, byte[]> ReadExtended(string path)
    {
        using var folder = _root.TryOpenParent(path, "look at", out var name);
        return folder is null
            ? new Dictionary<string, byte[]>()
            : ReadExtended(folder, name, ExtendedAttributes.IsState, path) ?? new Dictionary<string, byte[]>();
    }

    /// <inheritdoc/>
    public void WriteExtended(string path, IReadOnlyDictionary<string, byte[]> extended)
    {
        const string action = "set the attributes of";
        using var folder = _root.TryOpenParent(path, action, out var name) ?? throw FileErrors.Create(Errno.ENOENT, action, path);
        using var file = OpenForAttributes(folder, name) ?? throw FileErrors.Last(action, path);
        ExtendedAttributes.Set(file, extended, ExtendedAttributes.IsState, path);
        SyncFolder(folder, path);
    }

    private static IReadOnlyDictionary<string, byte[]>? ReadExtended(
        SafeFileHandle folder,
        string name,
        Func<string, bool> isMeant,
        string path
    )
    {
        using var file = OpenForAttributes(folder, name);
        if (file is not null)
            return ExtendedAttributes.Read(file, isMeant, path);

        // A link, a device, or missing; a file that we may not read has nothing to carry over.
        return Errno.Last is Errno.ELOOP or Errno.ENOENT or Errno.ENXIO or Errno.EACCES ? null : throw FileErrors.Last("look at", path);
    }

    /// <summary>Opens a file or folder itself, never the target of a link; null with the errno when that fails.</summary>
    private static SafeFileHandle? OpenForAttributes(SafeFileHandle folder, string name)
    {
        var file = FileCalls.OpenAt(folder, name, FileCalls.O_RDONLY | FileCalls.O_NOFOLLOW | FileCalls.O_NONBLOCK | FileCalls.O_CLOEXEC);
        return file.IsInvalid ? null : file;
    }

    /// <inheritdoc/>
    public void Append(string path, ReadOnlySpan<byte> line, UnixFileMode mode, long limit)
    {
        using var folder = OpenOrCreateParent(path, AppendedFile.Action, out var name);
        AppendedFile.Append(folder, name, path, line, (uint)mode, limit);
    }

    /// <inheritdoc/>
    public void WriteSymlink(string path, string target)
    {
        using var folder = OpenOrCreateParent(path, "link", out var name);
        TemporaryNames.RemoveLeftOvers(folder, name);
        // A concurrent writer of the same name takes our temporary link for a leftover, because links cannot be locked: retry then.
        for (var attempt = 1; ; attempt++)
        {
            var temporary = TemporaryNames.Create(name);
            if (FileCalls.SymlinkAt(target, folder, temporary) < 0)
            {
                if (Errno.Last == Errno.EEXIST && attempt < 10)
                    continue;
                throw FileErrors.Last("link", path);
            }
            if (FileCalls.RenameAt(folder, temporary, folder, name) == 0)
                break;
            var error = FileErrors.Last("link", path);
            _ = FileCalls.UnlinkAt(folder, temporary, 0);
            if (error.Kind != ErrorKind.NotFound || attempt == 10)
                throw error;
        }
        SyncFolder(folder, path);
    }

    /// <inheritdoc/>
    public void CreateDirectory(string path, UnixFileMode mode, string? owner = null, string? group = null)
    {
        using var parent = OpenOrCreateParent(path, "create the folder", out var name);
        var user = owner is null ? AttributeCalls.KeepId : _accounts.UserId(owner);
        var groupId = group is null ? AttributeCalls.KeepId : _accounts.GroupId(group);
        // Restrictive at first: no other user may enter before owner and mode are set.
        if (
            FileCalls.MakeFolderAt(
                parent,
                name,
                0x1c0 /* 0700 */
            ) < 0
        )
        {
            var errno = Errno.Last;
            if (errno == Errno.EEXIST && IsFolder(path))
                return;
            throw FileErrors.Create(errno, "create the folder", path);
        }
        using var folder = FileCalls.OpenAt(
            parent,
            name,
            FileCalls.O_RDONLY | FileCalls.O_DIRECTORY | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC
        );
        if (folder.IsInvalid)
            throw FileErrors.Last("create the folder", path);
        if (AttributeCalls.ChangeOwner(folder, user, groupId) < 0 || AttributeCalls.ChangeMode(folder, (uint)mode) < 0)
            throw FileErrors.Last("set mode and owner of", path);
        SyncFolder(parent, path);
    }

    /// <inheritdoc/>
    public void SetAttributes(string path, UnixFileMode? mode, string? owner, string? group)
    {
        const string action = "set mode and owner of";
        using var folder = _root.TryOpenParent(path, action, out var name);
        if (folder is null || StatAt(folder, name, path) is not { } stat)
            throw FileErrors.Create(Errno.ENOENT, action, path);
        var user = owner is null ? stat.User : _accounts.UserId(owner);
        var groupId = group is null ? stat.Group : _accounts.GroupId(group);
        var wanted = mode is null ? stat.Mode & 0xfffu : (uint)mode;
        var ownerDiffers = user != stat.User || groupId != stat.Group;
        if (ownerDiffers && AttributeCalls.ChangeOwnerAt(folder, name, user, groupId, FileCalls.AT_SYMLINK_NOFOLLOW) < 0)
            throw FileErrors.Last(action, path);
        // chown(2) clears the set-id bits, so the mode is set again after it; a link has no mode.
        var modeDiffers = wanted != (stat.Mode & 0xfffu) || ownerDiffers;
        if (
            modeDiffers
            && TypeOf(stat) != HostFileType.Symlink
            && AttributeCalls.ChangeModeAt(folder, name, wanted, FileCalls.AT_SYMLINK_NOFOLLOW) < 0
        )
            throw FileErrors.Last(action, path);
    }

    /// <inheritdoc/>
    public void Delete(string path)
    {
        using var folder = _root.TryOpenParent(path, "remove", out var name);
        if (folder is null)
            return;
        TemporaryNames.RemoveLeftOvers(folder, name);
        if (FileCalls.UnlinkAt(folder, name, 0) < 0)
        {
            var errno = Errno.Last;
            if (errno == Errno.EISDIR)
                errno = FileCalls.UnlinkAt(folder, name, FileCalls.AT_REMOVEDIR) == 0 ? 0 : Errno.Last;
            if (errno == Errno.ENOENT)
                return;
            if (errno != 0)
                throw FileErrors.Create(errno, "remove", path);
        }
        SyncFolder(folder, path);
    }

    /// <inheritdoc/>
    public bool HasUser(string name) => _accounts.HasUser(name);

    /// <inheritdoc/>
    public bool HasGroup(string name) => _accounts.HasGroup(name);

    /// <inheritdoc/>
    public string? ObstacleAt(string path) => _root.IsHost ? FileObstacles.At(path) : null;

    /// <inheritdoc/>
    public FolderMount? MountOf(string path) => _root.IsHost ? FileObstacles.MountOf(path) : null;

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string directory)
    {
        _ = HostRoot.Split(directory);
        using var folder = _root.TryOpen(directory, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY, out var errno);
        if (folder is null)
            return errno == Errno.ENOENT ? [] : throw FileErrors.Create(errno, "list", directory);
        var names = FolderEntries.Of(folder);
        Array.Sort(names, StringComparer.Ordinal);
        return names;
    }

    /// <inheritdoc/>
    public void RemoveLeftOvers(string directory)
    {
        _ = HostRoot.Split(directory);
        using var folder = _root.TryOpen(directory, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY, out _);
        if (folder is not null)
            TemporaryNames.RemoveLeftOvers(folder);
    }

    /// <summary>Opens a regular file; null when there is none.</summary>
    private SafeFileHandle? OpenRegular(string path, out long length)
    {
        _ = HostRoot.Split(path);
        length = 0;
        // Without O_NONBLOCK, opening a fifo would wait for its writer.
        var file = _root.TryOpen(path, FileCalls.O_RDONLY | FileCalls.O_NONBLOCK, out var errno);
        if (file is null)
            return errno is Errno.ENOENT or Errno.ENOTDIR ? null : throw FileErrors.Create(errno, "read", path);
        try
        {
            if (FileCalls.Stat(file, out var stat) < 0)
                throw FileErrors.Last("read", path);
            if (TypeOf(stat) != HostFileType.Regular)
                throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"Cannot read {path}: it is not a regular file. Remove it or choose another path."
                );
            length = (long)stat.Size;
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private SafeFileHandle OpenOrCreateParent(string path, string action, out string name)
    {
        (var parent, name) = HostRoot.Split(path);
        if (name == ".")
            throw FileErrors.Create(Errno.EISDIR, action, path);
        var folder = _root.TryOpen(parent, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY, out var errno);
        if (folder is null && errno == Errno.ENOENT)
        {
            CreateDirectory(parent, FolderMode);
            folder = _root.TryOpen(parent, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY, out errno);
        }
        return folder ?? throw FileErrors.Create(errno, action, path);
    }

    private bool IsFolder(string path)
    {
        using var folder = _root.TryOpen(path, FileCalls.O_RDONLY | FileCalls.O_DIRECTORY, out var errno);
        return folder is not null || errno is Errno.EACCES;
    }

    private static Statx? StatAt(SafeFileHandle folder, string name, string path)
    {
        if (FileCalls.StatAt(folder, name, FileCalls.AT_SYMLINK_NOFOLLOW, out var stat) == 0)
            return stat;
        return Errno.Last == Errno.ENOENT ? null : throw FileErrors.Last("look at", path);
    }

    private static HostFileType TypeOf(Statx stat) =>
        (stat.Mode & 0xf000) switch
        {
            0x8000 => HostFileType.Regular,
            0x4000 => HostFileType.Directory,
            0xa000 => HostFileType.Symlink,
            _ => HostFileType.Other,
        };

    private static string? ReadLink(SafeFileHandle folder, string name)
    {
        Span<byte> target = stackalloc byte[4096];
        var length = FileCalls.ReadLinkAt(folder, name, target, target.Length);
        return length < 0 ? null : Encoding.UTF8.GetString(target[..(int)length]);
    }

    /// <summary>File systems allow times that .NET cannot express; they become the nearest one that it can.</summary>
    private static DateTimeOffset Time(long seconds, uint nanoseconds)
    {
        var clamped = Math.Clamp(seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds());
        return DateTimeOffset.FromUnixTimeSeconds(clamped).AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
    }

    private static void SyncFolder(SafeFileHandle folder, string path)
    {
        // EINVAL: this file system cannot sync a folder (some FUSE ones); nothing more can be done for durability then.
        if (FileCalls.Sync(folder) < 0 && Errno.Last != Errno.EINVAL)
            throw FileErrors.Last("make durable (fsync of the folder of)", path);
    }
}
