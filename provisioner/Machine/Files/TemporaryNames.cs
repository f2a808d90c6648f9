using System.Buffers;
using System.Text;
using Cloudlet.Linux;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Files;

/// <summary>
/// Temporary files next to the file that they will replace, named <c>.NAME.cloudlet-XXXXXX</c>. Their writer locks them (flock), which
/// distinguishes leftovers of killed processes from files that are being written.
/// </summary>
internal static class TemporaryNames
{
    private const string Marker = ".cloudlet-";
    private const int SuffixLength = 6;
    private const int LongestName = 255;
    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789";
    private static readonly SearchValues<char> LetterSet = SearchValues.Create(Letters);

    public static string Create(string name) => Prefix(name) + Random.Shared.GetString(Letters, SuffixLength);

    public static bool IsFor(string entry, string name)
    {
        var prefix = Prefix(name);
        return entry.Length == prefix.Length + SuffixLength
            && entry.StartsWith(prefix, StringComparison.Ordinal)
            && !entry.AsSpan(prefix.Length).ContainsAnyExcept(LetterSet);
    }

    /// <summary>True for a name of a temporary file of any file, as <see cref="Create"/> makes them.</summary>
    public static bool IsAny(string entry)
    {
        var length = entry.Length - SuffixLength - Marker.Length;
        return length > 1
            && entry[0] == '.'
            && entry.AsSpan(length, Marker.Length).SequenceEqual(Marker)
            && !entry.AsSpan(length + Marker.Length).ContainsAnyExcept(LetterSet);
    }

    /// <summary>
    /// Removes temporary files that killed writers of <paramref name="name"/> left. A failure is ignored: the write that follows reports
    /// the same error.
    /// </summary>
    public static void RemoveLeftOvers(SafeFileHandle folder, string name) => Remove(folder, entry => IsFor(entry, name));

    /// <summary>Removes temporary files that killed writers of any file in the folder left.</summary>
    public static void RemoveLeftOvers(SafeFileHandle folder) => Remove(folder, IsAny);

    private static void Remove(SafeFileHandle folder, Func<string, bool> isLeftOver)
    {
        foreach (var entry in Entries(folder))
            if (isLeftOver(entry))
                RemoveUnlessWritten(folder, entry);
    }

    /// <summary>Names in an open folder; empty when we may not list it.</summary>
    private static string[] Entries(SafeFileHandle folder)
    {
        try
        {
            return FolderEntries.Of(folder);
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>
    /// Holds the lock until the file is removed: a writer that has created it and waits for the lock notices the removal, and creates
    /// another.
    /// </summary>
    private static void RemoveUnlessWritten(SafeFileHandle folder, string entry)
    {
        using var file = FileCalls.OpenAt(
            folder,
            entry,
            FileCalls.O_RDONLY | FileCalls.O_NOFOLLOW | FileCalls.O_NONBLOCK | FileCalls.O_CLOEXEC
        );
        if (file.IsInvalid)
        {
            if (Errno.Last == Errno.ELOOP)
                _ = FileCalls.UnlinkAt(folder, entry, 0); // a symbolic link cannot be locked; its writer retries
            return;
        }

        if (FileCalls.Lock(file, FileCalls.LOCK_EX | FileCalls.LOCK_NB) == 0)
            _ = FileCalls.UnlinkAt(folder, entry, 0);
    }

    /// <summary>The part before the random letters; a very long name is shortened.</summary>
    private static string Prefix(string name)
    {
        var room = LongestName - 1 - Marker.Length - SuffixLength;
        while (Encoding.UTF8.GetByteCount(name) > room)
            name = name[..^(char.IsLowSurrogate(name[^1]) ? 2 : 1)];
        return "." + name + Marker;
    }
}

/// <summary>Lists an open folder.</summary>
internal static class FolderEntries
{
    /// <summary>Names in the folder, in no particular order.</summary>
    public static string[] Of(SafeFileHandle folder)
    {
        var path = $"/proc/self/fd/{folder.DangerousGetHandle()}";
        return [.. Directory.EnumerateFileSystemEntries(path).Select(static entry => Path.GetFileName(entry))];
    }
}
