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
}

/// <summary>One store of a VM, as it is when an overlay is cut: it does not change meanwhile.</summary>
/// <param name="Pages">Its content.</param>
/// <param name="Candidates">Pages that may differ from the base's, in ascending order; all others are known to be the same.</param>
public sealed record ChangedStore(IPageReader Pages, IReadOnlyList<PageRun> Candidates);
