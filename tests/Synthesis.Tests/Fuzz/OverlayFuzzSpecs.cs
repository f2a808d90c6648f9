using Cloudlet.Errors;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Tests.Overlays;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Fuzz;

/// <summary>
/// Malicious overlays, made from those in the folder corpus, which also contains earlier offenders and old overlays of versions 1 and 2,
/// and from those in the folder moved, which consist of copies. <c>build/fuzz SECONDS</c> continues with other seeds. CLOUDLET_UPDATE=1
/// regenerates the valid ones, which a new version of the format needs.
/// </summary>
public sealed class OverlayFuzzSpecs(ITestOutputHelper output)
{
    private const int Rounds = 3000;

    // a file of a few KiB must not make us allocate more: device state of 64 MiB, read and decoded, is the most that the format allows
    private const long MostMemory = 256 << 20;

    private static readonly string Corpus = Path.Combine(FuzzRun.Folder, "corpus"),
        Moved = Path.Combine(FuzzRun.Folder, "moved");

    // Read only when needed: samples of a version that is no longer read must be regenerated first.
    private static readonly Lazy<HashSet<string>> Ids = new(() =>
        [
            .. Directory
                .EnumerateFiles(Corpus)
                .Where(IsWhole)
                .Concat(Directory.EnumerateFiles(Moved))
                .Select(File.ReadAllBytes)
                .Select(Header)
                .Select(h => h.Id()),
        ]
    );

    [Fact]
    public Task Overlays_are_read_whole_or_refused() => RunAsync(Corpus, SampleVm());

    [Fact]
    public async Task Overlays_of_copies_are_read_whole_or_refused()
    {
        await RunAsync(Moved, MovedVm());

        Directory
            .EnumerateFiles(Moved, "whole-*")
            .Order(StringComparer.Ordinal)
            .Select(f => Header(File.ReadAllBytes(f)).Segments[^1].Codec)
            .ShouldBe([SegmentCodec.Copies, SegmentCodec.ModelledCopies]);
    }

    private async Task RunAsync(string corpus, ChangedVm vm)
    {
        Update(corpus, vm);
        var paths = Directory.EnumerateFiles(corpus).Order(StringComparer.Ordinal).ToList();
        foreach (var path in paths)
            await TryAsync(vm, await File.ReadAllBytesAsync(path), path);
        var (run, refused) = (new FuzzRun(Rounds), 0);
        var files = paths.Where(IsWhole).Select(File.ReadAllBytes).ToList();
        for (var mutator = new OverlayMutator(new Random(run.Seed)); run.Goes(); )
            if (!await TryAsync(vm, mutator.Mutate(files[run.Round % files.Count]), $"{run}"))
                refused++;
        output.WriteLine($"{run}, {refused} refused");
        refused.ShouldBeGreaterThan(run.Round / 2);
    }

    /// <summary>The VM whose overlays the corpus holds.</summary>
    internal static ChangedVm SampleVm() => new(21, diskPages: 24, memoryPages: 16);

    /// <summary>A VM whose disk has a file that moved by bytes, with a few new words in it.</summary>
    internal static ChangedVm MovedVm()
    {
        var vm = new ChangedVm(23, diskPages: 24, memoryPages: 16);
        vm.BaseMemory.Content.CopyTo(vm.Memory.Content, 0);
        var (before, now, chance) = (vm.BaseDisk.Content, vm.Disk.Content, new Random(24));
        foreach (ref var c in before.AsSpan())
            c = (byte)('a' + chance.Next(26));
        for (var (at, from) = (0, 300); at < now.Length; from = (from + 3100) % (before.Length - 3000))
        {
            var words = System.Text.Encoding.ASCII.GetBytes($"new words {at} ");
            var (fresh, old) = (Math.Min(words.Length, now.Length - at), Math.Min(2985, now.Length - at - words.Length));
            words.AsSpan(0, fresh).CopyTo(now.AsSpan(at));
            if (old > 0)
                before.AsSpan(from, old).CopyTo(now.AsSpan(at + fresh));
            at += fresh + Math.Max(0, old);
        }

        return vm;
    }

    private static bool IsWhole(string path) =>
        Path.GetFileName(path) is var name
        && (name.StartsWith("whole-", StringComparison.Ordinal) || name.StartsWith("old-", StringComparison.Ordinal));

    private static async Task<bool> TryAsync(ChangedVm vm, byte[] bytes, string which)
    {
        var before = GC.GetTotalAllocatedBytes();
        var wasRead = await IsReadAsync(vm, bytes, which);
        return GC.GetTotalAllocatedBytes() - before <= MostMemory
            ? wasRead
            : throw FuzzRun.Kept(bytes, $"{which}: {GC.GetTotalAllocatedBytes() - before >> 20} MiB were allocated", null);
    }

    /// <summary>True when it was read. An overlay that is read with the id of a valid one must equal it.</summary>
    private static async Task<bool> IsReadAsync(ChangedVm vm, byte[] bytes, string which)
    {
        bool isOther;
        try
        {
            var (overlay, disk, memory) = await vm.ApplyAsync(new MemoryStream(bytes));
            isOther =
                Ids.Value.Contains(overlay.Header.Id())
                && !(disk.Content.AsSpan().SequenceEqual(vm.Disk.Content) && memory.Content.AsSpan().SequenceEqual(vm.Memory.Content));
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.InvalidInput)
        {
            return false;
        }
        catch (Exception e)
        {
            throw FuzzRun.Kept(bytes, $"{which}: {e.Message}", e);
        }

        return !isOther ? true : throw FuzzRun.Kept(bytes, $"{which}: it was accepted as a valid one and makes another VM", null);
    }

    private static OverlayHeader Header(byte[] file) =>
        OverlayHeader.Parse(file, file.AsSpan(OverlayHeader.PreludeLength, OverlayHeader.LengthOf(file)));

    private static void Update(string corpus, ChangedVm vm)
    {
        if (Environment.GetEnvironmentVariable("CLOUDLET_UPDATE") != "1")
            return;
        foreach (var effort in Enum.GetValues<OverlayEffort>())
        {
            using var folder = new TempDir();
            vm.Cut(folder, effort);
            File.Copy(folder["overlay"], Path.Combine(corpus, $"whole-{effort.ToString().ToLowerInvariant()}"), overwrite: true);
        }
    }
}
