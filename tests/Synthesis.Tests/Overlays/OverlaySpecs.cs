using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Tests.Fuzz;
using Cloudlet.TestKit;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Synthesis.Tests.Overlays;

public sealed class OverlaySpecs : IDisposable
{
    private readonly TempDir _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Changes_are_restored_completely() =>
        Prop.ForAll(
                Gen.Choose(0, int.MaxValue).ToArbitrary(),
                Gen.Elements(OverlayEffort.Fast, OverlayEffort.Small).ToArbitrary(),
                (seed, effort) =>
                {
                    using var folder = new TempDir();
                    var vm = new ChangedVm(seed);
                    var made = vm.Cut(folder, effort);
                    using var file = File.OpenRead(folder["overlay"]);
                    var (overlay, disk, memory) = vm.ApplyAsync(file).GetAwaiter().GetResult();

                    return disk.Content.AsSpan().SequenceEqual(vm.Disk.Content)
                        && memory.Content.AsSpan().SequenceEqual(vm.Memory.Content)
                        && overlay.Devices.Span.SequenceEqual(vm.Devices)
                        && overlay.Header.Id() == made.Header.Id()
                        && file.Length == made.Header.FileLength
                        && made.Counts.Carried == made.Header.Literals;
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public async Task A_page_is_carried_only_if_it_exists_nowhere_else()
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

        made.Counts.ShouldBe(
            new OverlayCounts
            {
                Changed = 5,
                Zero = 1,
                InBase = 2,
                Repeated = 1,
                Carried = 1,
            }
        );
        await using var file = File.OpenRead(_folder["overlay"]);
        (await OverlayReader.OpenAsync(file, CancellationToken.None)).Map.Runs.ShouldBe([
            new MapRun(PageSpace.Disk, 7, 1, PageSource.Literal, 0),
            new MapRun(PageSpace.Disk, 10, 1, PageSource.BaseMemory, 5),
            new MapRun(PageSpace.Memory, 8, 1, PageSource.Literal, 0),
            new MapRun(PageSpace.Memory, 9, 1, PageSource.BaseDisk, 3),
            new MapRun(PageSpace.Memory, 11, 1, PageSource.Zero, 0),
        ]);
    }

    [Fact]
    public async Task A_page_similar_to_another_is_encoded_against_it()
    {
        var vm = new ChangedVm(4, diskPages: 40, memoryPages: 40);
        vm.BaseDisk.Content.CopyTo(vm.Disk.Content, 0);
        vm.BaseMemory.Content.CopyTo(vm.Memory.Content, 0);
        var chance = new Random(5);
        chance.NextBytes(vm.BaseDisk.Page(20));
        vm.BaseDisk.Page(20).CopyTo(vm.Disk.Page(20));
        vm.BaseDisk.Page(20).CopyTo(vm.Memory.Page(7));
        vm.Memory.Page(7)[100] ^= 0xff;
        chance.NextBytes(vm.Memory.Page(9)); // similar to none
        vm.Memory.Page(11)[100] ^= 0xff; // similar to the earlier one at its place

        vm.Cut(_folder, OverlayEffort.Fast);

        await using var file = File.OpenRead(_folder["overlay"]);
        (await OverlayReader.OpenAsync(file, CancellationToken.None))
            .Map.Ranges.Single()
            .ShouldBe([
                new BaseRange(PageSource.BaseDisk, 20 * PageSize.Bytes, PageSize.Bytes),
                new BaseRange(PageSource.BaseMemory, 11 * PageSize.Bytes, PageSize.Bytes),
            ]);
        new FileInfo(_folder["overlay"]).Length.ShouldBeLessThan(2 * PageSize.Bytes + vm.Devices.Length);
    }

    [Fact]
    public async Task A_file_that_moved_by_bytes_is_not_carried()
    {
        var vm = new ChangedVm(15, diskPages: 200, memoryPages: 10);
        vm.BaseMemory.Content.CopyTo(vm.Memory.Content, 0);
        new Random(16).NextBytes(vm.BaseDisk.Content);
        vm.BaseDisk.Content.CopyTo(vm.Disk.Content, 0);
        "a new line"u8.CopyTo(vm.Disk.Content.AsSpan(500));
        vm.BaseDisk.Content.AsSpan(500, vm.Disk.Content.Length - 510).CopyTo(vm.Disk.Content.AsSpan(510));

        var made = vm.Cut(_folder, OverlayEffort.Fast);

        made.Header.Segments.Single(s => s.Kind == SegmentKind.Literals).Codec.ShouldBe(SegmentCodec.Copies);
        new FileInfo(_folder["overlay"]).Length.ShouldBeLessThan(600 + vm.Devices.Length);
        await using var file = File.OpenRead(_folder["overlay"]);
        var (_, disk, _) = await vm.ApplyAsync(file);
        disk.Content.AsSpan().SequenceEqual(vm.Disk.Content).ShouldBeTrue();
    }

    [Theory]
    [InlineData(OverlayEffort.Fast)]
    [InlineData(OverlayEffort.Small)]
    public async Task Rows_that_moved_within_and_between_pages_are_encoded_against_their_old_places(OverlayEffort effort)
    {
        var vm = new ChangedVm(17, diskPages: 300, memoryPages: 10);
        vm.BaseMemory.Content.CopyTo(vm.Memory.Content, 0);
        var chance = new Random(18);
        chance.NextBytes(vm.BaseDisk.Content);
        const int row = 203;
        var rows = vm.BaseDisk.Content.Chunk(row).ToArray();
        for (var page = 0; page < 300; page++)
        for (var at = chance.Next(100); at + row <= PageSize.Bytes; at += row + chance.Next(3))
        {
            var near = Math.Min(rows.Length - 2, ((page * PageSize.Bytes) + chance.Next(PageSize.Bytes)) / row);
            rows[chance.Next(4) == 0 ? chance.Next(rows.Length - 1) : near].CopyTo(vm.Disk.Page(page)[at..]);
        }

        var made = vm.Cut(_folder, effort);

        made.Counts.Carried.ShouldBeGreaterThan(250);
        new FileInfo(_folder["overlay"]).Length.ShouldBeLessThan(vm.Disk.Content.Length / 6);
        await using var file = File.OpenRead(_folder["overlay"]);
        var (_, disk, _) = await vm.ApplyAsync(file);
        disk.Content.AsSpan().SequenceEqual(vm.Disk.Content).ShouldBeTrue();
    }

    [Fact]
    public async Task Small_overlays_use_lzma_a_model_for_text_and_neither_for_random_data()
    {
        var vm = new ChangedVm(6, diskPages: 600, memoryPages: 10);
        var chance = new Random(6);
        vm.BaseDisk.Content.AsSpan().Clear();
        vm.Disk.Content.AsSpan().Clear();
        string[] words =
        [
            .. Enumerable.Range(0, 500).Select(_ => Convert.ToBase64String(BitConverter.GetBytes(chance.Next()))[..chance.Next(2, 6)]),
        ];
        string Text() => string.Concat(Enumerable.Range(0, 800).Select(_ => words[chance.Next(500)] + " ")).PadRight(5000);
        for (var page = 0; page < 600; page++)
            if (page < 256)
                chance.NextBytes(vm.Disk.Page(page));
            else if (page >= 512)
                System.Text.Encoding.ASCII.GetBytes(Text()[..PageSize.Bytes]).CopyTo(vm.Disk.Page(page));
            else
                for (var word = 0; word < PageSize.Bytes; word += 8)
                    BitConverter.TryWriteBytes(vm.Disk.Page(page)[word..], 0x7f00_0000_0000L + chance.Next(1 << 20));

        var made = vm.Cut(_folder, OverlayEffort.Small);

        made.Header.Segments.Where(s => s.Kind == SegmentKind.Literals)
            .Take(3)
            .Select(s => s.Codec)
            .ShouldBe([SegmentCodec.Zstandard, SegmentCodec.Lzma, SegmentCodec.ModelledCopies]);
        await using var file = File.OpenRead(_folder["overlay"]);
        var (_, disk, _) = await vm.ApplyAsync(file);
        disk.Content.ShouldBe(vm.Disk.Content);
    }

    [Fact]
    public async Task Without_changes_the_overlay_is_empty()
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
    public async Task A_false_header_with_a_valid_digest_has_no_effect()
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
                // Such as more pages for the only segment than it needs: the content is still correct.
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

    /// <summary>Version 1 did not record it. The id does not cover what only the prelude contains.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("7.2.22")]
    public async Task An_overlay_records_which_qemu_wrote_its_device_state(string? version)
    {
        var vm = new ChangedVm(5) { QemuVersion = version };
        vm.Cut(_folder, OverlayEffort.Fast);
        var whole = await File.ReadAllBytesAsync(_folder["overlay"]);

        whole[8].ShouldBe((byte)OverlayHeader.Version);
        var (overlay, disk, memory) = await vm.ApplyAsync(new MemoryStream(whole));
        overlay.QemuVersion.ShouldBe(version);
        (
            disk.Content.AsSpan().SequenceEqual(vm.Disk.Content),
            memory.Content.AsSpan().SequenceEqual(vm.Memory.Content),
            overlay.Devices.Span.SequenceEqual(vm.Devices)
        ).ShouldBe((true, true, true));
        whole[8]--;
        (await Should.ThrowAsync<CloudletException>(vm.ApplyAsync(new MemoryStream(whole)))).Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"qemuVersion":null}""")]
    [InlineData("""{"qemuVersion":"7.2.22; rm"}""")]
    [InlineData("""{"qemuVersion":7}""")]
    [InlineData("7.2.22")]
    public void An_invalid_version_is_refused(string json) =>
        Should
            .Throw<CloudletException>(() => OverlayOrigin.Parse(System.Text.Encoding.UTF8.GetBytes(json)))
            .Kind.ShouldBe(ErrorKind.InvalidInput);

    [Fact]
    public void A_later_version_may_have_more_properties() =>
        OverlayOrigin.Parse("""{"qemuVersion":"7.2.22","host":"x"}"""u8).QemuVersion.ShouldBe("7.2.22");

    [Fact]
    public async Task An_end_that_is_too_early_or_too_late_is_detected()
    {
        var vm = new ChangedVm(5);
        vm.Cut(_folder, OverlayEffort.Fast);
        var whole = await File.ReadAllBytesAsync(_folder["overlay"]);
        var chance = new Random(6);
        byte[][] wrong =
        [
            [],
            [.. whole, 0],
            .. Enumerable.Range(0, 60).Select(_ => whole[..chance.Next(whole.Length)]),
        ];

        foreach (var bytes in wrong)
            (await Should.ThrowAsync<CloudletException>(() => vm.ApplyAsync(new MemoryStream(bytes)))).Kind.ShouldBe(
                ErrorKind.InvalidInput
            );
    }

    [Fact]
    public async Task A_different_base_is_refused()
    {
        var vm = new ChangedVm(7);
        vm.Cut(_folder, OverlayEffort.Fast);
        await using var file = File.OpenRead(_folder["overlay"]);
        var reader = await OverlayReader.OpenAsync(file, CancellationToken.None);

        var error = await Should.ThrowAsync<CloudletException>(() =>
            reader.ApplyAsync(vm.Base with { Id = new string('b', 64) }, vm.Disk, vm.Memory, null, CancellationToken.None)
        );

        error.Message.ShouldContain(new string('b', 64));
    }

    [Fact]
    public async Task A_base_that_changed_under_its_id_is_detected_by_pages_encoded_against_it()
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
        var content = new OverlayContent(ChangedVm.All(vm.Disk), ChangedVm.All(vm.Memory))
        {
            Devices = vm.Devices,
            Manifest = "{}"u8.ToArray(),
        };

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

    [Theory]
    [InlineData("old-fast", 1, null)]
    [InlineData("old-small", 1, null)]
    [InlineData("old-with-origin", 2, "7.2.9")]
    public async Task Overlays_of_older_versions_are_read(string sample, byte version, string? qemuVersion)
    {
        var vm = OverlayFuzzSpecs.SampleVm();
        var old = await File.ReadAllBytesAsync(Path.Combine(FuzzRun.Folder, "corpus", sample));
        old[8].ShouldBe(version);

        var (overlay, disk, memory) = await vm.ApplyAsync(new MemoryStream(old));

        overlay.QemuVersion.ShouldBe(qemuVersion);
        overlay.Header.ToBytes().ShouldBe(old[..overlay.Header.ToBytes().Length]);
        disk.Content.AsSpan().SequenceEqual(vm.Disk.Content).ShouldBeTrue();
        memory.Content.AsSpan().SequenceEqual(vm.Memory.Content).ShouldBeTrue();

        // The id does not cover the version, so changing it does not change what is read.
        old[8] = (byte)(version + 1);
        (await Should.ThrowAsync<CloudletException>(() => vm.ApplyAsync(new MemoryStream(old)))).Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    [Fact]
    public void A_cancelled_overlay_creation_reads_nothing_afterwards()
    {
        using var stop = new CancellationTokenSource();
        var vm = new ChangedVm(5, diskPages: 4096, memoryPages: 8);
        for (var page = 0; page < 4096; page++)
            vm.BaseDisk.Page((page + 7) % 4096)[..3000].CopyTo(vm.Disk.Page(page)); // each is encoded against another page
        var slow = new SlowPages(vm.BaseDisk, stop);

        Should.Throw<OperationCanceledException>(() => vm.Cut(_folder, OverlayEffort.Fast, slow, stop.Token));

        slow.Reading.ShouldBe(0);
        var reads = slow.Reads;
        Thread.Sleep(200);
        slow.Reads.ShouldBe(reads);
        reads.ShouldBePositive();
    }

    [Fact]
    public void A_failed_overlay_creation_leaves_nothing_and_keeps_existing_files()
    {
        var vm = new ChangedVm(10);
        vm.Cut(_folder, OverlayEffort.Fast);
        var before = File.ReadAllBytes(_folder["overlay"]);
        var broken = new ChangedStore(new StoredPages(new byte[PageSize.Bytes]), []);

        Should.Throw<CloudletException>(() =>
            new OverlayWriter(vm.Base, _folder["index"]).Write(
                _folder["overlay"],
                new OverlayContent(broken, null),
                OverlayEffort.Fast,
                null,
                CancellationToken.None
            )
        );

        File.ReadAllBytes(_folder["overlay"]).ShouldBe(before);
        Directory
            .GetFiles(_folder.Path)
            .Select(Path.GetFileName)
            .Order(StringComparer.Ordinal)
            .ShouldBe(["disk", "index", "memory", "overlay"]);
    }

    /// <summary>A disk that is slow when single pages are read, so that the creation can be cancelled then.</summary>
    private sealed class SlowPages(IPageReader pages, CancellationTokenSource stop) : IPageReader
    {
        private int _reading,
            _reads;

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
