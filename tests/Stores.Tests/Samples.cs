using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Stores.Tests;

/// <summary>A base and an overlay that were not made by a VM.</summary>
internal static class Samples
{
    private static readonly VmDefinition Machine = new()
    {
        Layout = 1,
        Machine = "pc-q35-7.2",
        Accelerator = "tcg",
        Cpu = "Westmere,+rdrand",
        Cpus = 1,
        MemoryBytes = 64L << 20,
        QemuVersion = "7.2.22",
    };

    public static BaseVm Base(RuntimeStore store, string? name = null, int random = 1)
    {
        using var staged = store.Stage();
        foreach (
            var (file, length) in new[] { (BaseVm.DiskFile, 8L << 20), (BaseVm.MemoryFile, Machine.MemoryBytes), (BaseVm.DevicesFile, 3L) }
        )
        {
            using var stream = File.Create(staged[file]);
            stream.SetLength(length);
            var content = new byte[Math.Min(length, 2 << 20)];
            new Random(random).NextBytes(content);
            stream.Write(content);
        }

        return BasePublisher.Publish(store, staged, Machine, name, Silent, CancellationToken.None);
    }

    /// <summary>Writes an overlay of a disk of some pages.</summary>
    public static void Overlay(string path, int random = 1)
    {
        var (before, after) = ($"{path}.before", $"{path}.after");
        File.WriteAllBytes(before, new byte[64 * PageSize.Bytes]);
        var content = new byte[64 * PageSize.Bytes];
        new Random(random).NextBytes(content);
        File.WriteAllBytes(after, content);
        using (var from = new SparseFile(before))
        using (var to = new SparseFile(after))
            new OverlayWriter(new OverlayBase(new string('b', 64), from, null), indexPath: null).Write(
                path,
                new OverlayContent(new ChangedStore(to, [.. PageRuns.WithData(to)]), null),
                OverlayEffort.Fast,
                null,
                CancellationToken.None
            );
        File.Delete(before);
        File.Delete(after);
    }

    public static IProgress<string> Silent { get; } = new NoProgress();

    private sealed class NoProgress : IProgress<string>
    {
        public void Report(string value) { }
    }
}
