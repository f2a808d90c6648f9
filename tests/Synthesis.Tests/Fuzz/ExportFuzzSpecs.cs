using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Store;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Fuzz;

/// <summary>
/// Malicious exported bases, as <see cref="OverlayFuzzSpecs"/> has malicious overlays: an imported base is complete, and a refused one
/// leaves nothing.
/// </summary>
public sealed class ExportFuzzSpecs(ITestOutputHelper output) : IDisposable
{
    private const int Rounds = 1000;

    private static readonly string Exports = Path.Combine(FuzzRun.Folder, "exports");

    private readonly TempDir _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Exported_bases_are_imported_whole_or_refused()
    {
        await UpdateAsync();
        var files = Directory.EnumerateFiles(Exports).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToList();
        var run = new FuzzRun(Rounds);
        var store = new RuntimeStore(_folder["store"]);
        var whole = await ImportAsync(store, files[0]) ?? throw new InvalidOperationException("the valid one is refused");
        var wanted = File.ReadAllBytes(whole.DiskPath);
        new StoreKeeper(store).RemoveBase(whole.Id);
        var refused = 0;
        for (var mutator = new OverlayMutator(new Random(run.Seed)); run.Goes(); )
        {
            var bytes = mutator.Mutate(files[run.Round % files.Count]);
            try
            {
                if (await ImportAsync(store, bytes) is { } made)
                {
                    if (made.Id == whole.Id && !File.ReadAllBytes(made.DiskPath).AsSpan().SequenceEqual(wanted))
                        throw new InvalidOperationException("it has the id of the valid one and another disk");
                    new StoreKeeper(store).RemoveBase(made.Id);
                }
                else
                {
                    refused++;
                }

                Directory
                    .EnumerateFileSystemEntries(store.BasesFolder)
                    .Concat(Directory.EnumerateFileSystemEntries(store.StagingFolder))
                    .ShouldBeEmpty();
            }
            catch (Exception e)
            {
                throw FuzzRun.Kept(bytes, $"{run}: {e.Message}", e);
            }
        }

        output.WriteLine($"{run}, {refused} refused");
        refused.ShouldBeGreaterThan(run.Round / 2);
    }

    /// <summary>The base; null when it was refused.</summary>
    private async Task<BaseVm?> ImportAsync(RuntimeStore store, byte[] bytes)
    {
        await File.WriteAllBytesAsync(_folder["export"], bytes);
        try
        {
            return await new BaseArchive(store).ImportAsync(_folder["export"], null, Samples.Silent, CancellationToken.None);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.InvalidInput)
        {
            return null;
        }
    }

    private static async Task UpdateAsync()
    {
        if (Environment.GetEnvironmentVariable("CLOUDLET_UPDATE") != "1")
            return;
        using var folder = new TempDir();
        var store = new RuntimeStore(folder["store"]);
        await new BaseArchive(store).ExportAsync(
            Samples.Publish(store),
            Path.Combine(Exports, "whole"),
            OverlayEffort.Fast,
            Samples.Silent,
            CancellationToken.None
        );
    }
}
