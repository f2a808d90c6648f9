using Cloudlet.Errors;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Tests.Overlays;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Fuzz;

/// <summary>
/// Overlays that nobody meant well, out of those in the folder corpus, where what once did harm is kept, too. <c>build/fuzz SECONDS</c> runs on with other seeds. CLOUDLET_UPDATE=1 makes the whole ones again, which a new version of the
/// format needs.
/// </summary>
public sealed class OverlayFuzzSpecs(ITestOutputHelper output)
{
    private const int Rounds = 3000;
    private const long MostMemory = 256 << 20; // a file of a few KiB may not make us allocate more: device state of 64 MiB, read and decoded, is the most the format allows

    private static readonly string s_corpus = Path.Combine(FuzzRun.Folder, "corpus");
    private static readonly ChangedVm s_vm = new(21, diskPages: 24, memoryPages: 16);
    private static readonly HashSet<string> s_ids =
    [
        .. Directory.EnumerateFiles(s_corpus, "whole-*").Select(File.ReadAllBytes).Select(b => OverlayHeader.Parse(b, b.AsSpan(OverlayHeader.PreludeLength, OverlayHeader.LengthOf(b))).Id()),
    ];

    [Fact]
    public async Task Overlays_are_read_whole_or_refused()
    {
        Update();
        var files = Directory.EnumerateFiles(s_corpus).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToList();
        files.Count.ShouldBeGreaterThanOrEqualTo(2);
        foreach (var file in files)
            await TryAsync(file, "a file of the corpus");
        var (run, refused) = (new FuzzRun(Rounds), 0);
        for (var mutator = new OverlayMutator(new Random(run.Seed)); run.Goes();)
            if (!await TryAsync(mutator.Mutate(files[run.Round % 2]), $"{run}"))
                refused++;
        output.WriteLine($"{run}, {refused} refused");
        refused.ShouldBeGreaterThan(run.Round / 2);
    }

    private static async Task<bool> TryAsync(byte[] bytes, string which)
    {
        var before = GC.GetTotalAllocatedBytes();
        var wasRead = await IsReadAsync(bytes, which);
        return GC.GetTotalAllocatedBytes() - before <= MostMemory ? wasRead : throw FuzzRun.Kept(bytes, $"{which}: {GC.GetTotalAllocatedBytes() - before >> 20} MiB were allocated", null);
    }

    /// <summary>True when it was read. What is read under the id of a whole overlay has to be that overlay.</summary>
    private static async Task<bool> IsReadAsync(byte[] bytes, string which)
    {
        bool isOther;
        try
        {
            var (overlay, disk, memory) = await s_vm.ApplyAsync(new MemoryStream(bytes));
            isOther = s_ids.Contains(overlay.Header.Id()) && !(disk.Content.AsSpan().SequenceEqual(s_vm.Disk.Content) && memory.Content.AsSpan().SequenceEqual(s_vm.Memory.Content));
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.InvalidInput)
        {
            return false;
        }
        catch (Exception e)
        {
            throw FuzzRun.Kept(bytes, $"{which}: {e.Message}", e);
        }

        return !isOther ? true : throw FuzzRun.Kept(bytes, $"{which}: it was taken for a whole one and makes another VM", null);
    }

    private static void Update()
    {
        if (Environment.GetEnvironmentVariable("CLOUDLET_UPDATE") != "1")
            return;
        foreach (var effort in Enum.GetValues<OverlayEffort>())
        {
            using var folder = new TempDir();
            s_vm.Cut(folder, effort);
            File.Copy(folder["overlay"], Path.Combine(s_corpus, $"whole-{effort.ToString().ToLowerInvariant()}"), overwrite: true);
        }
    }
}
