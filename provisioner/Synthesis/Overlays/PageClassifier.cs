using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>
/// Decides for each page of a VM where its content is to be had: as in the base, zero, another page of the base, a page that is carried already, or one that has to be carried. Pages come in ascending order, the disk's first, so that
/// memory finds the blocks that the guest has in its page cache.
/// </summary>
internal sealed class PageClassifier(OverlayBase baseVm, PageIndex? index, ChangedStore disk, ChangedStore? memory, ILiteralSink sink)
{
    private readonly PageMapBuilder _map = new();
    private readonly Dictionary<ulong, long> _carried = [];
    private readonly List<long> _origins = []; // by number of the carried page: number of the page it came from, shifted, with the space in bit 0
    private readonly byte[] _other = new byte[PageSize.Bytes];

    /// <summary>The map of what was classified so far; what carried pages are encoded against is not in it yet.</summary>
    public PageMap Map => _map.Build();

    /// <summary>Pages by what became of them.</summary>
    public OverlayCounts Counts { get; } = new();

    /// <summary>Takes the next page.</summary>
    /// <param name="space">Whose it is.</param>
    /// <param name="page">Its number.</param>
    /// <param name="content">Its content, not the base's at its place.</param>
    /// <param name="before">The base's content at its place.</param>
    /// <param name="hash">Its hash; 0 with nothing but zeros.</param>
    public void Add(PageSpace space, long page, ReadOnlySpan<byte> content, ReadOnlySpan<byte> before, ulong? hash)
    {
        Counts.Changed++;
        if (hash is not { } known)
        {
            Counts.Zero++;
            _map.Add(space, page, PageSource.Zero, 0);
        }
        else if (_map.Next(space, page) is { } next && IsInBase(next.Source, next.From, content))
        {
            Counts.InBase++;
            _map.Add(space, page, next.Source, next.From);
        }
        else if (index?.Find(known) is { } found && IsInBase(found.Source, found.Page, content))
        {
            Counts.InBase++;
            _map.Add(space, page, found.Source, found.Page);
        }
        else if (_carried.TryGetValue(known, out var literal) && IsCarried(literal, content))
        {
            Counts.Repeated++;
            _map.Add(space, page, PageSource.Literal, literal);
        }
        else
        {
            Carry(space, page, content, before, known);
        }
    }

    private void Carry(PageSpace space, long page, ReadOnlySpan<byte> content, ReadOnlySpan<byte> before, ulong hash)
    {
        Counts.Carried++;
        var number = _map.AddLiteral(space, page);
        _carried.TryAdd(hash, number);
        _origins.Add((page << 1) | (long)space);
        sink.Add(space, page, content, before);
    }

    private bool IsInBase(PageSource source, long page, ReadOnlySpan<byte> content)
    {
        var from = baseVm[source];
        if ((page + 1) * PageSize.Bytes > from.Length)
            return false;
        from.Read(page * PageSize.Bytes, _other);
        return content.SequenceEqual(_other);
    }

    private bool IsCarried(long literal, ReadOnlySpan<byte> content)
    {
        var origin = _origins[(int)literal];
        var from = (origin & 1) == (long)PageSpace.Memory ? memory!.Pages : disk.Pages;
        from.Read((origin >> 1) * PageSize.Bytes, _other);
        return content.SequenceEqual(_other);
    }
}

/// <summary>Takes the pages that are carried, in their order.</summary>
internal interface ILiteralSink
{
    /// <summary>A page with its place, its content, and the base's content there.</summary>
    void Add(PageSpace space, long page, ReadOnlySpan<byte> content, ReadOnlySpan<byte> before);
}

/// <summary>Pages of a VM by where their content was found.</summary>
public sealed record OverlayCounts
{
    /// <summary>Not as in the base at their place.</summary>
    public long Changed { get; internal set; }

    /// <summary>Zero.</summary>
    public long Zero { get; internal set; }

    /// <summary>Elsewhere in the base.</summary>
    public long InBase { get; internal set; }

    /// <summary>Like another changed page.</summary>
    public long Repeated { get; internal set; }

    /// <summary>Carried by the overlay.</summary>
    public long Carried { get; internal set; }
}
