using System.Collections.Concurrent;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.State;

public sealed class HostConvergeStoreSpecs : IDisposable
{
    private readonly FakeMachine _machine = new();
    private readonly ContentVault _vault;
    private readonly HostConvergeStore _store;

    public HostConvergeStoreSpecs()
    {
        _vault = new ContentVault(_machine.Files, StatePaths.Host.Vault);
        _store = new HostConvergeStore(_machine.Files, StatePaths.Host, _vault, new ManualClock());
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void An_empty_host_remembers_nothing()
    {
        _store.ReadJournal().ShouldBeNull();
        _store.ReadApplied().ShouldBeNull();
        _store.WriteApplied(null);
        _machine.Writes.ShouldBeEmpty();
    }

    [Fact]
    public void Written_records_are_read_back_and_readable_only_by_root()
    {
        var state = HostState.Create("edge-1", [File("x")]);
        _store.WriteApplied(state);
        _store.WriteJournal(Journal(RunStatus.Applying, File("y")));
        _store.ReadApplied()!.Digest.ShouldBe(state.Digest);
        _store.ReadJournal()!.Before.Single().ShouldBeOfType<FileSpec>().Content.ShouldBe("y");
        ((int)_machine.Files.Stat("/var/lib/cloudlet")!.Mode).ShouldBe(0x1c0);
        ((int)_machine.Files.Stat("/var/lib/cloudlet/journal.json")!.Mode).ShouldBe(0x180);
        _store.WriteApplied(null);
        _store.ReadApplied().ShouldBeNull();
    }

    [Fact]
    public void A_record_is_parsed_once_until_it_changes_on_disk()
    {
        _store.WriteJournal(Journal(RunStatus.Kept, File("x")));
        var first = _store.ReadJournal();

        _store.ReadJournal().ShouldBeSameAs(first);
        // By another process.
        new HostConvergeStore(_machine.Files, StatePaths.Host, _vault, new ManualClock()).WriteJournal(Journal(RunStatus.Kept, File("y")));
        _store.ReadJournal()!.Before.Single().ShouldBeOfType<FileSpec>().Content.ShouldBe("y");
    }

    [Fact]
    public void An_old_record_is_not_even_read_again_until_its_file_is_another()
    {
        using var folder = new TempDir();
        var paths = StatePaths.Host with { Folder = folder["state"] };
        var files = new Machine.Files.HostFiles();
        var store = new HostConvergeStore(files, paths, vault: null, TimeProvider.System);
        store.WriteJournal(Journal(RunStatus.Kept, File("x")));
        Thread.Sleep(TimeSpan.FromMilliseconds(1100)); // A younger file is read again.
        var first = store.ReadJournal();

        ReadIn(paths.Folder, () => store.ReadJournal().ShouldBeSameAs(first)).ShouldNotContain("journal.json");
        files.Write(paths.Journal, Journal(RunStatus.Kept, File("z")).ToBytes(), UnixFileMode.UserRead | UnixFileMode.UserWrite);

        store.ReadJournal()!.Before.Single().ShouldBeOfType<FileSpec>().Content.ShouldBe("z");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{ torn")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"run\":\"x\"}")]
    public void A_damaged_record_is_set_aside_and_counts_as_none(string text)
    {
        _machine.Files["/var/lib/cloudlet/journal.json"] = text;
        _machine.Files["/var/lib/cloudlet/applied.json"] = text;
        _store.ReadJournal().ShouldBeNull();
        _store.ReadApplied().ShouldBeNull();
        _machine.Files["/var/lib/cloudlet/journal.json.damaged"].ShouldBe(text);
        _machine.Files["/var/lib/cloudlet/applied.json.damaged"].ShouldBe(text);
        _machine.Files.Stat("/var/lib/cloudlet/journal.json").ShouldBeNull();
    }

    [Fact]
    public void Contents_without_a_journal_entry_are_deleted_when_a_run_ends_and_not_before()
    {
        var (named, unnamed) = (_vault.Seal("named"u8), _vault.Seal("unnamed"u8));
        _store.WriteJournal(Journal(RunStatus.Applying, File(ContentVault.Reference(named))));
        _vault.Unseal(unnamed).ShouldNotBeEmpty();
        _store.WriteJournal(Journal(RunStatus.Kept, File(ContentVault.Reference(named))));
        _vault.Unseal(named).ShouldNotBeEmpty();
        _machine.Files.List(StatePaths.Host.Vault).ShouldBe([named, "key"], ignoreOrder: true);
    }

    [Fact]
    public void A_namespace_has_separate_state() => StatePaths.ForNamespace("a").Journal.ShouldBe("/run/cloudlet/netns/a/journal.json");

    /// <summary>Names of the files in a folder that are read during an action, from the kernel (inotify).</summary>
    private static ConcurrentQueue<string?> ReadIn(string folder, Action action)
    {
        const string end = "end";
        System.IO.File.WriteAllText(Path.Combine(folder, end), end);
        var read = new ConcurrentQueue<string?>();
        using var ended = new ManualResetEventSlim();
        using var watcher = new FileSystemWatcher(folder) { NotifyFilter = NotifyFilters.LastAccess };
        watcher.Changed += (_, happened) =>
        {
            read.Enqueue(happened.Name);
            if (happened.Name == end)
                ended.Set();
        };
        watcher.EnableRaisingEvents = true;
        action();
        System.IO.File.ReadAllText(Path.Combine(folder, end));
        ended.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken).ShouldBeTrue();
        return read;
    }

    private static FileSpec File(string content) =>
        new()
        {
            Id = "file:/a",
            Path = "/a",
            Kind = FileKind.File,
            Content = content,
        };

    private static Journal Journal(RunStatus status, params ResourceSpec[] before) =>
        new()
        {
            Run = "r",
            Status = status,
            Started = DateTimeOffset.UnixEpoch,
            Desired = HostState.Create("edge-1", []),
            Before = before,
        };
}
