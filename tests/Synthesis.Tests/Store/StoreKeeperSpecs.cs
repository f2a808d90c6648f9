using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Store;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests.Store;

public sealed class StoreKeeperSpecs : IDisposable
{
    private readonly TempDir _folder = new();
    private readonly RuntimeStore _store;

    public StoreKeeperSpecs() => _store = new RuntimeStore(_folder["store"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_a_killed_command_left_goes_and_what_is_being_made_stays()
    {
        new StoreKeeper(_store).Collect().ShouldBeEmpty("a store that is not there has nothing");
        using var making = _store.Stage();
        var left = Left("left", withLock: true, DateTime.UtcNow);
        var moment = Left("moment", withLock: false, DateTime.UtcNow);
        var old = Left("old", withLock: false, DateTime.UtcNow - TimeSpan.FromHours(1));

        new StoreKeeper(_store).Collect().Select(r => r.Folder).Order(StringComparer.Ordinal).ShouldBe([left, old]);

        Directory.GetDirectories(_store.StagingFolder).Order(StringComparer.Ordinal).ShouldBe(new[] { making.Path, moment }.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_is_damaged_is_named_by_its_file()
    {
        var (well, damaged, gone) = (Samples.Publish(_store), Samples.Publish(_store, content: 2), Samples.Publish(_store, content: 3));
        File.SetUnixFileMode(damaged.DiskPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using (var disk = File.OpenWrite(damaged.DiskPath))
        {
            disk.Position = 4_000_000;
            disk.WriteByte(1);
        }

        File.Delete(gone.MemoryPath);
        Directory.CreateDirectory(Path.Combine(_store.BasesFolder, "nothing"));

        var findings = new List<StoreFinding>();
        await foreach (var finding in new StoreKeeper(_store).VerifyAsync(Samples.Silent, CancellationToken.None))
            findings.Add(finding);

        findings.Single(f => f.Id == well.Id).Problems.ShouldBeEmpty();
        findings.Single(f => f.Id == damaged.Id).Problems.ShouldHaveSingleItem().ShouldContain(damaged.DiskPath);
        findings.Single(f => f.Id == gone.Id).Problems.ShouldHaveSingleItem().ShouldContain(gone.MemoryPath);
        findings.Single(f => f.Id == "nothing").Problems.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Memory_that_was_touched_and_is_the_same_is_sealed_again()
    {
        var one = Samples.Publish(_store);
        File.SetLastWriteTimeUtc(one.MemoryPath, DateTime.UtcNow);
        MemorySeal.Holds(one).ShouldBeFalse();

        await foreach (var finding in new StoreKeeper(_store).VerifyAsync(Samples.Silent, CancellationToken.None))
            finding.Problems.ShouldBeEmpty();

        MemorySeal.Holds(one).ShouldBeTrue();
    }

    private string Left(string name, bool withLock, DateTime written)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_store.StagingFolder, name)).FullName;
        File.WriteAllText(Path.Combine(folder, "disk.raw"), "half");
        if (withLock)
            File.WriteAllText(Path.Combine(folder, ".making"), "");
        Directory.SetLastWriteTimeUtc(folder, written);
        return folder;
    }
}
