using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.TestKit;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Synthesis.Tests.Overlays;

public sealed class OverlaySpecs : IDisposable
{
    private readonly TempDir _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_changed_comes_back_whole() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), Gen.Elements(OverlayEffort.Fast, OverlayEffort.Small).ToArbitrary(), (seed, effort) =>
        {
            using var folder = new TempDir();
            var vm = new ChangedVm(seed);
            var made = vm.Cut(folder, effort);
            using var file = File.OpenRead(folder["overlay"]);
            var (overlay, disk, memory) = vm.ApplyAsync(file).GetAwaiter().GetResult();

            return disk.Content.AsSpan().SequenceEqual(vm.Disk.Content) && memory.Content.AsSpan().SequenceEqual(vm.Memory.Content) && overlay.Devices.Span.SequenceEqual(vm.Devices)
                && overlay.Header.Id() == made.Header.Id() && file.Length == made.Header.FileLength && made.Counts.Carried == made.Header.Literals;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task A_page_is_carried_only_if_it_is_nowhere_else()
    {
        var vm = new ChangedVm(1, diskPages: 40, memoryPages: 40);
        vm.BaseDisk.Content.CopyTo(vm.Disk.Content, 0);
        vm.BaseMemory.Content.CopyTo(vm.Memory.Content, 0);
        vm.BaseDisk.Page(3).Fill(3);
        vm.Disk.Page(3).Fill(3);
        vm.BaseMemory.Page(5).Fill(5);
        vm.Memory.Page(5).Fill(5);
        vm.Disk.Page(7).Fill(99); // carried
        vm.Memory.Page(8).Fill(99); // as the disk's new block
        vm.Memory.Page(9).Fill(3); // as the base's disk
        vm.Disk.Page(10).Fill(5); // as the base's memory
        vm.BaseMemory.Page(11).Fill(11);
        vm.Memory.Page(11).Clear();

        var made = vm.Cut(_folder, OverlayEffort.Fast);

        made.Counts.ShouldBe(new OverlayCounts { Changed = 5, Zero = 1, InBase = 2, Repeated = 1, Carried = 1 });
        await using var file = File.OpenRead(_folder["overlay"]);
        (await OverlayReader.OpenAsync(file, CancellationToken.None)).Map.Runs.ShouldBe(
        [
            new MapRun(PageSpace.Disk, 7, 1, PageSource.Literal, 0),
            new MapRun(PageSpace.Disk, 10, 1, PageSource.BaseMemory, 5),
            new MapRun(PageSpace.Memory, 8, 1, PageSource.Literal, 0),
            new MapRun(PageSpace.Memory, 9, 1, PageSource.BaseDisk, 3),
            new MapRun(PageSpace.Memory, 11, 1, PageSource.Zero, 0),
        ]);
    }

    [Fact]
    public async Task A_page_that_is_like_another_is_encoded_against_it()
    {
        var vm = new ChangedVm(4, diskPages: 40, memoryPages: 40);
        vm.BaseDisk.Content.CopyTo(vm.Disk.Content, 0);
        vm.BaseMemory.Content.CopyTo(vm.Memory.Content, 0);
        var chance = new Random(5);
        chance.NextBytes(vm.BaseDisk.Page(20));
        vm.BaseDisk.Page(20).CopyTo(vm.Disk.Page(20));
        vm.BaseDisk.Page(20).CopyTo(vm.Memory.Page(7));
        vm.Memory.Page(7)[100] ^= 0xff;
        chance.NextBytes(vm.Memory.Page(9)); // like none
        vm.Memory.Page(11)[100] ^= 0xff; // like the one before it at its place

        vm.Cut(_folder, OverlayEffort.Fast);

        await using var file = File.OpenRead(_folder["overlay"]);
        (await OverlayReader.OpenAsync(file, CancellationToken.None)).Map.References.ShouldBe(
            [new ReferenceRun(1, PageSource.BaseDisk, 20), new ReferenceRun(1, PageSource.Zero, 0), new ReferenceRun(1, PageSource.BaseMemory, 11)]);
        new FileInfo(_folder["overlay"]).Length.ShouldBeLessThan(2 * PageSize.Bytes + vm.Devices.Length);
    }

    [Fact]
    public async Task Small_overlays_of_words_are_lzma_and_what_is_random_is_not()
    {
        var vm = new ChangedVm(6, diskPages: 600, memoryPages: 10);
        var chance = new Random(6);
        for (var page = 0; page < 512; page++)
            if (page < 256)
                chance.NextBytes(vm.Disk.Page(page));
            else
                for (var word = 0; word < PageSize.Bytes; word += 8)
                    BitConverter.TryWriteBytes(vm.Disk.Page(page)[word..], 0x7f00_0000_0000L + chance.Next(1 << 20));

        var made = vm.Cut(_folder, OverlayEffort.Small);

        made.Header.Segments.Where(s => s.Kind == SegmentKind.Literals).Take(2).Select(s => s.Codec).ShouldBe([SegmentCodec.Zstandard, SegmentCodec.Lzma]);
        await using var file = File.OpenRead(_folder["overlay"]);
        var (_, disk, _) = await vm.ApplyAsync(file);
        disk.Content.ShouldBe(vm.Disk.Content);
    }

    [Fact]
    public async Task Nothing_changed_is_an_overlay_of_nothing()
    {
        var vm = new ChangedVm(2);
        vm.BaseDisk.Content.CopyTo(vm.Disk.Content, 0);
        vm.BaseMemory.Content.CopyTo(vm.Memory.Content, 0);

        vm.Cut(_folder, OverlayEffort.Small).Header.Literals.ShouldBe(0);

        await using var file = File.OpenRead(_folder["overlay"]);
        var (_, disk, memory) = await vm.ApplyAsync(file);
        disk.Content.ShouldBe(vm.Disk.Content);
        memory.Content.ShouldBe(vm.Memory.Content);
    }

    [Fact]
    public async Task A_damaged_byte_is_found_wherever_it_is()
    {
        var vm = new ChangedVm(3);
        vm.Cut(_folder, OverlayEffort.Fast);
        var whole = await File.ReadAllBytesAsync(_folder["overlay"]);
        var chance = new Random(4);
        foreach (var at in Enumerable.Range(0, 300).Concat(Enumerable.Range(0, 300).Select(_ => chance.Next(whole.Length))))
        {
            var damaged = whole.ToArray();
            damaged[at] ^= (byte)(1 << chance.Next(8));

            var error = await Should.ThrowAsync<CloudletException>(() => vm.ApplyAsync(new MemoryStream(damaged)));

            error.Kind.ShouldBe(ErrorKind.InvalidInput, $"byte {at}");
        }
    }

    [Fact]
    public async Task A_header_that_lies_under_a_right_digest_changes_nothing()
    {
        var vm = new ChangedVm(13);
        vm.Cut(_folder, OverlayEffort.Fast);
        var whole = await File.ReadAllBytesAsync(_folder["overlay"]);
        var length = OverlayHeader.LengthOf(whole);
        var chance = new Random(14);
        var refused = 0;
        for (var round = 0; round < 1500; round++)
        {
            var lie = whole.ToArray();
            var body = lie.AsMemory(OverlayHeader.PreludeLength, length);
            for (var i = chance.Next(1, 5); i > 0; i--)
                body.Span[chance.Next(length)] = (byte)(chance.Next(3) == 0 ? 0xff : chance.Next(256));
            SHA256.HashData(body.Span, lie.AsSpan(16));
            if (body.Span.SequenceEqual(whole.AsSpan(OverlayHeader.PreludeLength, length)))
                continue;

            try
            {
                // Such as more pages for the only segment than it needs: no lie about the content.
                var (_, disk, memory) = await vm.ApplyAsync(new MemoryStream(lie));
                disk.Content.AsSpan().SequenceEqual(vm.Disk.Content).ShouldBeTrue();
                memory.Content.AsSpan().SequenceEqual(vm.Memory.Content).ShouldBeTrue();
            }
            catch (CloudletException e)
            {
                e.Kind.ShouldBe(ErrorKind.InvalidInput);
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(1300);
    }

    [Theory]
    [InlineData(8, int.MaxValue)]
    [InlineData(12, int.MaxValue)]
    [InlineData(12, -1)]
    [InlineData(12, 0)]
    public void A_prelude_that_announces_too_much_is_refused_before_anything_is_read(int offset, int value)
    {
        var prelude = new byte[OverlayHeader.PreludeLength];
        OverlayHeader.Magic.CopyTo(prelude);
        prelude[8] = OverlayHeader.Version;
        BitConverter.TryWriteBytes(prelude.AsSpan(12), 64).ShouldBeTrue();
        OverlayHeader.LengthOf(prelude).ShouldBe(64);
        BitConverter.TryWriteBytes(prelude.AsSpan(offset), value).ShouldBeTrue();

        Should.Throw<CloudletException>(() => OverlayHeader.LengthOf(prelude)).Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    [Fact]
    public async Task An_end_that_comes_too_early_or_too_late_is_found()
    {
        var vm = new ChangedVm(5);
        vm.Cut(_folder, OverlayEffort.Fast);
        var whole = await File.ReadAllBytesAsync(_folder["overlay"]);
        var chance = new Random(6);
        byte[][] wrong = [[], [.. whole, 0], .. Enumerable.Range(0, 60).Select(_ => whole[..chance.Next(whole.Length)])];

        foreach (var bytes in wrong)
            (await Should.ThrowAsync<CloudletException>(() => vm.ApplyAsync(new MemoryStream(bytes)))).Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    [Fact]
    public async Task A_base_that_is_another_one_is_refused()
    {
        var vm = new ChangedVm(7);
        vm.Cut(_folder, OverlayEffort.Fast);
        await using var file = File.OpenRead(_folder["overlay"]);
        var reader = await OverlayReader.OpenAsync(file, CancellationToken.None);

        var error = await Should.ThrowAsync<CloudletException>(() => reader.ApplyAsync(vm.Base with { Id = new string('b', 64) }, vm.Disk, vm.Memory, null, CancellationToken.None));

        error.Message.ShouldContain(new string('b', 64));
    }

    [Fact]
    public async Task A_base_that_changed_under_its_id_is_noticed_by_what_was_encoded_against_it()
    {
        var vm = new ChangedVm(8);
        vm.Disk.Page(0).Clear();
        new Random(11).NextBytes(vm.BaseDisk.Page(0));
        vm.BaseDisk.Page(0)[..2000].CopyTo(vm.Disk.Page(0));
        new Random(9).NextBytes(vm.Disk.Page(0)[2000..]);
        vm.Cut(_folder, OverlayEffort.Small).Counts.Carried.ShouldBeGreaterThan(0);
        vm.BaseDisk.Page(0)[100]++;

        await using var file = File.OpenRead(_folder["overlay"]);
        (await Should.ThrowAsync<CloudletException>(() => vm.ApplyAsync(file))).Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    [Fact]
    public async Task A_whole_base_needs_no_other()
    {
        var vm = new ChangedVm(12);
        var nothing = OverlayBase.Zeros(vm.Disk.Length, vm.Memory.Length);
        var content = new OverlayContent(ChangedVm.All(vm.Disk), ChangedVm.All(vm.Memory)) { Devices = vm.Devices, Manifest = "{}"u8.ToArray() };

        new OverlayWriter(nothing, null).Write(_folder["base"], content, OverlayEffort.Small, null, CancellationToken.None);

        await using var file = File.OpenRead(_folder["base"]);
        var reader = await OverlayReader.OpenAsync(file, CancellationToken.None);
        var (disk, memory) = (new StoredPages(new byte[vm.Disk.Length]), new StoredPages(new byte[vm.Memory.Length]));
        await reader.ApplyAsync(nothing, disk, memory, null, CancellationToken.None);
        reader.Manifest.ToArray().ShouldBe("{}"u8.ToArray());
        reader.Devices.ToArray().ShouldBe(vm.Devices);
        disk.Content.AsSpan().SequenceEqual(vm.Disk.Content).ShouldBeTrue();
        memory.Content.AsSpan().SequenceEqual(vm.Memory.Content).ShouldBeTrue();
    }

    [Fact]
    public void A_cut_that_is_stopped_reads_nothing_afterwards()
    {
        using var stop = new CancellationTokenSource();
        var vm = new ChangedVm(5, diskPages: 4096, memoryPages: 8);
        for (var page = 0; page < 4096; page++)
            vm.BaseDisk.Page((page + 7) % 4096)[..3000].CopyTo(vm.Disk.Page(page)); // each is encoded against another one
        var slow = new SlowPages(vm.BaseDisk, stop);

        Should.Throw<OperationCanceledException>(() => vm.Cut(_folder, OverlayEffort.Fast, slow, stop.Token));

        slow.Reading.ShouldBe(0);
        var reads = slow.Reads;
        Thread.Sleep(200);
        slow.Reads.ShouldBe(reads);
        reads.ShouldBePositive();
    }

    [Fact]
    public void A_cut_that_fails_leaves_nothing_and_keeps_what_was_there()
    {
        var vm = new ChangedVm(10);
        vm.Cut(_folder, OverlayEffort.Fast);
        var before = File.ReadAllBytes(_folder["overlay"]);
        var broken = new ChangedStore(new StoredPages(new byte[PageSize.Bytes]), []);

        Should.Throw<CloudletException>(() => new OverlayWriter(vm.Base, _folder["index"]).Write(_folder["overlay"], new OverlayContent(broken, null), OverlayEffort.Fast, null, CancellationToken.None));

        File.ReadAllBytes(_folder["overlay"]).ShouldBe(before);
        Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe(["disk", "index", "memory", "overlay"]);
    }

    /// <summary>A disk that is slow where single pages are looked at, and lets the cut be stopped then.</summary>
    private sealed class SlowPages(IPageReader pages, CancellationTokenSource stop) : IPageReader
    {
        private int _reading, _reads;

        public long Length => pages.Length;

        public int Reading => Volatile.Read(ref _reading);

        public int Reads => Volatile.Read(ref _reads);

        public void Read(long offset, Span<byte> into)
        {
            if (into.Length == PageSize.Bytes)
            {
                Interlocked.Increment(ref _reading);
                if (Interlocked.Increment(ref _reads) == 1)
                    stop.Cancel();
                Thread.Sleep(1);
                pages.Read(offset, into);
                Interlocked.Decrement(ref _reading);
                return;
            }

            pages.Read(offset, into);
        }
    }
}
