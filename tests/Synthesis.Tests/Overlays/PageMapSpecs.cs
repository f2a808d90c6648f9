using Cloudlet.Errors;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Tests.Overlays;

public class PageMapSpecs
{
    private const int SegmentPages = 4;

    // A map of version 1 with five carried pages: the first and the last two have a reference.
    private static readonly byte[] Old = [2, 3, 0b011, 0b111, 3, 7, 2, 1, 0, 0, 1, 0, 2, 0, 1, 1, 6, 10];

    [Fact]
    public void A_map_survives_a_round_trip()
    {
        var chance = new Random(1);
        for (var round = 0; round < 200; round++)
        {
            var map = Some(chance, 1000, 800);
            var back = PageMapCodec.Decode(PageMapCodec.Encode(map), SegmentKind.Map, Bounds(1000, 800, map.Literals));

            back.Runs.ShouldBe(map.Runs);
            back.Ranges.Count.ShouldBe(map.Ranges.Count);
            for (var i = 0; i < map.Ranges.Count; i++)
                back.Ranges[i].ShouldBe(map.Ranges[i]);
        }
    }

    [Fact]
    public void References_of_version_1_are_the_ranges_of_their_segments() =>
        PageMapCodec
            .Decode(Old, SegmentKind.OldMap, Bounds(50, 40, 5))
            .Ranges.ShouldBe(
                [
                    [
                        new BaseRange(PageSource.BaseDisk, 3 * PageSize.Bytes, PageSize.Bytes),
                        new BaseRange(PageSource.BaseMemory, 5 * PageSize.Bytes, PageSize.Bytes),
                    ],
                    [new BaseRange(PageSource.BaseMemory, 6 * PageSize.Bytes, PageSize.Bytes)],
                ],
                new SameRanges()
            );

    [Theory]
    [InlineData(SegmentKind.Map)]
    [InlineData(SegmentKind.OldMap)]
    public void Untrusted_bytes_give_a_valid_map_or_an_error(SegmentKind kind)
    {
        var chance = new Random(2);
        var accepted = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var map = kind == SegmentKind.Map ? Some(chance, 50, 40) : new PageMap([], [], 5);
            var bytes = kind == SegmentKind.Map ? PageMapCodec.Encode(map) : Old.ToArray();
            for (var i = chance.Next(1, 4); i > 0; i--)
                bytes[chance.Next(bytes.Length)] = (byte)chance.Next(256);
            try
            {
                Check(PageMapCodec.Decode(bytes, kind, Bounds(50, 40, map.Literals)), 50, 40, map.Literals);
                accepted++;
            }
            catch (CloudletException e) when (e.Kind == ErrorKind.InvalidInput)
            {
                // As expected.
            }
        }

