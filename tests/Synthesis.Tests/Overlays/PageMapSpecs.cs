using Cloudlet.Errors;
using Cloudlet.Synthesis.Overlays;

namespace Cloudlet.Synthesis.Tests.Overlays;

public class PageMapSpecs
{
    [Fact]
    public void A_map_survives_its_bytes()
    {
        var chance = new Random(1);
        for (var round = 0; round < 200; round++)
        {
            var map = Some(chance, 1000, 800);
            var back = PageMapCodec.Decode(PageMapCodec.Encode(map), 1000, 800, map.Literals);

            back.Runs.ShouldBe(map.Runs);
            back.References.ShouldBe(map.References);
        }
    }

    [Fact]
    public void Bytes_of_a_stranger_make_a_map_that_fits_or_an_error()
    {
        var chance = new Random(2);
        var accepted = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var map = Some(chance, 50, 40);
            var bytes = PageMapCodec.Encode(map);
            for (var i = chance.Next(1, 4); i > 0; i--)
                bytes[chance.Next(bytes.Length)] = (byte)chance.Next(256);
            try
            {
                Check(PageMapCodec.Decode(bytes, 50, 40, map.Literals), 50, 40, map.Literals);
                accepted++;
            }
            catch (CloudletException e) when (e.Kind == ErrorKind.InvalidInput)
            {
                // As it should be.
            }
        }

        accepted.ShouldBeInRange(1, 19_999); // else the changes say nothing about one of the two
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0x80 })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f })]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0x7f, 0 })]
    [InlineData(new byte[] { 0, 0, 0 })]
    public void Nothing_is_allocated_on_a_strangers_word(byte[] bytes) =>
        Should.Throw<CloudletException>(() => PageMapCodec.Decode(bytes, long.MaxValue, long.MaxValue, 0)).Kind.ShouldBe(ErrorKind.InvalidInput);

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

        return map.Build() with { References = References(chance, map.Literals, memory) };
    }

    private static List<ReferenceRun> References(Random chance, long literals, int memory)
    {
        var runs = new List<ReferenceRun>();
        for (var left = literals; left > 0; left -= runs[^1].Count)
        {
            var source = runs is [.., { Source: PageSource.Zero }] || chance.Next(2) == 0 ? PageSource.BaseMemory : PageSource.Zero;
            var count = Math.Min(left, chance.Next(1, 5));
            runs.Add(new ReferenceRun(count, source, source == PageSource.Zero ? 0 : chance.Next((int)(memory - count + 1))));
        }

        return runs;
    }

    private static void Check(PageMap map, long disk, long memory, long literals)
    {
        long[] ends = [0, 0], limits = [0, disk, memory, literals];
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
        map.References.Sum(r => r.Count).ShouldBe(literals);
    }
}
