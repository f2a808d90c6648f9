using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Compression;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Store;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Bases;

public sealed class BaseArchiveSpecs : IDisposable
{
    private readonly TempDir _folder = new();
    private readonly RuntimeStore _here;
    private readonly RuntimeStore _there;

    public BaseArchiveSpecs() => (_here, _there) = (new RuntimeStore(_folder["here"]), new RuntimeStore(_folder["there"]));

    private string Archive => _folder["a.base"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(OverlayEffort.Fast)]
    [InlineData(OverlayEffort.Small)]
    public async Task An_exported_base_is_the_same_base_elsewhere(OverlayEffort effort)
    {
        var one = await ExportAsync(effort);

        BaseArchive.IsOne(Archive).ShouldBeTrue();
        var other = await new BaseArchive(_there).ImportAsync(Archive, "same", Samples.Silent, CancellationToken.None);

        other.Id.ShouldBe(one.Id);
        other.Name.ShouldBe("same");
        foreach (
            var (mine, theirs) in new[]
            {
                (one.DiskPath, other.DiskPath),
                (one.MemoryPath, other.MemoryPath),
                (one.DevicesPath, other.DevicesPath),
            }
        )
            AreSame(mine, theirs).ShouldBeTrue();
        BaseSeal.Holds(other).ShouldBeTrue();
        new FileInfo(Archive).Length.ShouldBeLessThan(100_000, "zeros take no space");
        (await new BaseArchive(_there).ImportAsync(Archive, null, Samples.Silent, CancellationToken.None)).Folder.ShouldBe(other.Folder);
    }

    [Fact]
    public async Task A_damaged_archive_is_refused_and_leaves_nothing()
    {
        await ExportAsync(OverlayEffort.Fast);
        var whole = await File.ReadAllBytesAsync(Archive);
        foreach (var at in new[] { 0, 20, 60, 100, whole.Length / 2, whole.Length - 1 })
        {
            var damaged = whole.ToArray();
            damaged[at] ^= 4;
            await File.WriteAllBytesAsync(_folder["damaged"], damaged);

            (
                await Should.ThrowAsync<CloudletException>(() =>
                    new BaseArchive(_there).ImportAsync(_folder["damaged"], null, Samples.Silent, CancellationToken.None)
                )
            ).Kind.ShouldBe(ErrorKind.InvalidInput);
        }

        NothingIsThere();
    }

    [Fact]
    public async Task An_archive_that_does_not_match_its_manifest_is_refused()
    {
        var (one, other) = (Samples.Publish(_here), Samples.Publish(_here, content: 2));
        using (var disk = new SparseFile(one.DiskPath))
        using (var memory = new SparseFile(one.MemoryPath))
        {
            var content = new OverlayContent(Whole(disk), Whole(memory))
            {
                Devices = await File.ReadAllBytesAsync(one.DevicesPath),
                Manifest = other.Manifest.ToBytes(),
            };
            new OverlayWriter(OverlayBase.Zeros(disk.Length, memory.Length), null).Write(
                Archive,
                content,
                OverlayEffort.Fast,
                null,
                CancellationToken.None
            );
        }

        var error = await Should.ThrowAsync<CloudletException>(() =>
            new BaseArchive(_there).ImportAsync(Archive, null, Samples.Silent, CancellationToken.None)
        );

        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldContain(other.Id);
        NothingIsThere();
    }

