using System.Globalization;
using Cloudlet.Linux;

namespace Cloudlet.Machine.Processes;

/// <summary>Releases memory that this process does not need while it waits.</summary>
public static class OwnMemory
{
    /// <summary>Threshold in bytes. Below it nothing is released, so that memory is available without delay the next time.</summary>
    private const long Enough = 16 << 20;

    /// <summary>
    /// Releases free memory of the collector and pages of program files, above a threshold. The pages stay in the kernel's page cache,
    /// which may reclaim them, and are mapped again on access, without a read from disk. Takes some milliseconds.
    /// </summary>
    public static void Rest()
    {
        if (Environment.WorkingSet < Enough)
            return;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        foreach (var (start, length) in Clean(File.ReadLines("/proc/self/smaps")))
        {
            // Advice: if it fails, the pages stay.
            _ = ProcessCalls.MemoryAdvise(start, length, ProcessCalls.MADV_DONTNEED);
        }
    }

    /// <summary>
    /// The mappings in smaps (proc(5)) that only hold content of their file: of existing files, not writable, and without a page that was
    /// written. The loader writes addresses into some mappings before it write-protects them; these would be lost.
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
        if (
            dash < 0
            || dash > end
            || path < 0
            || line[end + 2] != '-'
            || line.AsSpan(path).StartsWith("/memfd:")
            || line.AsSpan(path).StartsWith("/dev/")
        )
            return null;
        var start = nint.Parse(line.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (start, nint.Parse(line.AsSpan(dash + 1, end - dash - 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture) - start);
    }
}
