using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>The base that an overlay is cut from or applied to.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Disk">Its disk.</param>
/// <param name="Memory">Its memory; null for a disk alone.</param>
public sealed record OverlayBase(string Id, IPageReader Disk, IPageReader? Memory)
{
    /// <summary>Disk or memory.</summary>
    internal IPageReader this[PageSource source] => source == PageSource.BaseMemory ? Memory! : Disk;

    /// <summary>Pages of the memory; 0 without one.</summary>
    internal long MemoryPages => (Memory?.Length ?? 0) / PageSize.Bytes;

    /// <summary>Pages of the disk.</summary>
    internal long DiskPages => Disk.Length / PageSize.Bytes;

    /// <summary>Nothing but zeros: what whole bases are cut against.</summary>
    /// <param name="diskLength">Bytes of the disk.</param>
    /// <param name="memoryLength">Bytes of the memory; 0 for a disk alone.</param>
    public static OverlayBase Zeros(long diskLength, long memoryLength) => new(OverlayHeader.NoBase, new ZeroPages(diskLength), memoryLength == 0 ? null : new ZeroPages(memoryLength));

    private sealed class ZeroPages(long length) : IPageReader
    {
        public long Length => length;

        public void Read(long offset, Span<byte> into) => into.Clear();
    }
}

/// <summary>What an overlay has to hold.</summary>
/// <param name="Disk">The VM's disk.</param>
/// <param name="Memory">Its memory; null for a disk alone.</param>
public sealed record OverlayContent(ChangedStore Disk, ChangedStore? Memory)
{
    /// <summary>Its device state; empty for a disk alone.</summary>
    public ReadOnlyMemory<byte> Devices { get; init; }

    /// <summary>Manifest of the base that it is; empty for an overlay over a base.</summary>
    public ReadOnlyMemory<byte> Manifest { get; init; }
}

/// <summary>One store of a VM, as it is when an overlay is cut: it does not change meanwhile.</summary>
/// <param name="Pages">Its content.</param>
/// <param name="Candidates">Pages that may differ from the base's, in ascending order; all others are known to be the same.</param>
public sealed record ChangedStore(IPageReader Pages, IReadOnlyList<PageRun> Candidates);
