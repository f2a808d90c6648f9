using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Shelf;

/// <summary>
/// Where what an overlay carries lies. Disk and memory are divided into cells; a letter says what the most costly page of a cell is:
/// <c>b</c> as in the base, <c>z</c> zero, <c>r</c> a copy of another page, <c>c</c> carried.
/// </summary>
/// <param name="Disk">The cells of the disk, in order.</param>
/// <param name="Memory">The cells of memory.</param>
/// <param name="DiskBytesPerCell">Bytes that a cell of the disk stands for.</param>
/// <param name="MemoryBytesPerCell">Bytes that a cell of memory stands for.</param>
/// <param name="Zero">Pages of zeros.</param>
/// <param name="Referenced">Pages that are copies of others.</param>
/// <param name="Carried">Pages whose content is in the file.</param>
/// <param name="Unchanged">Pages as in the base.</param>
public sealed record OverlayPicture(
    string Disk,
    string Memory,
    long DiskBytesPerCell,
    long MemoryBytesPerCell,
    long Zero,
    long Referenced,
    long Carried,
    long Unchanged
)
{
    private const string Letters = "bzrc";

    /// <summary>Draws the map of an overlay.</summary>
    /// <param name="overlay">The overlay.</param>
    /// <param name="cells">The most cells for each of disk and memory.</param>
    public static OverlayPicture Of(OverlayReader overlay, int cells)
    {
        var (disk, diskPages) = Draw(overlay, PageSpace.Disk, overlay.Header.DiskPages, cells);
        var (memory, memoryPages) = Draw(overlay, PageSpace.Memory, overlay.Header.MemoryPages, cells);
        var zero = Sum(overlay, s => s == PageSource.Zero);
        var carried = Sum(overlay, s => s == PageSource.Literal);
        var all = overlay.Map.Runs.Sum(r => r.Count);
        return new OverlayPicture(
            disk,
            memory,
            diskPages * PageSize.Bytes,
            memoryPages * PageSize.Bytes,
            zero,
            all - zero - carried,
            carried,
            overlay.Header.DiskPages + overlay.Header.MemoryPages - all
        );
    }

    private static long Sum(OverlayReader overlay, Func<PageSource, bool> which) =>
        overlay.Map.Runs.Where(r => which(r.Source)).Sum(r => r.Count);

    private static (string Cells, long PagesPerCell) Draw(OverlayReader overlay, PageSpace space, long pages, int cells)
    {
        if (pages == 0)
            return ("", 0);
        var each = Math.Max(1, (pages + cells - 1) / cells);
        var drawn = new byte[(pages + each - 1) / each];
        foreach (var run in overlay.Map.Runs.Where(r => r.Space == space))
        {
            var cost = run.Source switch
            {
                PageSource.Zero => (byte)1,
                PageSource.Literal => (byte)3,
                _ => (byte)2,
            };
            for (var cell = run.Start / each; cell <= (run.Start + run.Count - 1) / each; cell++)
                drawn[cell] = Math.Max(drawn[cell], cost);
        }

        return (string.Create(drawn.Length, drawn, static (text, d) => Fill(text, d)), each);
    }

    private static void Fill(Span<char> text, byte[] costs)
    {
        for (var i = 0; i < text.Length; i++)
            text[i] = Letters[costs[i]];
    }
}
