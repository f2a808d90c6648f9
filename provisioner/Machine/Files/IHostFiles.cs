namespace Cloudlet.Machine.Files;

/// <summary>What is at a path; links are not followed.</summary>
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

/// <summary>lstat(2) of a path, with names for the numbers.</summary>
/// <param name="Type">What is there.</param>
/// <param name="Mode">Permission bits, e.g. octal 0644.</param>
/// <param name="Owner">Owner's name, or its number when it has no name.</param>
/// <param name="Group">Group's name, or its number when it has no name.</param>
/// <param name="Length">Size in bytes.</param>
/// <param name="Modified">Last modification of the content.</param>
/// <param name="Changed">Last change of the inode (ctime): cannot be set by programs, unlike <paramref name="Modified"/>.</param>
/// <param name="Target">Target of a symbolic link, else null.</param>
public sealed record HostFileInfo(
    HostFileType Type, UnixFileMode Mode, string Owner, string Group, long Length, DateTimeOffset Modified, DateTimeOffset Changed, string? Target)
{
    /// <summary>Number of the inode in its file system: another one, another file.</summary>
    public ulong Inode { get; init; }
}

/// <summary>
/// The host's files. Every write is atomic: temporary file in the same folder with final mode and owner, fsync, rename, fsync of the folder;
/// a reader sees the old or the new content, never a part, and a failure (ENOSPC → NoSpace, EROFS → ReadOnly) leaves the old one and no temporary file.
/// A temporary file left by a kill has a name of the form <c>.NAME.cloudlet-XXXXXX</c> and is removed by the next write of that name.
/// </summary>
public interface IHostFiles
{
    /// <summary>lstat of the path, or null if nothing is there.</summary>
    HostFileInfo? Stat(string path);

    /// <summary>The content of a regular file (links are followed), or null if it is not there. Throws InvalidInput above <paramref name="limit"/> bytes.</summary>
    byte[]? Read(string path, int limit = 16 << 20);

    /// <summary>The last <paramref name="count"/> bytes of a regular file of any length (links are followed), all of a shorter one; null if it is not there.</summary>
    byte[]? ReadEnd(string path, int count) => Read(path, int.MaxValue) is { } all ? all[Math.Max(0, all.Length - count)..] : null;

    /// <summary>Replaces or creates a regular file atomically, creating missing parent folders (0755). Owner and group null: as the old file, else as the process; modified null: now.</summary>
    void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode, string? owner = null, string? group = null, DateTimeOffset? modified = null);

    /// <summary>
    /// Appends a line (<paramref name="line"/> ends in a line break) to a regular file in one write, creating it with <paramref name="mode"/> and missing parent folders (0755). Not durable before the kernel
    /// writes it: a power cut may leave a part of the line, which the next one does not continue but ends. A file that the line would take beyond <paramref name="limit"/> bytes is renamed first to
    /// <c>PATH.1</c>, in the place of an older one, so that both together never take more than twice the limit. A link in the file's place is not followed (InvalidInput).
    /// </summary>
    void Append(string path, ReadOnlySpan<byte> line, UnixFileMode mode, long limit);

    /// <summary>Replaces or creates a symbolic link atomically.</summary>
    void WriteSymlink(string path, string target);

    /// <summary>Creates a folder and its parents; existing ones are left.</summary>
    void CreateDirectory(string path, UnixFileMode mode, string? owner = null, string? group = null);

    /// <summary>Sets permission bits and owner where they differ; null leaves them.</summary>
    void SetAttributes(string path, UnixFileMode? mode, string? owner, string? group);

    /// <summary>Removes a file, link or empty folder and syncs its folder; nothing there is not an error.</summary>
    void Delete(string path);

    /// <summary>Names (not paths) in a folder, ordinal order; empty if the folder is not there.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Removes from a folder what killed writers left: temporary files of ours that nobody writes any more. What cannot be removed stays; no folder is no error.</summary>
    void RemoveLeftOvers(string directory);
}
