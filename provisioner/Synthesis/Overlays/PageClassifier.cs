using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>
/// Decides for each changed page of a VM where its content is available: zero, another page of the base, a page that is carried already, or
/// else a new carried page. Pages are added in ascending order, the disk's first, so that pages of the guest's page cache are found among
/// the disk's.
/// </summary>
internal sealed class PageClassifier(OverlayBase baseVm, PageIndex? index, ChangedStore disk, ChangedStore? memory, ILiteralSink sink)
{
    private readonly PageMapBuilder _map = new();
    private readonly Dictionary<ulong, long> _carried = [];

    // indexed by carried page: number of the page it came from, shifted, with the space in bit 0
    private readonly List<long> _origins = [];
    private readonly byte[] _other = new byte[PageSize.Bytes];

    /// <summary>The map of the pages so far, still without the ranges that carried pages are encoded against.</summary>
    public PageMap Map => _map.Build();

    /// <summary>Changed pages by where their content was found.</summary>
    public OverlayCounts Counts { get; } = new();

    /// <summary>Adds the next page.</summary>
    /// <param name="space">Disk or memory.</param>
    /// <param name="page">Its number.</param>
    /// <param name="content">Its content, which differs from the base's page at its place.</param>
    /// <param name="hash">Its hash; null when it is zero.</param>
    public void Add(PageSpace space, long page, ReadOnlySpan<byte> content, ulong? hash)
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
            Carry(space, page, content, known);
        }
    }

    private void Carry(PageSpace space, long page, ReadOnlySpan<byte> content, ulong hash)
    {
        Counts.Carried++;
        var number = _map.AddLiteral(space, page);
        _carried.TryAdd(hash, number);
        _origins.Add((page << 1) | (long)space);
        sink.Add(space, page, content);
    }

    private bool IsInBase(PageSource source, long page, ReadOnlySpan<byte> content)
    {
        var store = baseVm[source];
        if ((page + 1) * PageSize.Bytes > store.Length)
            return false;
        store.Read(page * PageSize.Bytes, _other);
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

/// <summary>Receives the carried pages in order.</summary>
internal interface ILiteralSink
{
    /// <summary>Adds a page with its place and content.</summary>
    void Add(PageSpace space, long page, ReadOnlySpan<byte> content);
}

/// <summary>Numbers of changed pages by where their content was found.</summary>
public sealed record OverlayCounts
{
    /// <summary>Different from the base's page at their place.</summary>
    public long Changed { get; internal set; }

    /// <summary>Zero.</summary>
    public long Zero { get; internal set; }

    /// <summary>Elsewhere in the base.</summary>
    public long InBase { get; internal set; }

    /// <summary>Equal to another changed page.</summary>
    public long Repeated { get; internal set; }

    /// <summary>Carried by the overlay.</summary>
    public long Carried { get; internal set; }
}
