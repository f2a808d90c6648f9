using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Disks;

/// <summary>An extent of a disk, as <c>qemu-img map --output=json</c> reports it.</summary>
/// <param name="Start">First byte of the disk.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Depth">0 in this layer, 1 in the one below.</param>
/// <param name="Zero">True when it reads as zeros.</param>
/// <param name="Data">True when it is stored.</param>
/// <param name="Offset">Where in the layer's file; null when it is compressed or not stored.</param>
internal sealed record DiskExtent(long Start, long Length, int Depth, bool Zero, bool Data, long? Offset);

/// <summary>Reads the pages that a layer over a base's disk holds, in place, without copying the layer or reading the disk below.</summary>
public sealed class DiskLayer : IPageReader, IDisposable
{
    private readonly SparseFile _file;
    private readonly DiskExtent[] _own;
    private readonly SparseFile _below;

    private DiskLayer(SparseFile file, SparseFile below, DiskExtent[] own) => (_file, _below, _own) = (file, below, own);

    /// <inheritdoc/>
    public long Length => _below.Length;

    /// <summary>Opens a layer that no process writes to. InvalidInput when it holds compressed or encrypted data.</summary>
    /// <param name="path">The layer, qcow2.</param>
    /// <param name="map">Output of <c>qemu-img map --output=json</c> for it.</param>
    /// <param name="basePath">The raw disk below.</param>
    public static DiskLayer Open(string path, string map, string basePath)
    {
        var extents = JsonSerializer.Deserialize(map, DiskExtentJson.Default.DiskExtentArray) ?? [];
        if (extents.Any(e => e is { Depth: 0, Data: true, Zero: false, Offset: null }))
            throw new CloudletException(ErrorKind.InvalidInput, $"{path} holds compressed or encrypted data: it was not made by cloudlet.");
        return new DiskLayer(new SparseFile(path), new SparseFile(basePath), [.. extents.Where(e => e.Depth == 0)]);
    }

    /// <summary>
    /// Pages that may differ from the base: those stored in the layer, and those that are zero there while the base has data.
    /// </summary>
    public IReadOnlyList<PageRun> Candidates()
    {
        var stored = PageRuns.Of(_own.Where(e => !e.Zero).Select(e => (e.Start, e.Start + e.Length)));
        var zero = PageRuns.Both(
            PageRuns.Of(_own.Where(e => e.Zero).Select(e => (e.Start, e.Start + e.Length))),
            PageRuns.WithData(_below)
        );
        return [.. PageRuns.Of(stored.Concat(zero).OrderBy(r => r.Start).Select(r => (r.Start * PageSize.Bytes, r.End * PageSize.Bytes)))];
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            var extent = At(offset);
            var inside = extent is not null && offset >= extent.Start;
            var end =
                extent is null ? Length
                : inside ? extent.Start + extent.Length
                : extent.Start;
            var part = into[..(int)Math.Min(into.Length, Math.Max(1, end - offset))];
            if (!inside)
                _below.Read(offset, part);
            else if (extent!.Zero)
                part.Clear();
            else
                _file.Read(extent.Offset!.Value + (offset - extent.Start), part);
            offset += part.Length;
            into = into[part.Length..];
        }
    }

    /// <summary>Closes both files.</summary>
    public void Dispose()
    {
        _file.Dispose();
        _below.Dispose();
    }

    /// <summary>The extent of this layer that holds a byte, or else the next one; null when there is none.</summary>
    private DiskExtent? At(long offset)
    {
        var (low, high) = (0, _own.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_own[middle].Start + _own[middle].Length <= offset)
                low = middle + 1;
            else
                high = middle;
        }

        return low < _own.Length ? _own[low] : null;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DiskExtent[]))]
internal sealed partial class DiskExtentJson : JsonSerializerContext;