        accepted.ShouldBeInRange(1, 19_999); // otherwise the changes would test only one of the two
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0x7f, 0 })]
    [InlineData(new byte[] { 0, 0, 0 })]
    public void Nothing_is_allocated_for_an_untrusted_length(byte[] bytes) =>
        Should
            .Throw<CloudletException>(() => PageMapCodec.Decode(bytes, SegmentKind.Map, new MapBounds(1L << 40, 1L << 40, 0, 1, 0)))
            .Kind.ShouldBe(ErrorKind.InvalidInput);

    [Fact]
    public void An_untrusted_map_takes_no_more_memory_than_the_limit()
    {
        // Each of its runs is three bytes in a file: without a limit 32 MiB would become 350 and more.
        var most = Scattered(PageMap.MostRuns);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var map = PageMapCodec.Decode(most, SegmentKind.Map, new MapBounds(PageMap.MostRuns * 2L, 0, PageMap.MostRuns, 1024, 1));
        _ = new SegmentUses(map.Runs, [0, PageMap.MostRuns]);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(160L << 20);

        var one = Scattered(PageMap.MostRuns + 1);
        var bounds = new MapBounds(PageMap.MostRuns * 3L, 0, PageMap.MostRuns * 2L, 1024, 1);
        Should
            .Throw<CloudletException>(() => PageMapCodec.Decode(one, SegmentKind.Map, bounds))
            .ShouldSatisfyAllConditions(e => e.Kind.ShouldBe(ErrorKind.InvalidInput), e => e.Message.ShouldContain($"{PageMap.MostRuns}"));
    }

    [Fact]
    public void A_run_counts_for_every_segment_that_it_is_in()
    {
        // A few bytes name all carried pages again and again.
        var runs = Enumerable.Range(0, 3000).Select(i => new MapRun(PageSpace.Disk, i * 1000L, 1000, PageSource.Literal, 0)).ToList();
        long[] starts = [.. Enumerable.Range(0, 1001).Select(i => (long)i)];

        Should.Throw<CloudletException>(() => new SegmentUses(runs, starts)).Kind.ShouldBe(ErrorKind.InvalidInput);
        new SegmentUses(runs[..2], starts).Of(7).ShouldBe([(runs[0], 7L, 1L), (runs[1], 7L, 1L)]);
    }

    [Fact]
    public void Uses_of_a_segment_are_the_parts_of_runs_that_are_in_it()
    {
        MapRun[] runs =
        [
            new(PageSpace.Disk, 10, 5, PageSource.Literal, 0),
            new(PageSpace.Disk, 20, 1, PageSource.Zero, 0),
            new(PageSpace.Disk, 30, 3, PageSource.Literal, 2),
            new(PageSpace.Memory, 0, 9, PageSource.BaseDisk, 4),
        ];
        var uses = new SegmentUses(runs, [0, 3, 4, 9]);

        uses.Of(0).ShouldBe([(runs[0], 0, 3), (runs[2], 0, 1)]);
        uses.Of(1).ShouldBe([(runs[0], 3, 1), (runs[2], 1, 1)]);
        uses.Of(2).ShouldBe([(runs[0], 4, 1), (runs[2], 2, 1)]);
    }

    /// <summary>Runs of one carried page each, with a page between two runs.</summary>
    private static byte[] Scattered(int runs)
    {
        var bytes = new VarintWriter();
        bytes.Put(runs);
        bytes.Put(0);
        foreach (var value in (ReadOnlySpan<long>)[(int)PageSource.Literal, 1, 0, 0])
            for (var i = 0; i < runs; i++)
                bytes.Put(value);
        bytes.Put(0);
        return bytes.ToArray();
    }

    private static MapBounds Bounds(long disk, long memory, long literals) =>
        new(disk, memory, literals, SegmentPages, (int)((literals + SegmentPages - 1) / SegmentPages));

    private static PageMap Some(Random chance, int disk, int memory)
    {
        var map = new PageMapBuilder();
        foreach (var (space, pages) in ((PageSpace, int)[])[(PageSpace.Disk, disk), (PageSpace.Memory, memory)])
            for (var page = chance.Next(5); page < pages; page += chance.Next(4) == 0 ? chance.Next(1, 30) : 1)
                switch (chance.Next(4))
                {
                    case 0:
                        map.Add(space, page, PageSource.Zero, 0);
                        break;
                    case 1:
                        map.Add(space, page, PageSource.BaseDisk, chance.Next(disk));
                        break;
                    case 2:
                        map.Add(space, page, PageSource.BaseMemory, chance.Next(memory));
                        break;
                    default:
                        map.AddLiteral(space, page);
                        break;
                }

        var segments = Bounds(disk, memory, map.Literals).Segments;
        return map.Build() with { Ranges = [.. Enumerable.Range(0, segments).Select(_ => Ranges(chance, memory))] };
    }

    private static IReadOnlyList<BaseRange> Ranges(Random chance, int memory) =>
        [
            .. Enumerable
                .Range(0, chance.Next(5))
                .Select(_ => chance.Next(1, 40))
                .Select(units => new BaseRange(
                    PageSource.BaseMemory,
                    chance.Next((memory * PageSize.Bytes / BaseRange.Unit) - units + 1) * (long)BaseRange.Unit,
                    units * BaseRange.Unit
                )),
        ];

    private static void Check(PageMap map, long disk, long memory, long literals)
    {
        long[] ends = [0, 0],
            limits = [0, disk, memory, literals];
        foreach (var run in map.Runs)
        {
            run.Start.ShouldBeGreaterThanOrEqualTo(ends[(int)run.Space]);
            ends[(int)run.Space] = run.Start + run.Count;
            run.Count.ShouldBeGreaterThan(0);
            if (run.Source != PageSource.Zero)
                (run.From + run.Count).ShouldBeInRange(1, limits[(int)run.Source]);
        }

        ends[0].ShouldBeLessThanOrEqualTo(disk);
        ends[1].ShouldBeLessThanOrEqualTo(memory);
        map.Ranges.Count.ShouldBe((int)((literals + SegmentPages - 1) / SegmentPages));
        foreach (var ranges in map.Ranges)
        {
            ranges.Sum(r => (long)r.Length).ShouldBeLessThanOrEqualTo(PageMap.MostAgainst);
            foreach (var range in ranges)
                range.ShouldSatisfyAllConditions(
                    r => r.Start.ShouldBeGreaterThanOrEqualTo(0),
                    r => r.Length.ShouldBeGreaterThan(0),
                    r => r.End.ShouldBeLessThanOrEqualTo(limits[(int)r.Source] * PageSize.Bytes)
                );
        }
    }

    private sealed class SameRanges : IEqualityComparer<IReadOnlyList<BaseRange>>
    {
        public bool Equals(IReadOnlyList<BaseRange>? x, IReadOnlyList<BaseRange>? y) => x!.SequenceEqual(y!);

        public int GetHashCode(IReadOnlyList<BaseRange> obj) => obj.Count;
    }
}
