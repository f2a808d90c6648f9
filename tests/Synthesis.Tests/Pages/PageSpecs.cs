using Cloudlet.Synthesis.Pages;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Pages;

public sealed class PageSpecs : IDisposable
{
    private readonly TempDir _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_digest_does_not_depend_on_holes()
    {
        var content = new byte[(3 * ContentDigest.Segment) + (5 * PageSize.Bytes)];
        new Random(1).NextBytes(content.AsSpan(ContentDigest.Segment + 5000, 9000));
        File.WriteAllBytes(_folder["full"], content);
        using (var sparse = SparseFile.Create(_folder["sparse"], content.Length))
            sparse.Write(ContentDigest.Segment, content.AsSpan(ContentDigest.Segment, 20_480));

        var digest = Digest("full");

        Digest("sparse").ShouldBe(digest);
        using (var other = SparseFile.Create(_folder["longer"], content.Length + PageSize.Bytes))
            other.Write(0, content);
        Digest("longer").ShouldNotBe(digest);
        content[ContentDigest.Segment + 5001]++;
        File.WriteAllBytes(_folder["changed"], content);
        Digest("changed").ShouldNotBe(digest);
    }

    [Fact]
    public void An_index_finds_the_first_of_equal_pages_but_no_zeros()
    {
        var chance = new Random(2);
        var page = new byte[PageSize.Bytes];
        using var disk = SparseFile.Create(_folder["disk"], 1000 * PageSize.Bytes);
        using var memory = SparseFile.Create(_folder["memory"], 50 * PageSize.Bytes);
        var hashes = new ulong[1000];
        for (var i = 0; i < 1000; i += 3)
        {
            chance.NextBytes(page);
            disk.Write(i * PageSize.Bytes, page);
            if (i < 900)
                disk.Write((i + 1) * PageSize.Bytes, page);
            hashes[i] = PageHash.Of(page);
        }

        memory.Write(7 * PageSize.Bytes, page); // as the disk's last
        chance.NextBytes(page);
        memory.Write(9 * PageSize.Bytes, page);

        PageIndex.Build(_folder["index"], disk, memory, null, CancellationToken.None);

        using var index = PageIndex.TryOpen(_folder["index"]).ShouldNotBeNull();
        index.Count.ShouldBe(335);
        for (var i = 0; i < 1000; i += 3)
            index.Find(hashes[i]).ShouldBe((PageSource.BaseDisk, (long)i));
        index.Find(PageHash.Of(page)).ShouldBe((PageSource.BaseMemory, 9));
        index.Find(PageHash.Of(new byte[PageSize.Bytes])).ShouldBeNull();
    }

    [Fact]
    public void An_index_finds_pages_with_common_content()
    {
        using var disk = SparseFile.Create(_folder["disk"], 100 * PageSize.Bytes);
        var chance = new Random(6);
        var page = new byte[PageSize.Bytes];
        for (var i = 0; i < 100; i++)
        {
            chance.NextBytes(page);
            disk.Write(i * PageSize.Bytes, page);
        }

        PageIndex.Build(_folder["index"], disk, null, null, CancellationToken.None);

        using var index = PageIndex.TryOpen(_folder["index"]).ShouldNotBeNull();
        var alike = 0;
        for (var i = 0; i < 100; i++)
        {
            disk.Read(i * PageSize.Bytes, page);
            page.AsSpan(0, 3000).CopyTo(page.AsSpan(1096)); // moved within the page, by whole words, and its beginning is new
            chance.NextBytes(page.AsSpan(0, 1096));
            var features = new uint[PageFeatures.Count];
            if (features[..PageFeatures.Of(page, features)].SelectMany(index.Alike).Contains((PageSource.BaseDisk, i)))
                alike++;
        }

        // Each of the four features is in the remaining 3000 bytes with a probability of some 73 %.
        alike.ShouldBeGreaterThan(90);
        chance.NextBytes(page);
        var none = new uint[PageFeatures.Count];
        none[..PageFeatures.Of(page, none)].SelectMany(index.Alike).ShouldBeEmpty();
    }

