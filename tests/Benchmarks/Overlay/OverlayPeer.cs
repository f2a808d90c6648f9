using Cloudlet.Errors;

namespace Cloudlet.Benchmarks.Overlay;

/// <summary>A general delta tool.</summary>
/// <param name="Name">With its flags, as shown in the table.</param>
/// <param name="Program">Its program, which must be installed.</param>
/// <param name="Create">Arguments that make a delta: before, after, delta.</param>
/// <param name="Apply">Arguments that apply it: before, delta, result.</param>
/// <param name="MostMiB">Largest input that it can handle; 0: no limit.</param>
internal sealed record OverlayPeer(
    string Name,
    string Program,
    Func<string, string, string, string[]> Create,
    Func<string, string, string, string[]> Apply,
    int MostMiB = 0
)
{
    /// <summary>False: left out of quick runs, because it takes minutes.</summary>
    public bool IsQuick { get; init; } = true;

    /// <summary>True: our aims refer to its time, so nothing else may run beside it.</summary>
    public bool IsTimed { get; init; }

    /// <summary>All peers. With -B and --long they see the whole base, not a window of it.</summary>
    public static IReadOnlyList<OverlayPeer> All { get; } =
    [
        new(
            "xdelta3 -9 -S lzma",
            "xdelta3",
            (b, a, d) => ["-e", "-f", "-9", "-S", "lzma", "-s", b, a, d],
            (b, d, r) => ["-d", "-f", "-s", b, d, r]
        ),
        new(
            "xdelta3 -9 -B 2047M",
            "xdelta3",
            (b, a, d) => ["-e", "-f", "-9", "-B", "2146435072", "-s", b, a, d],
            (b, d, r) => ["-d", "-f", "-B", "2146435072", "-s", b, d, r],
            MostMiB: 2047
        ),
        new(
            "zstd -3 --patch-from --long=31 -T2",
            "zstd",
            (b, a, d) => ["-q", "-f", "-3", "-T2", "--long=31", $"--patch-from={b}", a, "-o", d],
            (b, d, r) => ["-q", "-f", "-d", "--long=31", $"--patch-from={b}", d, "-o", r],
            MostMiB: 2047
        )
        {
            IsTimed = true,
        },
        new(
            "zstd -19 --patch-from --long=31 -T2",
            "zstd",
            (b, a, d) => ["-q", "-f", "-19", "-T2", "--long=31", $"--patch-from={b}", a, "-o", d],
            (b, d, r) => ["-q", "-f", "-d", "--long=31", $"--patch-from={b}", d, "-o", r],
            MostMiB: 2047
        )
        {
            IsQuick = false,
        },
        new("bsdiff", "bsdiff", (b, a, d) => [b, a, d], (b, d, r) => [b, r, d], MostMiB: 1000) { IsQuick = false },
    ];

    /// <summary>The program that applies a delta: bsdiff has a separate one.</summary>
    private string Applier => Program == "bsdiff" ? "bspatch" : Program;

    /// <summary>Makes a delta, applies it, and compares the result. Null when the tool can't handle files of this size.</summary>
    public async Task<OverlayFigures?> RunAsync(string before, string after, string folder, TimeSpan limit, CancellationToken ct)
    {
        if (MostMiB > 0 && new FileInfo(after).Length >> 20 > MostMiB)
            return null;
        var own = Directory.CreateDirectory(Path.Combine(folder, Name.Replace(' ', '_'))).FullName; // others may run beside it
        try
        {
            return await RunInAsync(before, after, own, limit, ct);
        }
        finally
        {
            Directory.Delete(own, recursive: true);
        }
    }

    private async Task<OverlayFigures> RunInAsync(string before, string after, string folder, TimeSpan limit, CancellationToken ct)
    {
        var (delta, result) = (Path.Combine(folder, "delta"), Path.Combine(folder, "result"));
        var create = await MeasuredProcess.RunAsync(Program, Create(before, after, delta), limit, ct);
        if (create.ExitCode != 0)
            return new OverlayFigures(Name, 0, create.Seconds, 0, create.PeakMiB) { Note = create.Error.Trim() };
        var apply = await MeasuredProcess.RunAsync(Applier, Apply(before, delta, result), limit, ct);
        if (apply.ExitCode != 0 || !await FilesEqual.AreAsync(after, result, ct))
            throw new CloudletException(ErrorKind.ProcessFailed, $"{Name} does not restore its input: {apply.Error}");
        return new OverlayFigures(Name, new FileInfo(delta).Length, create.Seconds, apply.Seconds, create.PeakMiB);
    }
}

/// <summary>Measured values of one tool and one corpus.</summary>
/// <param name="Tool">With its flags.</param>
/// <param name="Bytes">Size of its output; 0 without output.</param>
/// <param name="CreateSeconds">Time to create it, whole process.</param>
/// <param name="ApplySeconds">Time to apply and verify it.</param>
/// <param name="PeakMiB">Peak memory while creating it.</param>
internal sealed record OverlayFigures(string Tool, long Bytes, double CreateSeconds, double ApplySeconds, double PeakMiB)
{
    /// <summary>A remark for the table.</summary>
    public string? Note { get; init; }
}

/// <summary>Compares files by content.</summary>
internal static class FilesEqual
{
    /// <summary>True when both have the same bytes.</summary>
    public static async Task<bool> AreAsync(string one, string other, CancellationToken ct)
    {
        await using var left = new FileStream(one, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        await using var right = new FileStream(other, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        if (left.Length != right.Length)
            return false;
        var (a, b) = (new byte[1 << 20], new byte[1 << 20]);
        while (await left.ReadAtLeastAsync(a, a.Length, throwOnEndOfStream: false, ct) is > 0 and var read)
        {
            await right.ReadExactlyAsync(b.AsMemory(0, read), ct);
            if (!a.AsSpan(0, read).SequenceEqual(b.AsSpan(0, read)))
                return false;
        }

        return true;
    }
}
