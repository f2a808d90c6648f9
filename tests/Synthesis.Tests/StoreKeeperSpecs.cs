using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;
using Cloudlet.TestKit;

namespace Cloudlet.Synthesis.Tests;

public sealed class StoreKeeperSpecs : IDisposable
{
    private readonly TempDir _folder = new();
    private readonly RuntimeStore _store;

    public StoreKeeperSpecs() => _store = new RuntimeStore(_folder["store"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Leftovers_of_a_killed_command_are_removed_and_work_in_progress_stays()
    {
        new StoreKeeper(_store).Collect().ShouldBeEmpty("a missing store has nothing");
        using var making = _store.Stage();
        var left = Left("left", withLock: true, DateTime.UtcNow);
        var moment = Left("moment", withLock: false, DateTime.UtcNow);
        var old = Left("old", withLock: false, DateTime.UtcNow - TimeSpan.FromHours(1));

        new StoreKeeper(_store).Collect().Select(r => r.Path).Order(StringComparer.Ordinal).ShouldBe([left, old]);

        Directory
            .GetDirectories(_store.StagingFolder)
            .Order(StringComparer.Ordinal)
            .ShouldBe(new[] { making.Path, moment }.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Leftovers_of_a_killed_command_beside_a_base_are_removed_and_files_being_written_stay()
    {
        var one = Samples.Publish(_store);
        using var writing = new FileStream(Beside(one, "writing"), FileMode.Create, FileAccess.ReadWrite, FileShare.Read);
        var (fresh, old) = (Beside(one, "fresh"), Beside(one, "old"));
        foreach (var file in (string[])[fresh, old])
            File.WriteAllText(file, "half");
        foreach (var file in (string[])[writing.Name, old])
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow - TimeSpan.FromHours(1));

        new StoreKeeper(_store).Collect().Select(r => r.Path).ShouldBe([old]);

        (File.Exists(old), File.Exists(fresh), File.Exists(writing.Name), File.Exists(one.IndexPath)).ShouldBe((false, true, true, true));

        static string Beside(BaseVm vm, string name) => $"{vm.IndexPath}.{name}.partial";
    }

    [Fact]
    public void A_long_console_log_is_shortened_to_its_end_and_still_written_to()
    {
        var log = Path.Combine(Directory.CreateDirectory(Path.Combine(_store.VmsFolder, "one")).FullName, "console.log");
        using var guest = new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        for (var i = 0; i < 300_000; i++)
            guest.Write("a line of sixteen"u8);
        guest.Write("\nthe last line\n"u8);
        guest.Flush();

        var shortened = new StoreKeeper(_store).Collect().ShouldHaveSingleItem();

        shortened.Path.ShouldBe(log);
        Syscalls.BytesOnDisk(log).ShouldBeInRange(1 << 20, 2 << 20);
        LogTail.Of(log, 1).ShouldBe("the last line");
        guest.Write("one more\n"u8);
        guest.Flush();
        LogTail.Of(log, 2).ShouldBe("the last line\none more");
        new StoreKeeper(_store).Collect().ShouldBeEmpty();
    }

    [Fact]
    public void A_base_in_use_is_not_removed()
    {
        var keeper = new StoreKeeper(_store);
        var one = Samples.Publish(_store, "one");
        var vm = Directory.CreateDirectory(Path.Combine(_store.VmsFolder, "0123456789ab"));
        new VmRecord
        {
            Id = vm.Name,
            Name = "user",
            BaseId = one.Id,
            Process = new ProcessIdentity(1, 0) { Boot = "another boot" },
            Created = DateTimeOffset.UnixEpoch,
        }.Write(vm.FullName);
        var error = Should.Throw<CloudletException>(() => keeper.RemoveBase("one"));
        (error.Kind, error.Message.Contains("user", StringComparison.Ordinal)).ShouldBe((ErrorKind.Busy, true));
        vm.Delete(recursive: true);
        using (BaseCatalog.Hold(one))
            Should.Throw<CloudletException>(() => keeper.RemoveBase("one")).Kind.ShouldBe(ErrorKind.Busy);
        keeper.RemoveBase("one");
        new BaseCatalog(_store).List().ShouldBeEmpty();
        Directory.Exists(one.Folder).ShouldBeFalse();
    }

    [Fact]
    public async Task Damaged_files_are_named()
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
    public async Task Touched_but_unchanged_memory_is_sealed_again()
    {
        var one = Samples.Publish(_store);
        File.SetLastWriteTimeUtc(one.MemoryPath, DateTime.UtcNow);
        BaseSeal.Holds(one).ShouldBeFalse();

        await foreach (var finding in new StoreKeeper(_store).VerifyAsync(Samples.Silent, CancellationToken.None))
            finding.Problems.ShouldBeEmpty();

        BaseSeal.Holds(one).ShouldBeTrue();
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
