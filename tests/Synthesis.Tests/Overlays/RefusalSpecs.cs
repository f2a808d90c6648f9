using System.Buffers.Binary;
using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Refusals;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Overlays;

/// <summary>A refused overlay has a code, what was expected and what was found.</summary>
public sealed class RefusalSpecs : IDisposable
{
    private const int DiskPagesAt = 32,
        MemoryPagesAt = 40,
        LiteralsAt = 48,
        SegmentPagesAt = 56,
        FirstSegmentAt = 64,
        SegmentLength = 44;

    private readonly TempDir _folder = new();
    private readonly ChangedVm _vm = new(4);
    private readonly byte[] _whole;

    public RefusalSpecs()
    {
        _vm.Cut(_folder, OverlayEffort.Fast);
        _whole = File.ReadAllBytes(_folder["overlay"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_that_is_no_overlay_shows_how_it_begins()
    {
        var refusal = await RefusalOf([.. "#!/bin/sh\n"u8, .. new byte[100]]);

        (refusal.Code, refusal.Expected, refusal.Found).ShouldBe((OverlayRefusalCode.BadMagic, "CLDLTOVL", "#!/bin/s"));
        refusal.Message.ShouldContain("expected CLDLTOVL, found #!/bin/s; give a file that");
    }

    [Fact]
    public async Task Bytes_that_are_not_printable_are_shown_in_hexadecimal() =>
        (await RefusalOf([0x1b, .. new byte[100]])).Found.ShouldBe("0x1b00000000000000");

    [Fact]
    public async Task A_version_of_the_future_is_refused_with_the_known_ones()
    {
        _whole[8] = 9;

        var refusal = await RefusalOf(_whole);

        (refusal.Code, refusal.Expected, refusal.Found).ShouldBe((OverlayRefusalCode.UnknownVersion, "1 to 3", "9"));
        refusal.Message.ShouldContain("update cloudlet");
    }

    [Fact]
    public async Task A_version_that_the_segments_do_not_have_is_refused()
    {
        _whole[8] = 2;

        var refusal = await RefusalOf(_whole);

        (refusal.Code, refusal.Expected, refusal.Found).ShouldBe((OverlayRefusalCode.VersionMismatch, "3", "2"));
    }

    [Fact]
    public async Task A_damaged_header_and_a_damaged_segment_have_both_digests()
    {
        var inHeader = _whole.ToArray();
        inHeader[OverlayHeader.PreludeLength + 1] ^= 1;
        var inSegment = _whole.ToArray();
        inSegment[^1] ^= 1;

        foreach (var damaged in new[] { inHeader, inSegment })
        {
            var refusal = await RefusalOf(damaged);

            refusal.Code.ShouldBe(OverlayRefusalCode.DigestMismatch);
            refusal.Expected!.Length.ShouldBe(64);
            refusal.Found!.Length.ShouldBe(64);
            refusal.Found.ShouldNotBe(refusal.Expected);
        }
    }

    [Fact]
    public async Task An_end_that_comes_too_early_or_too_late_has_its_code()
    {
        var cut = await RefusalOf(_whole[..^3]);
        var longer = await RefusalOf([.. _whole, 0]);

        cut.Code.ShouldBe(OverlayRefusalCode.Truncated);
        cut.Message.ShouldContain("more bytes, found");
        (longer.Code, longer.Expected).ShouldBe((OverlayRefusalCode.TrailingData, $"{_whole.Length} bytes"));
    }

    [Fact]
    public async Task A_header_length_out_of_range_is_refused()
    {
        BinaryPrimitives.WriteInt32LittleEndian(_whole.AsSpan(12), 63);

        var refusal = await RefusalOf(_whole);

        (refusal.Code, refusal.Found).ShouldBe((OverlayRefusalCode.HeaderLength, "63 bytes"));
    }

    [Theory]
    [InlineData(DiskPagesAt, OverlayRefusalCode.DiskPages)]
    [InlineData(MemoryPagesAt, OverlayRefusalCode.MemoryPages)]
    [InlineData(LiteralsAt, OverlayRefusalCode.CarriedPages)]
    [InlineData(SegmentPagesAt, OverlayRefusalCode.CarriedPages)]
    public async Task A_count_out_of_range_is_refused_with_its_range(int at, string code)
    {
        var sign = at == SegmentPagesAt ? at : at + sizeof(int);
        var refusal = await RefusalOf(WithHeader(header => BinaryPrimitives.WriteInt32LittleEndian(header[sign..], -1)));

        refusal.Code.ShouldBe(code);
        refusal.Expected!.ShouldContain(" to ");
        refusal.Message.ShouldContain($"out of range: expected {refusal.Expected}, found {refusal.Found}; the file is damaged");
    }

    [Theory]
    [InlineData(0, 77, OverlayRefusalCode.SegmentKind, "0", "77")] // the origin is optional, device state is not
    [InlineData(2, 9, OverlayRefusalCode.SegmentCodec, "0 to 2", "9")]
    public async Task A_segment_that_does_not_belong_in_its_place_is_refused(
        int at,
        short value,
        string code,
        string expected,
        string found
    )
    {
        var refusal = await RefusalOf(
            WithHeader(header => BinaryPrimitives.WriteInt16LittleEndian(header[(FirstSegmentAt + at)..], value))
        );

        (refusal.Code, refusal.Expected, refusal.Found).ShouldBe((code, expected, found));
        refusal.Message.ShouldContain("segment 0");
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    public async Task A_segment_that_is_too_long_is_refused(int at)
    {
        var refusal = await RefusalOf(
            WithHeader(header => BinaryPrimitives.WriteInt32LittleEndian(header[(FirstSegmentAt + at)..], int.MaxValue))
        );

        (refusal.Code, refusal.Found).ShouldBe((OverlayRefusalCode.SegmentLength, $"{int.MaxValue} bytes"));
    }

    [Fact]
    public async Task Fewer_pages_in_segments_than_the_header_says_are_refused()
    {
        var carried = 0L;
        var refusal = await RefusalOf(
            WithHeader(header =>
                BinaryPrimitives.WriteInt64LittleEndian(
                    header[LiteralsAt..],
                    (carried = BinaryPrimitives.ReadInt64LittleEndian(header[LiteralsAt..])) + 1
                )
            )
        );

        (refusal.Code, refusal.Expected, refusal.Found).ShouldBe((OverlayRefusalCode.CarriedPages, $"{carried + 1}", $"{carried}"));
    }

    [Fact]
    public async Task A_map_that_is_not_valid_is_refused()
    {
        var map = new VarintWriter();
        map.Put(long.MaxValue);

        (await RefusalOf(WithSegment(SegmentKind.Map, map.ToArray()))).Code.ShouldBe(OverlayRefusalCode.BadPageMap);
    }

    [Fact]
    public async Task An_origin_that_is_not_one_is_refused() =>
        (await RefusalOf(WithSegment(SegmentKind.Origin, "{}"u8.ToArray()))).Code.ShouldBe(OverlayRefusalCode.BadOrigin);

    [Fact]
    public async Task A_base_that_changed_under_its_id_is_noticed_by_the_content_of_a_segment()
    {
        var vm = new ChangedVm(15, diskPages: 200, memoryPages: 10);
        vm.BaseMemory.Content.CopyTo(vm.Memory.Content, 0);
        new Random(16).NextBytes(vm.BaseDisk.Content);
        vm.BaseDisk.Content.AsSpan(0, vm.Disk.Content.Length - 10).CopyTo(vm.Disk.Content.AsSpan(10));
        using var folder = new TempDir();
        vm.Cut(folder, OverlayEffort.Fast);
        vm.BaseDisk.Content[1000] ^= 1;

        await using var file = File.OpenRead(folder["overlay"]);
        var error = await Should.ThrowAsync<OverlayRefusedException>(() => vm.ApplyAsync(file));

        error.Refusal.Code.ShouldBe(OverlayRefusalCode.SegmentContent);
        error.Message.ShouldContain("cloudlet base verify");
    }

    [Fact]
    public async Task Another_base_is_refused_with_both_ids()
    {
        var reader = await OverlayReader.OpenAsync(new MemoryStream(_whole), CancellationToken.None);

        var error = await Should.ThrowAsync<OverlayRefusedException>(() =>
            reader.ApplyAsync(_vm.Base with { Id = new string('b', 64) }, _vm.Disk, _vm.Memory, null, CancellationToken.None)
        );

        error.Refusal.Code.ShouldBe(OverlayRefusalCode.WrongBase);
        error.Refusal.Expected!.ShouldContain(_vm.Base.Id);
        error.Refusal.Found!.ShouldContain(new string('b', 64));
    }

    [Fact]
    public async Task A_base_that_is_missing_is_refused_with_its_id_and_the_way_to_get_it()
    {
        var error = await Should.ThrowAsync<OverlayRefusedException>(
            SynthesizeAsync(new RuntimeStore(_folder["store"]), _folder["overlay"])
        );

        (error.Kind, error.Refusal.Code, error.Refusal.Expected).ShouldBe(
            (ErrorKind.NotFound, OverlayRefusalCode.BaseMissing, _vm.Base.Id)
        );
        error.Message.ShouldContain("cloudlet base import");
    }

    [Fact]
    public async Task An_exported_base_and_an_overlay_in_place_of_each_other_are_refused()
    {
        var store = new RuntimeStore(_folder["store"]);
        await new BaseArchive(store).ExportAsync(
            Samples.Publish(store),
            _folder["a.base"],
            OverlayEffort.Fast,
            Samples.Silent,
            CancellationToken.None
        );

        var synthesized = await Should.ThrowAsync<OverlayRefusedException>(SynthesizeAsync(store, _folder["a.base"]));
        var imported = await Should.ThrowAsync<OverlayRefusedException>(
            new BaseArchive(store).ImportAsync(_folder["overlay"], null, Samples.Silent, CancellationToken.None)
        );

        (synthesized.Refusal.Code, imported.Refusal.Code).ShouldBe((OverlayRefusalCode.NotAnOverlay, OverlayRefusalCode.NotABase));
    }

    [Fact]
    public async Task A_reason_against_the_base_refuses_an_overlay_and_is_a_plain_error_otherwise()
    {
        var reason = BaseSeal.ReasonAgainst(await ChangedBaseAsync(), Samples.Silent, CancellationToken.None)!;

        reason.Code.ShouldBe(OverlayRefusalCode.BaseChanged);
        (reason.Expected!.Split(' ')[^1].Length, reason.Found!.Length).ShouldBe((64, 64));
        var start = new VmStartOptions { Base = Samples.Publish(new RuntimeStore(_folder["store"])) };
        start.Error(ErrorKind.Unexpected, reason).ShouldNotBeOfType<OverlayRefusedException>();
        (start with { IsFromOverlay = true })
            .Error(ErrorKind.Unexpected, reason)
            .ShouldBeOfType<OverlayRefusedException>()
            .Refusal.ShouldBe(reason);
    }

    private async Task<BaseVm> ChangedBaseAsync()
    {
        var made = Samples.Publish(new RuntimeStore(_folder["changed"]));
        File.SetUnixFileMode(made.DevicesPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var bytes = await File.ReadAllBytesAsync(made.DevicesPath);
        bytes[0] ^= 1;
        await File.WriteAllBytesAsync(made.DevicesPath, bytes);
        return made;
    }

    private static Task<RunningVm> SynthesizeAsync(RuntimeStore store, string place) =>
        new Synthesizer(store).SynthesizeAsync(new SynthesisRequest { Place = place }, Samples.Silent, CancellationToken.None);

    private async Task<OverlayRefusal> RefusalOf(byte[] file)
    {
        var error = await Should.ThrowAsync<OverlayRefusedException>(() => _vm.ApplyAsync(new MemoryStream(file)));
        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldBe(error.Refusal.Message);
        return error.Refusal;
    }

    private delegate void HeaderChange(Span<byte> header);

    /// <summary>The overlay with another header, under its right digest.</summary>
    private byte[] WithHeader(HeaderChange change)
    {
        var file = _whole.ToArray();
        var header = file.AsSpan(OverlayHeader.PreludeLength, OverlayHeader.LengthOf(file));
        change(header);
        SHA256.HashData(header, file.AsSpan(16));
        return file;
    }

    /// <summary>The overlay with another content of a segment of its front, under right digests.</summary>
    private byte[] WithSegment(SegmentKind kind, byte[] plain)
    {
        using var compressor = new ZstdCompressor(3);
        var stored = compressor.Compress(plain);
        var length = OverlayHeader.LengthOf(_whole);
        var header = OverlayHeader.Parse(_whole, _whole.AsSpan(OverlayHeader.PreludeLength, length));
        var number = header.Segments.ToList().FindIndex(s => s.Kind == kind);
        var start = OverlayHeader.PreludeLength + length + header.Segments.Take(number).Sum(s => s.StoredLength);
        byte[] file = [.. _whole[..start], .. stored, .. _whole[(start + header.Segments[number].StoredLength)..]];
        var entry = file.AsSpan(OverlayHeader.PreludeLength + FirstSegmentAt + (number * SegmentLength), SegmentLength);
        entry[2..4].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(entry[4..], plain.Length);
        BinaryPrimitives.WriteInt32LittleEndian(entry[8..], stored.Length);
        SHA256.HashData(stored, entry[12..]);
        SHA256.HashData(file.AsSpan(OverlayHeader.PreludeLength, length), file.AsSpan(16));
        return file;
    }
}
