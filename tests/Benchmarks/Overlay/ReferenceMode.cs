using System.Diagnostics;
using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Benchmarks.Overlay;

/// <summary>
/// The algorithm of the reference system (Ha, Pillai, Richter, Abe, Satyanarayanan: "Just-in-Time Provisioning for Cyber Foraging", MobiSys
/// 2013): pages of 4 KiB are found by SHA-256 among zeros, the base's disk and memory, and earlier pages; the rest goes through LZMA as one
/// stream. Its page list is counted with 9 bytes per changed page. This is a new implementation, so its times are not the reference's own.
/// </summary>
internal static class ReferenceMode
{
    private const string Name = "pages by SHA-256, then LZMA -5 (the reference system's mode)";

    /// <summary>Compresses, decompresses, and compares.</summary>
    public static async Task<OverlayFigures> RunAsync(string before, string after, string folder, CancellationToken ct)
    {
        var (pages, packed) = (Path.Combine(folder, "pages"), Path.Combine(folder, "pages.lzma"));
        File.Delete(packed);
        var watch = Stopwatch.StartNew();
        var changed = Find(before, after, pages);
        var found = watch.Elapsed.TotalSeconds;
        var pack = await MeasuredProcess.RunAsync("xz", ["--format=lzma", "-5", "-k", "-f", pages], null, ct);
        var unpack = await MeasuredProcess.RunAsync(
            "sh",
            ["-c", "exec xz --format=lzma -dc \"$1\" >\"$2\"", "sh", packed, $"{pages}.again"],
            null,
            ct
        );
        if (pack.ExitCode != 0 || unpack.ExitCode != 0 || !await FilesEqual.AreAsync(pages, $"{pages}.again", ct))
            throw new CloudletException(ErrorKind.ProcessFailed, $"xz does not restore its input: {pack.Error} {unpack.Error}");
        File.Delete(pages);
        File.Delete($"{pages}.again");
        return new OverlayFigures(Name, new FileInfo(packed).Length + (changed * 9), found + pack.Seconds, unpack.Seconds, pack.PeakMiB)
        {
            Note = "apply: LZMA alone",
        };
    }

    private static long Find(string before, string after, string into)
    {
        using var old = new SparseFile(before);
        using var fresh = new SparseFile(after);
        var known = new HashSet<UInt128>();
        var (page, there) = (new byte[PageSize.Bytes], new byte[PageSize.Bytes]);
        foreach (var number in Data(old))
        {
            old.Read(number * PageSize.Bytes, page);
            known.Add(Digest(page));
        }

        known.Add(Digest(new byte[PageSize.Bytes]));
        using var literals = File.Create(into);
        var changed = 0L;
        foreach (var number in Data(old).Union(Data(fresh)).Order())
        {
            fresh.Read(number * PageSize.Bytes, page);
            old.Read(number * PageSize.Bytes, there);
            if (page.AsSpan().SequenceEqual(there))
                continue;
            changed++;
            if (known.Add(Digest(page)))
                literals.Write(page);
        }

        return changed;
    }

    private static IEnumerable<long> Data(SparseFile file)
    {
        foreach (var (start, end) in file.Data())
            for (var number = start / PageSize.Bytes; number * PageSize.Bytes < end; number++)
                yield return number;
    }

    private static UInt128 Digest(byte[] page) => BitConverter.ToUInt128(SHA256.HashData(page));
}
