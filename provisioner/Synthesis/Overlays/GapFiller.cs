using System.Buffers.Binary;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>
/// Finds short matches in a few pages of the base: content without an anchor that comes from the same pages as its neighbours, such as
/// reordered rows in a page of a database. For one thread.
/// </summary>
internal sealed class GapFiller(BaseWindow window, int shortest)
{
    private const int Most = 4; // pages that are searched
    private const int Word = sizeof(ulong),
        TableBits = 14;

    private readonly ushort[] _table = new ushort[1 << TableBits];
    private readonly byte[] _bytes = new byte[Most * PageSize.Bytes];
    private readonly List<(PageSource Source, long Page)> _pages = [];
    private bool _isIndexed;

    /// <summary>Removes all pages.</summary>
    public void Clear()
    {
        _pages.Clear();
        _isIndexed = false;
    }

    /// <summary>Adds a page to search.</summary>
    public void Add(PageSource source, long page)
    {
        if (_pages.Count < Most && page >= 0 && (page + 1) * PageSize.Bytes <= window.Length(source) && !_pages.Contains((source, page)))
            _pages.Add((source, page));
    }

    /// <summary>The first and longest match at or after a position; null when there is none.</summary>
    /// <param name="content">The segment.</param>
    /// <param name="at">The position.</param>
    /// <param name="end">The end of the gap.</param>
    public (int At, int Length, PageSource Source, long From)? Next(ReadOnlySpan<byte> content, int at, int end)
    {
        if (!_isIndexed)
            Index();
        for (var start = at; start + shortest <= end; start++)
        {
            var found = _table[Key(content[start..])] - 1;
            if (found < 0 || !content.Slice(start, Word).SequenceEqual(_bytes.AsSpan(found, Word)))
                continue;
            var (source, page) = _pages[found / PageSize.Bytes];
            var from = (page * PageSize.Bytes) + (found % PageSize.Bytes);
            var ahead = window.Ahead(content[start..end], source, from);
            var behind = window.Behind(content[at..start], source, from);
            if (ahead + behind >= shortest)
                return (start - behind, ahead + behind, source, from - behind);
        }

        return null;
    }

    private void Index()
    {
        Array.Clear(_table);
        for (var i = 0; i < _pages.Count; i++)
        {
            var page = _bytes.AsSpan(i * PageSize.Bytes, PageSize.Bytes);
            window.Read(_pages[i].Source, _pages[i].Page * PageSize.Bytes, page);
            for (var at = 0; at + Word <= page.Length; at++)
                _table[Key(page[at..])] = (ushort)((i * PageSize.Bytes) + at + 1);
        }

        _isIndexed = true;
    }

    private static int Key(ReadOnlySpan<byte> bytes) =>
        (int)((BinaryPrimitives.ReadUInt64LittleEndian(bytes) * 0x9E3779B97F4A7C15) >> (64 - TableBits));
}
