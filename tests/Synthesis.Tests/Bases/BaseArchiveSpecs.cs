using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
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
    public async Task A_base_that_was_exported_is_the_same_base_elsewhere(OverlayEffort effort)
    {
        var one = await ExportAsync(effort);

        BaseArchive.IsOne(Archive).ShouldBeTrue();
        var other = await new BaseArchive(_there).ImportAsync(Archive, "same", Samples.Silent, CancellationToken.None);

        other.Id.ShouldBe(one.Id);
        other.Name.ShouldBe("same");
        foreach (var (mine, theirs) in new[] { (one.DiskPath, other.DiskPath), (one.MemoryPath, other.MemoryPath), (one.DevicesPath, other.DevicesPath) })
            AreSame(mine, theirs).ShouldBeTrue();
        MemorySeal.Holds(other).ShouldBeTrue();
        new FileInfo(Archive).Length.ShouldBeLessThan(100_000, "zeros take no room");
        (await new BaseArchive(_there).ImportAsync(Archive, null, Samples.Silent, CancellationToken.None)).Folder.ShouldBe(other.Folder);
    }

    [Fact]
    public async Task A_damaged_one_is_refused_and_leaves_nothing()
    {
        await ExportAsync(OverlayEffort.Fast);
        var whole = await File.ReadAllBytesAsync(Archive);
        foreach (var at in new[] { 0, 20, 60, 100, whole.Length / 2, whole.Length - 1 })
        {
            var damaged = whole.ToArray();
            damaged[at] ^= 4;
            await File.WriteAllBytesAsync(_folder["damaged"], damaged);

            (await Should.ThrowAsync<CloudletException>(() => new BaseArchive(_there).ImportAsync(_folder["damaged"], null, Samples.Silent, CancellationToken.None))).Kind.ShouldBe(ErrorKind.InvalidInput);
        }

        NothingIsThere();
    }

    [Fact]
    public async Task One_whose_content_is_not_what_its_manifest_says_is_refused()
    {
        var (one, other) = (Samples.Publish(_here), Samples.Publish(_here, content: 2));
        using (var disk = new SparseFile(one.DiskPath))
        using (var memory = new SparseFile(one.MemoryPath))
        {
            var content = new OverlayContent(Whole(disk), Whole(memory)) { Devices = await File.ReadAllBytesAsync(one.DevicesPath), Manifest = other.Manifest.ToBytes() };
            new OverlayWriter(OverlayBase.Zeros(disk.Length, memory.Length), null).Write(Archive, content, OverlayEffort.Fast, null, CancellationToken.None);
        }

        var error = await Should.ThrowAsync<CloudletException>(() => new BaseArchive(_there).ImportAsync(Archive, null, Samples.Silent, CancellationToken.None));

        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldContain(other.Id);
        NothingIsThere();
    }

    [Theory]
    [InlineData("""{"format":1}""")]
    [InlineData("nothing that is JSON")]
    [InlineData("""{"format":9,"disk":{"length":8388608,"digest":""}}""")]
    [InlineData("""{"format":1,"definition":{"layout":1,"machine":"pc-q35-7.2,accel=kvm","accelerator":"tcg","cpu":"max","cpus":1,"memoryBytes":67108864,"qemuVersion":"7.2.22"},"disk":{"length":8388608,"digest":""},"memory":{"length":67108864,"digest":""},"devices":{"length":3,"digest":""}}""")]
    public async Task A_manifest_of_a_stranger_is_read_with_care(string manifest)
    {
        var one = Samples.Publish(_here);
        using (var disk = new SparseFile(one.DiskPath))
        using (var memory = new SparseFile(one.MemoryPath))
        {
            var content = new OverlayContent(Whole(disk), Whole(memory)) { Devices = new byte[3], Manifest = System.Text.Encoding.UTF8.GetBytes(manifest) };
            new OverlayWriter(OverlayBase.Zeros(disk.Length, memory.Length), null).Write(Archive, content, OverlayEffort.Fast, null, CancellationToken.None);
        }

        (await Should.ThrowAsync<CloudletException>(() => new BaseArchive(_there).ImportAsync(Archive, null, Samples.Silent, CancellationToken.None))).Message.ShouldContain("can't be imported");
    }

    [Fact]
    public async Task An_overlay_is_no_base()
    {
        var one = Samples.Publish(_here);
        using (var disk = new SparseFile(one.DiskPath))
        using (var memory = new SparseFile(one.MemoryPath))
            new OverlayWriter(new OverlayBase(one.Id, disk, memory), one.IndexPath).Write(Archive, new OverlayContent(Whole(disk), Whole(memory)) { Devices = new byte[3] }, OverlayEffort.Fast, null, CancellationToken.None);

        (await Should.ThrowAsync<CloudletException>(() => new BaseArchive(_there).ImportAsync(Archive, null, Samples.Silent, CancellationToken.None))).Message.ShouldContain("cloudlet synthesize");
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