    [Fact]
    public void Content_common_to_many_pages_names_only_a_few_of_them()
    {
        using var disk = SparseFile.Create(_folder["disk"], 100 * PageSize.Bytes);
        var page = new byte[PageSize.Bytes];
        new Random(7).NextBytes(page);
        for (var i = 0; i < 100; i++)
        {
            page[17] = (byte)i; // in one window of the whole page
            disk.Write(i * PageSize.Bytes, page);
        }

        PageIndex.Build(_folder["index"], disk, null, null, CancellationToken.None);

        using var index = PageIndex.TryOpen(_folder["index"]).ShouldNotBeNull();
        var features = new uint[PageFeatures.Count];
        PageFeatures.Of(page, features).ShouldBe(PageFeatures.Count);
        var few = Enumerable.Range(0, PageIndex.MostAlike).Select(i => (PageSource.BaseDisk, (long)i)).ToList();
        features.Count(f => index.Alike(f).SequenceEqual(few)).ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_page_of_one_word_has_no_features() =>
        PageFeatures.Of(Enumerable.Repeat((byte)7, PageSize.Bytes).ToArray(), new uint[PageFeatures.Count]).ShouldBe(0);

    [Fact]
    public void Keys_are_sorted_in_files_and_leave_nothing()
    {
        var chance = new Random(8);
        var all = Enumerable
            .Range(0, 100_000)
            .Select(i => (Key: (ulong)chance.NextInt64(long.MinValue, long.MaxValue) & ~0xffUL, Place: (long)(i % 1000)))
            .ToList();
        using (var places = new ExternalSorter(_folder["keys"]))
        {
            foreach (var (key, place) in all)
                places.Add(key, place);
            places.Sorted().ShouldBe(all.OrderBy(e => e.Key).ThenBy(e => e.Place));
            Directory.EnumerateFiles(_folder.Path).ShouldNotBeEmpty();
        }

        Directory.EnumerateFiles(_folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public void Two_sorts_in_one_folder_do_not_interfere()
    {
        using var one = new ExternalSorter(_folder["keys"]);
        using var other = new ExternalSorter(_folder["keys"]);
        for (var i = 0; i < 2000; i++)
        {
            one.Add((ulong)i, 1);
            other.Add((ulong)i, 2);
        }

        one.Sorted().ShouldAllBe(e => e.Place == 1);
        other.Sorted().ShouldAllBe(e => e.Place == 2);
    }

    [Fact]
    public void A_damaged_index_is_not_used()
    {
        PageIndex.TryOpen(_folder["none"]).ShouldBeNull();
        using (var disk = SparseFile.Create(_folder["disk"], 10 * PageSize.Bytes))
        {
            disk.Write(0, [1, 2, 3]);
            PageIndex.Build(_folder["index"], disk, null, null, CancellationToken.None);
        }

        var whole = File.ReadAllBytes(_folder["index"]);
        File.WriteAllBytes(_folder["index"], whole[..^1]);
        PageIndex.TryOpen(_folder["index"]).ShouldBeNull();
        File.WriteAllBytes(_folder["index"], [.. "something"u8]);
        PageIndex.TryOpen(_folder["index"]).ShouldBeNull();
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("0-4096", "0+1")]
    [InlineData("100-200,300-400", "0+1")]
    [InlineData("0-4097,8192-12288", "0+3")]
    [InlineData("4096-8192,40960-49152", "1+1,10+2")]
    public void Ranges_become_pages(string ranges, string pages) =>
        Text(PageRuns.Of(Ranges(ranges, '-').Select(r => (r.A, r.B)))).ShouldBe(pages);

    [Theory]
    [InlineData("0+10", "5+10", "5+5")]
    [InlineData("0+1,2+1,4+1", "0+10", "0+1,2+1,4+1")]
    [InlineData("0+3", "3+3", "")]
    [InlineData("", "3+3", "")]
    public void Runs_have_common_pages(string some, string others, string both) =>
        Text(PageRuns.Both(Runs(some), Runs(others))).ShouldBe(both);

    private static IEnumerable<PageRun> Runs(string text) => Ranges(text, '+').Select(r => new PageRun(r.A, r.B));

    private static IEnumerable<(long A, long B)> Ranges(string text, char sign) =>
        text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(r => r.Split(sign)).Select(r => (long.Parse(r[0]), long.Parse(r[1])));

    private static string Text(IEnumerable<PageRun> runs) => string.Join(',', runs.Select(r => $"{r.Start}+{r.Count}"));

    private string Digest(string name) => ContentDigest.Of(_folder[name], null, CancellationToken.None);
}
