namespace Cloudlet.Linux;

/// <summary>
/// Replaces files by a rename, so that a reader sees the old content or the new one, and never a part. For paths of our own: it follows
/// links, and two writers of one file need a lock.
/// </summary>
public static class FileReplacement
{
    /// <summary>Suffix of the file that holds the new content until the rename.</summary>
    private const string Suffix = ".new";

    /// <summary>
    /// Replaces a small file, without fsync: for records that are checked against the running system and are of no use after a power cut.
    /// </summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        File.WriteAllBytes(path + Suffix, content);
        File.Move(path + Suffix, path, overwrite: true);
    }

    /// <inheritdoc cref="Write(string, ReadOnlySpan{byte})"/>
    public static void Write(string path, string text) => Write(path, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Renames a complete, closed file to the one that it replaces, in the same folder; durable when this returns.</summary>
    public static void Publish(string staged, string path)
    {
        Sync(staged);
        File.Move(staged, path, overwrite: true);
        SyncFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>Makes a file's content durable.</summary>
    public static void Sync(string path)
    {
        using var file = File.OpenHandle(path);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>Makes the entries of a folder durable, if it can be opened.</summary>
    public static void SyncFolder(string path)
    {
        using var folder = FileCalls.Open(path, FileCalls.O_RDONLY | FileCalls.O_CLOEXEC);
        if (!folder.IsInvalid)
            _ = FileCalls.Sync(folder);
    }
}
