using System.Globalization;
using System.Runtime.InteropServices;

namespace Cloudlet.Machine.Processes;

/// <summary>Memory of this process that it can do without while it waits.</summary>
public static partial class OwnMemory
{
    /// <summary>Bytes. Below it nothing is given back: what was needed once and is small enough is there at once the next time.</summary>
    private const long Enough = 36 << 20;

    private const int MADV_DONTNEED = 4;

    /// <summary>
    /// Gives back what a pause does not need, when it is much: free memory of the collector, and the pages of program files. Those stay in the kernel's page cache, where it may take them when it needs the room,
    /// and are mapped again by whoever touches them, without a read from the disk. Takes some milliseconds.
    /// </summary>
    public static void Rest()
    {
        if (Environment.WorkingSet < Enough)
            return;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        foreach (var (start, length) in Clean(File.ReadLines("/proc/self/smaps")))
        {
            // Advice: where it is not taken, the pages stay.
            _ = MemoryAdvise(start, length, MADV_DONTNEED);
        }
    }

    /// <summary>
    /// The mappings of smaps (proc(5)) that hold nothing but what is in their file: of files that have a place, not writable, and without a page that was ever written: the loader writes addresses into some and
    /// protects them then, and those would come back from the file without them.
    /// </summary>
    internal static List<(nint Start, nint Length)> Clean(IEnumerable<string> smaps)
    {
        var clean = new List<(nint, nint)>();
        (nint, nint)? candidate = null;
        foreach (var line in smaps)
        {
            var end = line.IndexOf(' ');
            if (end > 0 && line[end - 1] != ':')
                candidate = Candidate(line, end);
            else if (candidate is { } mapping && line.StartsWith("Anonymous:", StringComparison.Ordinal))
            {
                if (line.AsSpan("Anonymous:".Length).Trim() is "0 kB")
                    clean.Add(mapping);
                candidate = null;
            }
        }

        return clean;
    }

    private static (nint Start, nint Length)? Candidate(string line, int end)
    {
        var dash = line.IndexOf('-');
        var path = line.IndexOf('/');
        if (dash < 0 || dash > end || path < 0 || line[end + 2] != '-' || line.AsSpan(path).StartsWith("/memfd:") || line.AsSpan(path).StartsWith("/dev/"))
            return null;
        var start = nint.Parse(line.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (start, nint.Parse(line.AsSpan(dash + 1, end - dash - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture) - start);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int MemoryAdvise(nint start, nint length, int advice);
}
