using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Files;

/// <summary>
/// The new content of a file, under a temporary name until <see cref="MoveIntoPlace"/>. Disposing removes it before that.
/// </summary>
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
            var flags = Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
            var descriptor = Libc.OpenAt(
                folder,
                temporaryName,
                flags,
                0x180 /* 0600 */
            );
            if (descriptor < 0)
            {
                if (Marshal.GetLastPInvokeError() == FileErrors.EEXIST && attempt < Attempts)
                    continue;
                throw FileErrors.Last("write", path);
            }
            var file = new SafeFileHandle(descriptor, ownsHandle: true);
            if (IsStillOurs(file) || attempt == Attempts)
                return new TemporaryFile(folder, file, temporaryName, name, path);
            file.Dispose();
        }
    }

    /// <summary>Sets owner, mode and content and makes them durable. The owner comes first because chown(2) clears set-id bits.</summary>
    /// <param name="content">The content.</param>
    /// <param name="mode">Permission bits.</param>
    /// <param name="user">Owner, or <see cref="Libc.KeepId"/>.</param>
    /// <param name="group">Group, or <see cref="Libc.KeepId"/>.</param>
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
        if ((user != Libc.KeepId || group != Libc.KeepId) && Libc.ChangeOwner(_file, user, group) < 0)
            throw FileErrors.Last("set the owner of", _path);
        while (!content.IsEmpty)
        {
            var count = Libc.Write(_file, content, content.Length);
            if (count >= 0)
                content = content[(int)count..];
            else if (Marshal.GetLastPInvokeError() != FileErrors.EINTR)
                throw FileErrors.Last("write", _path);
        }

        // After content and owner, because changing them clears file capabilities; before the mode, because an ACL sets one.
        if (extended is not null)
            ExtendedAttributes.Set(_file, extended, ExtendedAttributes.IsKept, _path);

        // The mode comes after the content because write(2) clears set-id bits, too.
        if (Libc.ChangeMode(_file, mode) < 0)
            throw FileErrors.Last("set the mode of", _path);
        if (modified is { } time)
            File.SetLastWriteTimeUtc(_file, time.UtcDateTime);
        if (Libc.Sync(_file) < 0)
            throw FileErrors.Last("make durable (fsync)", _path);
    }

    /// <summary>Replaces the old file atomically.</summary>
    public void MoveIntoPlace()
    {
        if (Libc.RenameAt(_folder, _temporaryName, _folder, _name) < 0)
            throw FileErrors.Last("replace", _path);
        _moved = true;
    }

    public void Dispose()
    {
        if (!_moved)
            _ = Libc.UnlinkAt(_folder, _temporaryName, 0);
        _file.Dispose();
    }

    /// <summary>False when another writer took the file for a leftover and removed it between creation and lock.</summary>
    private static bool IsStillOurs(SafeFileHandle file) =>
        // a file system without locks: no other writer removes it either, see TemporaryNames.RemoveUnlessWritten
        Libc.LockFile(file, Libc.LOCK_EX) < 0
        || (Libc.StatAt(file, "", Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, out var stat) == 0 && stat.Links > 0);
}
