using Cloudlet.Linux;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Files;

/// <summary>
/// The new content of a file, under a temporary name until <see cref="MoveIntoPlace"/>. Disposing removes it before that.
/// </summary>
/// <remarks>
/// Not <see cref="FileReplacement"/>, which takes paths: this is for folders of the described host, in which others may change paths and
/// links while we write. So everything is relative to a folder that is open, the new file never follows a link, and a lock distinguishes
/// it from what killed writers left (<see cref="TemporaryNames"/>). It also sets owner, mode and attributes before the content is visible.
/// </remarks>
internal sealed class TemporaryFile : IDisposable
{
    private const int Attempts = 10;

    private readonly SafeFileHandle _folder;
    private readonly SafeFileHandle _file;
    private readonly string _temporaryName;
    private readonly string _name;
    private readonly string _path;
    private bool _moved;

    private TemporaryFile(SafeFileHandle folder, SafeFileHandle file, string temporaryName, string name, string path)
    {
        _folder = folder;
        _file = file;
        _temporaryName = temporaryName;
        _name = name;
        _path = path;
    }

    /// <summary>Creates the file, readable by its owner only, and locked until it is disposed.</summary>
    /// <param name="folder">The open folder of the file to replace; the caller closes it.</param>
    /// <param name="name">Its name.</param>
    /// <param name="path">Its path, for messages.</param>
    public static TemporaryFile Create(SafeFileHandle folder, string name, string path)
    {
        for (var attempt = 1; ; attempt++)
        {
            var temporaryName = TemporaryNames.Create(name);
            var flags = FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_EXCL | FileCalls.O_NOFOLLOW | FileCalls.O_CLOEXEC;
            var file = FileCalls.OpenAt(
                folder,
                temporaryName,
                flags,
                0x180 /* 0600 */
            );
            if (file.IsInvalid)
            {
                if (Errno.Last == Errno.EEXIST && attempt < Attempts)
                    continue;
                throw FileErrors.Last("write", path);
            }
            if (IsStillOurs(file) || attempt == Attempts)
                return new TemporaryFile(folder, file, temporaryName, name, path);
            file.Dispose();
        }
    }

    /// <summary>Sets owner, mode and content. The owner comes first because chown(2) clears set-id bits.</summary>
    /// <param name="content">The content.</param>
    /// <param name="mode">Permission bits.</param>
    /// <param name="user">Owner, or <see cref="AttributeCalls.KeepId"/>.</param>
    /// <param name="group">Group, or <see cref="AttributeCalls.KeepId"/>.</param>
    /// <param name="modified">Time of modification; null: now.</param>
    /// <param name="extended">Extended attributes; null: the folder's defaults for new files.</param>
    public void Fill(
        ReadOnlySpan<byte> content,
        uint mode,
        uint user,
        uint group,
        DateTimeOffset? modified,
        IReadOnlyDictionary<string, byte[]>? extended = null
    )
    {
        if ((user != AttributeCalls.KeepId || group != AttributeCalls.KeepId) && AttributeCalls.ChangeOwner(_file, user, group) < 0)
            throw FileErrors.Last("set the owner of", _path);
        if (!FileCalls.WriteAll(_file, content))
            throw FileErrors.Last("write", _path);

        // After content and owner, because changing them clears file capabilities; before the mode, because an ACL sets one.
        if (extended is not null)
            ExtendedAttributes.Set(_file, extended, ExtendedAttributes.IsKept, _path);

        // The mode comes after the content because write(2) clears set-id bits, too.
        if (AttributeCalls.ChangeMode(_file, mode) < 0)
            throw FileErrors.Last("set the mode of", _path);
        if (modified is { } time)
            File.SetLastWriteTimeUtc(_file, time.UtcDateTime);
    }

    /// <summary>Makes the content and what was set durable.</summary>
    public void Sync()
    {
        if (FileCalls.Sync(_file) < 0)
            throw FileErrors.Last("make durable (fsync)", _path);
    }

    /// <summary>Replaces the old file atomically.</summary>
    public void MoveIntoPlace()
    {
        if (FileCalls.RenameAt(_folder, _temporaryName, _folder, _name) < 0)
            throw FileErrors.Last("replace", _path);
        _moved = true;
    }

    public void Dispose()
    {
        if (!_moved)
            _ = FileCalls.UnlinkAt(_folder, _temporaryName, 0);
        _file.Dispose();
    }

    /// <summary>False when another writer took the file for a leftover and removed it between creation and lock.</summary>
    private static bool IsStillOurs(SafeFileHandle file) =>
        // a file system without locks: no other writer removes it either, see TemporaryNames.RemoveUnlessWritten
        FileCalls.Lock(file, FileCalls.LOCK_EX) < 0
        || (FileCalls.Stat(file, out var stat) == 0 && stat.Links > 0);
}
