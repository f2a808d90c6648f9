using System.Runtime.InteropServices;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>Pages of a batch that are coded together.</summary>
/// <param name="First">Index of the first in the batch.</param>
/// <param name="Count">Number of pages.</param>
/// <param name="IsMoved">True when most of the content is in the base at some byte offset.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PageGroup(int First, int Count, bool IsMoved);

/// <summary>A coded segment.</summary>
/// <param name="Pages">Number of its pages.</param>
/// <param name="Codec">How it is compressed.</param>
/// <param name="Stored">Its bytes.</param>
/// <param name="Ranges">The ranges that it was encoded against.</param>
internal sealed record CodedPages(int Pages, SegmentCodec Codec, byte[] Stored, IReadOnlyList<BaseRange> Ranges);

/// <summary>A coded group.</summary>
/// <param name="Segments">Its segments, at least one.</param>
internal sealed record CodedGroup(IReadOnlyList<CodedPages> Segments)
{
    /// <summary>The group as one segment of <see cref="SegmentCodec.ModelledCopies"/>; null when that would not be smaller.</summary>
    public CodedPages? Modelled { get; init; }

    /// <summary>Number of modelled bytes in it.</summary>
    public int Bytes { get; init; }
}

/// <summary>Codes carried pages: moved content as copies from the base, the rest against similar ranges. Thread-safe.</summary>
/// <param name="coder">Compresses segments.</param>
/// <param name="baseVm">The base.</param>
/// <param name="index">Its index; null for a base of zeros.</param>
internal sealed class PagesCoder(SegmentCoder coder, OverlayBase baseVm, PageIndex? index)
{
    private const int Sampled = 8; // one page in this many is checked for moved content
    private const int Shortest = 24; // least bytes of a copy: a shorter one costs as much as it saves
    private const int ShortestModelled = 48; // the model predicts from the base, so shorter matches cost less modelled than as a copy
    private const int Surely = 8; // with less new content than one byte in this many, coding without copies is not tried
    private const int WorthModelling = 32; // it has to be smaller by one part in this many

    /// <summary>Divides a batch into groups.</summary>
    public List<PageGroup> Groups(PageBatch batch)
    {
        var groups = new List<PageGroup>();
        for (var first = 0; first < batch.Count; first += SegmentCoder.SegmentPages)
        {
            var count = Math.Min(SegmentCoder.SegmentPages, batch.Count - first);
            var isMoved = index is not null && IsMoved(batch, first, count, index);
            if (isMoved && groups is [.., { IsMoved: true } last])
                groups[^1] = last with { Count = last.Count + count };
            else
                groups.Add(new PageGroup(first, count, isMoved));
        }

        return groups;
    }

    /// <summary>Codes a group.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="group">The group.</param>
    /// <param name="room">Number of bytes that may still be modelled.</param>
    public CodedGroup Code(PageBatch batch, PageGroup group, int room)
    {
        if (!group.IsMoved)
        {
            var one = CodeAgainst(batch, group.First, group.Count);
            return one.Codec == SegmentCodec.LzmaText ? Modelled(batch, group, Parts(batch, group), room, [one]) : new CodedGroup([one]);
        }

        var parts = Parts(batch, group);
        var level = coder.IsSmall ? Zstd.Smallest : Zstd.Thorough;
        var copies = CopySegment.Compress(batch.Pages(group.First, group.Count), parts, baseVm, level);
        IReadOnlyList<CodedPages> segments = copies is null ? [] : [new CodedPages(group.Count, SegmentCodec.Copies, copies, [])];
        if (copies is null || parts.Sum(p => p.Fresh) > group.Count * PageSize.Bytes / Surely)
        {
            var others = CodeAgainst(batch, group);
            if (copies is null || others.Sum(o => o.Stored.Length) < copies.Length)
                segments = others;
        }

        return coder.IsSmall ? Modelled(batch, group, parts, room, segments) : new CodedGroup(segments);
    }

    private List<CopyPart> Parts(PageBatch batch, PageGroup group) =>
        index is null
            ? [new CopyPart(group.Count * PageSize.Bytes, 0, PageSource.Zero, 0)]
            : new CopyFinder(baseVm, index, coder.IsSmall ? ShortestModelled : Shortest).Find(
                batch.Pages(group.First, group.Count),
                CollectionsMarshal.AsSpan(batch.Places).Slice(group.First, group.Count)
            );

    private bool IsMoved(PageBatch batch, int first, int count, PageIndex pages)
    {
        var finder = new CopyFinder(baseVm, pages, Shortest);
        var (looked, fresh) = (0, 0);
        for (var i = first; i < first + count; i += Sampled)
        {
            looked += PageSize.Bytes;
            fresh += finder.Find(batch.Pages(i, 1), CollectionsMarshal.AsSpan(batch.Places).Slice(i, 1)).Sum(p => p.Fresh);
        }

        return fresh * 2 <= looked;
    }

    private List<CodedPages> CodeAgainst(PageBatch batch, PageGroup group)
    {
        var segments = new List<CodedPages>();
        for (var first = group.First; first < group.First + group.Count; first += SegmentCoder.SegmentPages)
            segments.Add(CodeAgainst(batch, first, Math.Min(SegmentCoder.SegmentPages, group.First + group.Count - first)));
        return segments;
    }

    /// <summary>Codes one segment against ranges of the base.</summary>
    private CodedPages CodeAgainst(PageBatch batch, int first, int count)
    {
        var finder = new RangeFinder(baseVm, index);
        for (var i = first; i < first + count; i++)
            finder.Add(batch.Places[i].Space, batch.Places[i].Page, batch.Pages(i, 1));
        using var against = new RentedBytes(finder.Ranges.Sum(r => r.Length));
        baseVm.Read(finder.Ranges, against.Span);
        var (codec, stored) = coder.Compress(batch.Pages(first, count), against.Span, batch.IsFirst);
        return new CodedPages(count, codec, stored, finder.Ranges);
    }

    private CodedGroup Modelled(PageBatch batch, PageGroup group, List<CopyPart> parts, int room, IReadOnlyList<CodedPages> segments)
    {
        var (bytes, others) = (CopySegment.ModelledBytes(parts), segments.Sum(s => s.Stored.Length));
        return
            bytes <= room
            && CopySegment.Model(batch.Pages(group.First, group.Count), parts, baseVm) is { } stored
            && stored.Length < others - (others / WorthModelling)
            ? new CodedGroup(segments) { Modelled = new CodedPages(group.Count, SegmentCodec.ModelledCopies, stored, []), Bytes = bytes }
            : new CodedGroup(segments);
    }
}
