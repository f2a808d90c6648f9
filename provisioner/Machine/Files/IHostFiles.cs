using System.Security.Cryptography;

namespace Cloudlet.Machine.Files;

/// <summary>Type of the file at a path; links are not followed.</summary>
public enum HostFileType
{
    /// <summary>A regular file.</summary>
    Regular,

    /// <summary>A directory.</summary>
    Directory,

    /// <summary>A symbolic link.</summary>
    Symlink,

    /// <summary>A device, socket or fifo.</summary>
    Other,
}

/// <summary>Result of lstat(2), with owner and group as names.</summary>
/// <param name="Type">Type of the file.</param>
/// <param name="Mode">Permission bits, e.g. octal 0644.</param>
/// <param name="Owner">Owner's name, or its number when it has no name.</param>
/// <param name="Group">Group's name, or its number when it has no name.</param>
/// <param name="Length">Size in bytes.</param>
/// <param name="Modified">Last modification of the content.</param>
/// <param name="Changed">Last change of the inode (ctime): cannot be set by programs, unlike <paramref name="Modified"/>.</param>
/// <param name="Target">Target of a symbolic link, else null.</param>
public sealed record HostFileInfo(
    HostFileType Type,
    UnixFileMode Mode,
    string Owner,
    string Group,
    long Length,
    DateTimeOffset Modified,
    DateTimeOffset Changed,
    string? Target
)
{
    /// <summary>Number of the inode in its file system; it differs when the file was replaced.</summary>
    public ulong Inode { get; init; }

    /// <summary>An operator has set it immutable (chattr +i): not even root can change it.</summary>
    public bool IsImmutable { get; init; }

    /// <summary>An operator has set it append-only (chattr +a): not even root can replace it.</summary>
    public bool IsAppendOnly { get; init; }
}

/// <summary>
/// The host's files. Every write is atomic: temporary file in the same folder with final mode and owner, fsync, rename, fsync of the
/// folder; a reader sees the old or the new content, never a part, and a failure (ENOSPC → NoSpace, EROFS → ReadOnly) leaves the old one
/// and no temporary file. A temporary file left by a kill has a name of the form <c>.NAME.cloudlet-XXXXXX</c> and is removed by the next
/// write of that name.
/// </summary>
public interface IHostFiles
{
    /// <summary>lstat of the path, or null when it does not exist.</summary>
    HostFileInfo? Stat(string path);

    /// <summary>
    /// The content of a regular file (links are followed), or null when it does not exist. Throws InvalidInput above
    /// <paramref name="limit"/> bytes.
    /// </summary>
    byte[]? Read(string path, int limit = 16 << 20);

    /// <summary>
    /// The last <paramref name="count"/> bytes of a regular file of any length (links are followed), all of a shorter one; null when it
    /// does not exist.
    /// </summary>
    byte[]? ReadEnd(string path, int count) => Read(path, int.MaxValue) is { } all ? all[Math.Max(0, all.Length - count)..] : null;

    /// <summary>
    /// SHA-256 of the content of a regular file of any length (links are followed), 64 lower-case hexadecimal digits; null when it does not
    /// exist.
    /// </summary>
    string? DigestOf(string path) => Read(path, int.MaxValue) is { } all ? Convert.ToHexStringLower(SHA256.HashData(all)) : null;

    /// <summary>
    /// Replaces or creates a regular file atomically, creating missing parent folders (0755). Owner and group null: as the old file, else
    /// as the process; modified null: now. Extended null: the extended attributes and the ACL of the old file stay, but not its file
    /// capabilities and its signature, which belong to the content; and <paramref name="mode"/> limits the ACL as chmod does; else exactly
    /// these. Attributes that a security module refuses are left out. Urgent: the new content is in place before it is durable (fsync),
    /// which saves the time of a write to the disk; after a power failure in between, the file may be empty. For content that a repair
    /// restores, because the next repair finds that; if only the fsync fails, the error is thrown and the new content stays.
    /// </summary>
    void Write(
        string path,
        ReadOnlySpan<byte> content,
        UnixFileMode mode,
        string? owner = null,
        string? group = null,
        DateTimeOffset? modified = null,
        IReadOnlyDictionary<string, byte[]>? extended = null,
        bool isUrgent = false
    );

    /// <summary>
    /// Extended attributes of a file or folder by name, POSIX ACLs and file capabilities among them, without labels of security modules;
    /// empty for a link, and when nothing exists.
    /// </summary>
    IReadOnlyDictionary<string, byte[]> ReadExtended(string path);

    /// <summary>Makes the extended attributes of a file or folder exactly these. An ACL changes the permission bits with it.</summary>
    void WriteExtended(string path, IReadOnlyDictionary<string, byte[]> extended);

    /// <summary>
    /// Appends a line (<paramref name="line"/> ends in a line break) to a regular file in one write, creating it with
    /// <paramref name="mode"/> and missing parent folders (0755). It is not durable before the kernel writes it: a power cut may leave a
    /// partial line, which the next append terminates. If the line would make the file longer than <paramref name="limit"/> bytes, the file
    /// is first renamed to <c>PATH.1</c>, replacing an older one, so that both together never exceed twice the limit. A link in the file's
    /// place is not followed (InvalidInput).
    /// </summary>
    void Append(string path, ReadOnlySpan<byte> line, UnixFileMode mode, long limit);

    /// <summary>Replaces or creates a symbolic link atomically.</summary>
    void WriteSymlink(string path, string target);

    /// <summary>Creates a folder and its parents; existing ones stay as they are.</summary>
    void CreateDirectory(string path, UnixFileMode mode, string? owner = null, string? group = null);

    /// <summary>Sets permission bits and owner where they differ; null leaves them as they are.</summary>
    void SetAttributes(string path, UnixFileMode? mode, string? owner, string? group);

    /// <summary>Removes a file, link or empty folder and syncs its folder; a missing one is not an error.</summary>
    void Delete(string path);

    /// <summary>False when <see cref="Write"/> would not find the user, given by name or number.</summary>
    bool HasUser(string name) => true;

    /// <summary>False when <see cref="Write"/> would not find the group, given by name or number.</summary>
    bool HasGroup(string name) => true;

    /// <summary>
    /// What prevents changes of a path, and what to do: a mount over it, a read-only file system, an attribute. Null when nothing visible
    /// does.
    /// </summary>
    string? ObstacleAt(string path) => null;

    /// <summary>The mount that the folder of a path is on; null when it is unknown.</summary>
    FolderMount? MountOf(string path) => null;

    /// <summary>Names (not paths) in a folder, ordinal order; empty when the folder does not exist.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>
    /// Removes temporary files that killed writers left in a folder. Those that cannot be removed stay; a missing folder is not an error.
    /// </summary>
    void RemoveLeftOvers(string directory);
}

/// <summary>The mount that a folder is on.</summary>
/// <param name="Point">Mount point.</param>
/// <param name="What">What is mounted, for messages: <c>/dev/sda1 (ext4)</c>.</param>
public sealed record FolderMount(string Point, string What);
