using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Store;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Bases;

/// <summary>A base is unchanged since it was made, or it is not used.</summary>
public sealed class BaseSealSpecs : IDisposable
{
    private readonly TempDir _folder = new();
    private readonly RuntimeStore _store;
    private readonly BaseVm _base;

    public BaseSealSpecs() => _base = Samples.Publish(_store = new RuntimeStore(_folder["store"]));

    public static TheoryData<string> Parts => [BaseVm.DiskFile, BaseVm.MemoryFile, BaseVm.DevicesFile];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_untouched_base_is_trusted_without_reading_it()
    {
        BaseSeal.Holds(_base).ShouldBeTrue();
        Required().ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public void A_touched_part_is_verified_once(string part)
    {
        File.SetLastWriteTimeUtc(PathOf(part), DateTime.UnixEpoch);
        BaseSeal.Holds(_base).ShouldBeFalse();
        Required().ShouldHaveSingleItem().ShouldContain("verifying");
        Required().ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public void One_changed_byte_is_refused_even_with_the_old_time_of_writing(string part)
    {
        var before = File.GetLastWriteTimeUtc(PathOf(part));
        Change(PathOf(part));
        File.SetLastWriteTimeUtc(PathOf(part), before);
        Refused().ShouldContain("has the wrong digest: expected");
        Refused().ShouldContain(part, customMessage: "it stays refused");
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public void Another_file_in_its_place_is_refused(string part)
    {
        var copy = _folder["copy"];
        File.Copy(PathOf(part), copy);
        Change(copy);
        File.Move(copy, PathOf(part), overwrite: true);
        Refused();
    }

    [Fact]
    public void All_problems_are_reported_at_once()
    {
        File.Delete(_base.DevicesPath);
        Change(_base.DiskPath);
        using (var memory = File.OpenHandle(_base.MemoryPath, FileMode.Open, FileAccess.Write))
            RandomAccess.SetLength(memory, 4096);
        var said = Refused();
        foreach (var problem in new[] { "its device state is missing", "its disk has the wrong digest", "found 4096" })
            said.ShouldContain(problem);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    public void A_damaged_seal_counts_as_none(string text)
    {
        foreach (var seal in Directory.GetFiles(_base.Folder, $"*{BaseVm.SealFile}"))
            File.WriteAllText(seal, text);
        BaseSeal.Holds(_base).ShouldBeFalse();
        Required().Count.ShouldBe(3);
        BaseSeal.Holds(_base).ShouldBeTrue();
    }

    /// <summary>The previous version recorded the state of the memory only.</summary>
    [Fact]
    public void A_base_of_the_previous_version_is_read_once_except_its_memory()
    {
        foreach (var seal in Directory.GetFiles(_base.Folder, $"*-{BaseVm.SealFile}"))
            File.Delete(seal);
        Required()
            .ShouldBe([
                $"the disk of base {_base.ShortId} was touched since it was verified, or never was: verifying it",
                $"the device state of base {_base.ShortId} was touched since it was verified, or never was: verifying it",
            ]);
        Required().ShouldBeEmpty();
    }

    /// <summary>A failing drive does not change the times of a file.</summary>
    [Fact]
    public async Task A_full_check_reads_everything_and_breaks_a_wrong_seal()
    {
        Change(_base.DiskPath);
        BaseSeal.Record(_base.Folder);
        BaseSeal.Holds(_base).ShouldBeTrue();

        var found = new List<StoreFinding>();
        await foreach (var finding in new StoreKeeper(_store).VerifyAsync([_base], Samples.Silent, CancellationToken.None))
            found.Add(finding);

        found.ShouldHaveSingleItem().Problems.ShouldHaveSingleItem().ShouldContain("its disk has the wrong digest");
        Refused();
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task A_changed_base_is_not_exported(string part)
    {
        Change(PathOf(part));

        var error = await Should.ThrowAsync<CloudletException>(() =>
            new BaseArchive(_store).ExportAsync(_base, _folder["a.base"], OverlayEffort.Fast, Samples.Silent, CancellationToken.None)
        );

        error.Message.ShouldContain("has changed since it was sealed");
        File.Exists(_folder["a.base"]).ShouldBeFalse();
    }

    private string PathOf(string part) => Path.Combine(_base.Folder, part);

    private List<string> Required()
    {
        var seen = new List<string>();
        BaseSeal.Require(_base, new Said(seen), CancellationToken.None);
        return seen;
    }

    private string Refused()
    {
        var error = Should.Throw<CloudletException>(() => BaseSeal.Require(_base, Samples.Silent, CancellationToken.None));
        BaseSeal.Holds(_base).ShouldBeFalse();
        return error.Message;
    }

    private static void Change(string path)
    {
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.Write(file, new byte[] { 9 }, RandomAccess.GetLength(file) / 2);
    }

    private sealed class Said(List<string> to) : IProgress<string>
    {
        public void Report(string value) => to.Add(value);
    }
}
