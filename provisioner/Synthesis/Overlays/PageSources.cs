using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>The base that an overlay is made from or applied to.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Disk">Its disk.</param>
/// <param name="Memory">Its memory; null for a disk alone.</param>
public sealed record OverlayBase(string Id, IPageReader Disk, IPageReader? Memory)
{
    /// <summary>The store of a source.</summary>
    internal IPageReader this[PageSource source] => source == PageSource.BaseMemory ? Memory! : Disk;

    /// <summary>Reads ranges one after the other into <paramref name="into"/>, which is as long as all of them.</summary>
    internal void Read(IReadOnlyList<BaseRange> ranges, Span<byte> into)
    {
        foreach (var range in ranges)
        {
            this[range.Source].Read(range.Start, into[..range.Length]);
            into = into[range.Length..];
        }
    }

    /// <summary>Pages of a store that may not be zero, in ascending order.</summary>
    internal IEnumerable<PageRun> WithData(PageSpace space) =>
        (space == PageSpace.Disk ? Disk : Memory) switch
        {
            null or ZeroPages => [],
            SparseFile file => PageRuns.WithData(file),
            var other => [new PageRun(0, other.Length / PageSize.Bytes)],
        };

    /// <summary>Pages of the memory; 0 without one.</summary>
    internal long MemoryPages => (Memory?.Length ?? 0) / PageSize.Bytes;

    /// <summary>Pages of the disk.</summary>
    internal long DiskPages => Disk.Length / PageSize.Bytes;

    /// <summary>A base of zeros, which exported bases are made against.</summary>
    /// <param name="diskLength">Bytes of the disk.</param>
    /// <param name="memoryLength">Bytes of the memory; 0 for a disk alone.</param>
    public static OverlayBase Zeros(long diskLength, long memoryLength) =>
        new(OverlayHeader.NoBase, new ZeroPages(diskLength), memoryLength == 0 ? null : new ZeroPages(memoryLength));

    private sealed class ZeroPages(long length) : IPageReader
    {
        public long Length => length;

        public void Read(long offset, Span<byte> into) => into.Clear();
    }
}

/// <summary>The state of a VM that an overlay is made from.</summary>
/// <param name="Disk">The VM's disk.</param>
/// <param name="Memory">Its memory; null for a disk alone.</param>
public sealed record OverlayContent(ChangedStore Disk, ChangedStore? Memory)
{
    /// <summary>Its device state; empty for a disk alone.</summary>
    public ReadOnlyMemory<byte> Devices { get; init; }

    /// <summary>Version of the QEMU that wrote <see cref="Devices"/>, such as 7.2.22; null when the manifest has it.</summary>
    public string? QemuVersion { get; init; }

    /// <summary>Manifest of the exported base; empty for an overlay.</summary>
    public ReadOnlyMemory<byte> Manifest { get; init; }
}

/// <summary>Disk or memory of a VM; it must not change while an overlay is made.</summary>
/// <param name="Pages">Its content.</param>
/// <param name="Candidates">Pages that may differ from the base's, in ascending order; all others are known to be the same.</param>
public sealed record ChangedStore(IPageReader Pages, IReadOnlyList<PageRun> Candidates);
