using Cloudlet.Errors;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Overlays;

public sealed class CopySpecs : IDisposable
{
    private readonly TempDir _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Moved_content_is_copied_and_restored()
    {
        for (var seed = 1; seed < 12; seed++)
        {
            var (vm, content, places) = Moved(seed);
            using var index = IndexOf(vm, seed);
            var parts = new CopyFinder(vm.Base, index, 24).Find(content, places);

            parts.Sum(p => p.Fresh + p.Length).ShouldBe(content.Length);
            parts.Sum(p => p.Fresh).ShouldBeLessThan(content.Length / 8);
            foreach (var codec in (SegmentCodec[])[SegmentCodec.Copies, SegmentCodec.ModelledCopies])
            {
                var stored = Stored(codec, content, parts, vm.Base);
                var back = new byte[content.Length];
                var modelled = 0;
                CopySegment.Decompress(codec, stored, back, vm.Base, bytes => modelled += bytes);
                back.ShouldBe(content);
                modelled.ShouldBe(codec == SegmentCodec.ModelledCopies ? CopySegment.ModelledBytes(parts) : 0);
                stored.Length.ShouldBeLessThan(content.Length / 8);
            }
        }
    }

    [Fact]
    public void Parts_survive_a_round_trip()
    {
        var chance = new Random(1);
        var vm = new ChangedVm(2).Base;
        for (var round = 0; round < 300; round++)
        {
            var parts = Parts(chance, vm);
            var length = parts.Sum(p => p.Fresh + p.Length);

            CopyParts.Decode(CopyParts.Encode(parts), length, vm).ShouldBe(parts);
            Should
                .Throw<CloudletException>(() => CopyParts.Decode(CopyParts.Encode(parts), length + 1, vm))
                .Kind.ShouldBe(ErrorKind.InvalidInput);
        }
    }

    [Fact]
    public void Untrusted_bytes_give_valid_parts_or_an_error()
    {
        var chance = new Random(3);
        var vm = new ChangedVm(2).Base;
        var accepted = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var parts = Parts(chance, vm);
            var (bytes, length) = (CopyParts.Encode(parts), parts.Sum(p => p.Fresh + p.Length));
            for (var i = chance.Next(1, 4); i > 0; i--)
                bytes[chance.Next(bytes.Length)] = (byte)chance.Next(256);
            try
            {
                var back = CopyParts.Decode(bytes, length, vm);
                back.Sum(p => p.Fresh + p.Length).ShouldBe(length);
                foreach (var part in back.Where(p => p.Length > 0))
                    part.ShouldSatisfyAllConditions(
                        p => p.From.ShouldBeGreaterThanOrEqualTo(0),
                        p => p.End.ShouldBeLessThanOrEqualTo(vm[p.Source].Length)
                    );
                accepted++;
            }
            catch (CloudletException e) when (e.Kind == ErrorKind.InvalidInput)
            {
                // As expected.
            }
        }

        accepted.ShouldBeInRange(1, 19_999);
    }

    [Theory]
    [InlineData(SegmentCodec.Copies)]
    [InlineData(SegmentCodec.ModelledCopies)]
    public void A_different_base_is_detected(SegmentCodec codec)
    {
        var (vm, content, places) = Moved(5);
        using var index = IndexOf(vm, 5);
        var parts = new CopyFinder(vm.Base, index, 24).Find(content, places);
        var stored = Stored(codec, content, parts, vm.Base);
        vm.BaseDisk.Content[parts[0].From + 10] ^= 1;

        Should
            .Throw<CloudletException>(() => CopySegment.Decompress(codec, stored, new byte[content.Length], vm.Base, _ => { }))
            .Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    [Fact]
    public void No_overlay_keeps_processors_busy_for_long()
    {
        // Modelled data takes a microsecond or more per byte, and zeros take almost no space in a file.
        const int pages = OverlayHeader.MostSegmentPages;
        var vm = new ChangedVm(2).Base;
        var content = new byte[pages * PageSize.Bytes];
        var stored = CopySegment.Model(content, [new CopyPart(content.Length, 0, PageSource.Zero, 0)], vm)!;
        stored.Length.ShouldBeLessThan(30_000);
        var header = new OverlayHeader
        {
            BaseId = vm.Id,
            DiskPages = vm.DiskPages,
            MemoryPages = 0,
            Literals = pages,
            SegmentPages = pages,
            Segments =
            [
                new OverlaySegment(SegmentKind.Map, 1, 1, new byte[32]),
                new OverlaySegment(SegmentKind.Literals, content.Length, stored.Length, new byte[32]),
            ],
        };
        var plan = new ApplyPlan(
            new PageMap(
                [],
                [
                    [],
                ],
                pages
            ),
            header,
            vm,
            new StoredPages([]),
            null
        );

        Should
            .Throw<CloudletException>(() => plan.Decode(0, SegmentCodec.ModelledCopies, stored))
            .ShouldSatisfyAllConditions(
                e => e.Kind.ShouldBe(ErrorKind.InvalidInput),
                e => e.Message.ShouldContain($"{CopySegment.MostModelled}")
            );
    }

    private static byte[] Stored(SegmentCodec codec, byte[] content, List<CopyPart> parts, OverlayBase vm) =>
        codec == SegmentCodec.Copies ? CopySegment.Compress(content, parts, vm, 3)! : CopySegment.Model(content, parts, vm)!;

    private PageIndex IndexOf(ChangedVm vm, int seed)
    {
        File.WriteAllBytes(_folder["disk"], vm.BaseDisk.Content);
        using var disk = new SparseFile(_folder["disk"]);
        PageIndex.Build(_folder[$"index{seed}"], disk, null, null, CancellationToken.None);
        return PageIndex.TryOpen(_folder[$"index{seed}"])!;
    }

    /// <summary>A disk, and pages that consist of pieces of it with something new in between.</summary>
    private static (ChangedVm Vm, byte[] Content, (PageSpace, long)[] Places) Moved(int seed)
    {
        var vm = new ChangedVm(seed, diskPages: 120, memoryPages: 10);
        var chance = new Random(seed);
        chance.NextBytes(vm.BaseDisk.Content);
        var content = new byte[40 * PageSize.Bytes];
        for (var at = 0; at < content.Length; )
        {
            var length = Math.Min(chance.Next(600, 9000), content.Length - at);
            vm.BaseDisk.Content.AsSpan(chance.Next(vm.BaseDisk.Content.Length - length), length).CopyTo(content.AsSpan(at));
            at += length;
            var fresh = Math.Min(chance.Next(40), content.Length - at);
            chance.NextBytes(content.AsSpan(at, fresh));
            at += fresh;
        }

        return (vm, content, [.. Enumerable.Range(50, 40).Select(p => (PageSpace.Disk, (long)p))]);
    }

    private static List<CopyPart> Parts(Random chance, OverlayBase vm)
    {
        var parts = new List<CopyPart>();
        for (var count = chance.Next(1, 30); count > 0; count--)
        {
            var source = chance.Next(3) == 0 ? PageSource.BaseMemory : PageSource.BaseDisk;
            var length = chance.Next(1, 5000);
            parts.Add(new CopyPart(chance.Next(200), length, source, chance.Next((int)vm[source].Length - length + 1)));
        }

        if (chance.Next(2) == 0)
            parts.Add(new CopyPart(chance.Next(1, 100), 0, PageSource.Zero, 0));
        return parts;
    }
}