    [Theory]
    [InlineData("""{"format":1}""")]
    [InlineData("nothing that is JSON")]
    [InlineData("""{"format":9,"disk":{"length":8388608,"digest":""}}""")]
    [InlineData(
        """{"format":1,"definition":{"layout":1,"machine":"pc-q35-7.2,accel=kvm","accelerator":"tcg","cpu":"max","cpus":1,"memoryBytes":67108864,"qemuVersion":"7.2.22"},"disk":{"length":8388608,"digest":""},"memory":{"length":67108864,"digest":""},"devices":{"length":3,"digest":""}}"""
    )]
    [InlineData("null")]
    [InlineData("-1")]
    [InlineData("[]")]
    [InlineData("""{"format":1,"disk":null}""")]
    [InlineData("""{"format":1,"disk":{}}""")]
    [InlineData("""{"format":1,"disk":{"length":8388608,"digest":null}}""")]
    [InlineData("""{"format":1,"disk":{"length":-1,"digest":"0000000000000000000000000000000000000000000000000000000000000000"}}""")]
    [InlineData(
        """{"format":1,"definition":{"layout":1,"machine":null,"accelerator":null,"cpu":null,"cpus":1,"memoryBytes":67108864,"qemuVersion":null},"disk":{"length":8388608,"digest":""},"memory":{"length":67108864,"digest":""},"devices":{"length":3,"digest":""}}"""
    )]
    [InlineData(
        """{"format":1,"definition":{"layout":-1,"machine":"","accelerator":"","cpu":"","cpus":-1,"memoryBytes":-1,"qemuVersion":""},"disk":{"length":-4096,"digest":""},"memory":{"length":-1,"digest":""},"devices":{"length":-1,"digest":""}}"""
    )]
    public async Task An_untrusted_manifest_is_validated(string manifest)
    {
        var one = Samples.Publish(_here);
        using (var disk = new SparseFile(one.DiskPath))
        using (var memory = new SparseFile(one.MemoryPath))
        {
            var content = new OverlayContent(Whole(disk), Whole(memory))
            {
                Devices = new byte[3],
                Manifest = System.Text.Encoding.UTF8.GetBytes(manifest),
            };
            new OverlayWriter(OverlayBase.Zeros(disk.Length, memory.Length), null).Write(
                Archive,
                content,
                OverlayEffort.Fast,
                null,
                CancellationToken.None
            );
        }

        (
            await Should.ThrowAsync<CloudletException>(() =>
                new BaseArchive(_there).ImportAsync(Archive, null, Samples.Silent, CancellationToken.None)
            )
        ).Message.ShouldContain("can't be imported");
    }

    /// <summary>A few bytes may name any number of pages: zeros take no space, and other content is refused before it is written.</summary>
    [Theory]
    [InlineData(PageSource.Zero)]
    [InlineData(PageSource.BaseDisk)]
    public async Task A_small_file_writes_no_large_disk_of_zeros(PageSource source)
    {
        const long pages = 16L << 28; // 16 TiB less one page: the largest file of some file systems is a little smaller
        Forge(pages - 1, new MapRun(PageSpace.Disk, 0, pages - 1, source, 0), literals: 0);
        new FileInfo(Archive).Length.ShouldBeLessThan(1000);

        // Its content does not match its manifest, which is detected once all of it is written.
        var error = await Should.ThrowAsync<CloudletException>(() =>
            new BaseArchive(_there).ImportAsync(Archive, null, Samples.Silent, CancellationToken.None)
        );

        error.Message.ShouldContain("the content does not yield the id of the base");
        NothingIsThere();
    }

