using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Overlays;

/// <summary>
/// Bytes of a page map, in columns, because like numbers compress well beside each other: numbers of runs and of reference runs; then for runs the space and source of each, the pages between it and the one before, its count less 1, and the
/// distance of its source from where the last run of that source ended; then the same for reference runs. Numbers are LEB128, distances zigzag (docs/formats/overlay.md).
/// </summary>
internal static class PageMapCodec
{
    /// <summary>The bytes.</summary>
    public static byte[] Encode(PageMap map)
    {
        var into = new VarintWriter();
        into.Put(map.Runs.Count);
        into.Put(map.References.Count);
        foreach (var run in map.Runs)
            into.Put(((int)run.Space << 2) | (int)run.Source);
        var ends = new long[2];
        foreach (var run in map.Runs)
        {
            into.Put(run.Start - ends[(int)run.Space]);
            ends[(int)run.Space] = run.Start + run.Count;
        }

        foreach (var run in map.Runs)
            into.Put(run.Count - 1);
        var next = new long[4];
        foreach (var run in map.Runs)
            PutFrom(into, next, run.Source, run.From, run.Count);
        foreach (var reference in map.References)
            into.Put((int)reference.Source);
        foreach (var reference in map.References)
            into.Put(reference.Count - 1);
        Array.Clear(next);
        foreach (var reference in map.References)
            PutFrom(into, next, reference.Source, reference.From, reference.Count);
        return into.ToArray();
    }

    /// <summary>The map; InvalidInput when the bytes are none that fits.</summary>
    /// <param name="bytes">What <see cref="Encode"/> made, or anybody else.</param>
    /// <param name="diskPages">Pages of the disk.</param>
    /// <param name="memoryPages">Pages of the memory.</param>
    /// <param name="literals">Pages that the overlay carries.</param>
    public static PageMap Decode(ReadOnlySpan<byte> bytes, long diskPages, long memoryPages, long literals)
    {
        var from = new VarintReader(bytes);
        var (runCount, referenceCount) = (from.Count(), from.Count());
        var pages = new[] { diskPages, memoryPages };
        var limits = new[] { 0, diskPages, memoryPages, literals };
        var runs = new MapRun[runCount];
        foreach (ref var run in runs.AsSpan())
            run = from.Get() is var kind and < 8 ? new MapRun((PageSpace)(kind >> 2), 0, 0, (PageSource)(kind & 3), 0) : throw Wrong("a run of an unknown kind");
        for (var i = 1; i < runs.Length; i++)
            if (runs[i].Space < runs[i - 1].Space)
                throw Wrong("a run of the disk behind one of memory");
        ReadPlaces(ref from, runs, pages);
        ReadSources(ref from, runs, limits);
        var references = ReadReferences(ref from, referenceCount, limits, literals);
        if (!from.IsAtEnd)
            throw Wrong("bytes behind its end");
        return new PageMap(runs, references, literals);
    }

    private static void ReadPlaces(ref VarintReader from, MapRun[] runs, long[] pages)
    {
        var starts = new long[runs.Length];
        foreach (ref var start in starts.AsSpan())
            start = from.Get();
        var ends = new long[2];
        for (var i = 0; i < runs.Length; i++)
        {
            var space = (int)runs[i].Space;
            var count = from.Get();
            var room = pages[space] - ends[space] - starts[i];
            if (starts[i] < 0 || room < 1 || count < 0 || count > room - 1)
                throw Wrong($"a run behind the end of the {(space == 0 ? "disk" : "memory")}");
            runs[i] = runs[i] with { Start = ends[space] + starts[i], Count = count + 1 };
            ends[space] = runs[i].Start + runs[i].Count;
        }
    }

    private static void ReadSources(ref VarintReader from, MapRun[] runs, long[] limits)
    {
        var next = new long[4];
        foreach (ref var run in runs.AsSpan())
            run = run with { From = GetFrom(ref from, next, limits, run.Source, run.Count) };
    }

    private static ReferenceRun[] ReadReferences(ref VarintReader from, int count, long[] limits, long literals)
    {
        var references = new ReferenceRun[count];
        foreach (ref var reference in references.AsSpan())
            reference = from.Get() is var kind and < (long)PageSource.Literal ? new ReferenceRun(0, (PageSource)kind, 0) : throw Wrong("a reference of an unknown kind");
        var left = literals;
        foreach (ref var reference in references.AsSpan())
        {
            var less = from.Get();
            if (less < 0 || less > left - 1)
                throw Wrong("references to more pages than it carries");
            reference = reference with { Count = less + 1 };
            left -= less + 1;
        }

        if (left != 0)
            throw Wrong("carried pages without a reference");
        var next = new long[4];
        foreach (ref var reference in references.AsSpan())
            reference = reference with { From = GetFrom(ref from, next, limits, reference.Source, reference.Count) };
        return references;
    }

    private static void PutFrom(VarintWriter into, long[] next, PageSource source, long from, long count)
    {
        if (source == PageSource.Zero)
            return;
        into.PutSigned(from - next[(int)source]);
        next[(int)source] = from + count;
    }

    private static long GetFrom(ref VarintReader reader, long[] next, long[] limits, PageSource source, long count)
    {
        if (source == PageSource.Zero)
            return 0;
        var from = unchecked(next[(int)source] + reader.GetSigned());
        if (from < 0 || from > limits[(int)source] - count)
            throw Wrong($"a source behind the end of {source}");
        next[(int)source] = from + count;
        return from;
    }

    private static CloudletException Wrong(string what) => new(ErrorKind.InvalidInput, $"the page map of the overlay holds {what}.");
}