    [Fact]
    public async Task A_page_repeated_everywhere_needs_space_first()
    {
        const long pages = 16L << 28;
        Forge(
            pages - 1,
            [.. Enumerable.Range(0, 60_000).Select(i => new MapRun(PageSpace.Disk, i * 60_000L, 1000, PageSource.Literal, 0))],
            literals: 1000
        );

        var error = await Should.ThrowAsync<CloudletException>(() =>
            new BaseArchive(_there).ImportAsync(Archive, null, Samples.Silent, CancellationToken.None)
        );

        error.Kind.ShouldBe(ErrorKind.NoSpace);
        NothingIsThere();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 5000)]
    [InlineData(16L << 28, (16L << 40) + 512)]
    [InlineData(1L << 34, 64L << 40)]
    public async Task A_disk_beyond_the_limits_is_refused(long pages, long length)
    {
        Forge(pages, new MapRun(PageSpace.Disk, 0, pages, PageSource.Zero, 0), literals: 0, length);

        (
            await Should.ThrowAsync<CloudletException>(() =>
                new BaseArchive(_there).ImportAsync(Archive, null, Samples.Silent, CancellationToken.None)
            )
        ).Kind.ShouldBe(ErrorKind.InvalidInput);

        NothingIsThere();
    }

    [Fact]
    public async Task An_overlay_is_not_a_base()
    {
        var one = Samples.Publish(_here);
        using (var disk = new SparseFile(one.DiskPath))
        using (var memory = new SparseFile(one.MemoryPath))
            new OverlayWriter(new OverlayBase(one.Id, disk, memory), one.IndexPath).Write(
                Archive,
                new OverlayContent(Whole(disk), Whole(memory)) { Devices = new byte[3] },
                OverlayEffort.Fast,
                null,
                CancellationToken.None
            );

        (
            await Should.ThrowAsync<CloudletException>(() =>
                new BaseArchive(_there).ImportAsync(Archive, null, Samples.Silent, CancellationToken.None)
            )
        ).Message.ShouldContain("cloudlet synthesize");
    }

    private void Forge(long pages, MapRun run, long literals, long? length = null) => Forge(pages, [run], (int)literals, length);

    /// <summary>An exported base with the given content: only a disk.</summary>
    private void Forge(long pages, IReadOnlyList<MapRun> runs, int literals, long? length = null)
    {
        var manifest = new BaseManifest
        {
            Format = BaseManifest.CurrentFormat,
            Disk = new BasePart(length ?? pages * PageSize.Bytes, new string('0', 64)),
        };
        var segments = (literals + SegmentCoder.SegmentPages - 1) / SegmentCoder.SegmentPages;
        List<(OverlaySegment Segment, byte[] Stored)> parts =
        [
            Part(SegmentKind.Manifest, manifest.ToBytes()),
            Part(
                SegmentKind.Map,
                PageMapCodec.Encode(new PageMap(runs, [.. Enumerable.Repeat<IReadOnlyList<BaseRange>>([], segments)], literals))
            ),
        ];
        for (var left = literals; left > 0; left -= SegmentCoder.SegmentPages)
            parts.Add(
                Part(SegmentKind.Literals, [.. Enumerable.Repeat((byte)7, Math.Min(left, SegmentCoder.SegmentPages) * PageSize.Bytes)])
            );
        var header = new OverlayHeader
        {
            BaseId = OverlayHeader.NoBase,
            DiskPages = pages,
            MemoryPages = 0,
            Literals = literals,
            SegmentPages = SegmentCoder.SegmentPages,
            Segments = [.. parts.Select(p => p.Segment)],
        };
        File.WriteAllBytes(Archive, [.. header.ToBytes(), .. parts.SelectMany(p => p.Stored)]);
    }

    private static (OverlaySegment Segment, byte[] Stored) Part(SegmentKind kind, byte[] plain)
    {
        using var compressor = new ZstdCompressor(3);
        var stored = compressor.Compress(plain);
        return (new OverlaySegment(kind, plain.Length, stored.Length, SHA256.HashData(stored)), stored);
    }

    private static bool AreSame(string one, string other) => File.ReadAllBytes(one).AsSpan().SequenceEqual(File.ReadAllBytes(other));

    private static ChangedStore Whole(SparseFile file) => new(file, [new PageRun(0, file.Length / PageSize.Bytes)]);

    private async Task<BaseVm> ExportAsync(OverlayEffort effort)
    {
        var one = Samples.Publish(_here, "one");
        await new BaseArchive(_here).ExportAsync(one, Archive, effort, Samples.Silent, CancellationToken.None);
        return one;
    }

    private void NothingIsThere()
    {
        new BaseCatalog(_there).List().ShouldBeEmpty();
        if (Directory.Exists(_there.StagingFolder))
            Directory.GetFileSystemEntries(_there.StagingFolder).ShouldBeEmpty();
    }
}
