using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.State;

public sealed class HostConvergeStoreSpecs : IDisposable
{
    private readonly FakeMachine machine = new();
    private readonly ContentVault vault;
    private readonly HostConvergeStore store;

    public HostConvergeStoreSpecs()
    {
        vault = new ContentVault(machine.Files, StatePaths.Host.Vault);
        store = new HostConvergeStore(machine.Files, StatePaths.Host, vault, new ManualClock());
    }

    public void Dispose() => machine.Dispose();

    [Fact]
    public void An_empty_host_remembers_nothing()
    {
        store.ReadJournal().ShouldBeNull();
        store.ReadApplied().ShouldBeNull();
        store.WriteApplied(null);
        machine.Writes.ShouldBeEmpty();
    }

    [Fact]
    public void Written_records_are_read_back_and_readable_only_by_root()
    {
        var state = HostState.Create("edge-1", [File("x")]);
        store.WriteApplied(state);
        store.WriteJournal(Journal(RunStatus.Applying, File("y")));
        store.ReadApplied()!.Digest.ShouldBe(state.Digest);
        store.ReadJournal()!.Before.Single().ShouldBeOfType<FileSpec>().Content.ShouldBe("y");
        ((int)machine.Files.Stat("/var/lib/cloudlet")!.Mode).ShouldBe(0x1c0);
        ((int)machine.Files.Stat("/var/lib/cloudlet/journal.json")!.Mode).ShouldBe(0x180);
        store.WriteApplied(null);
        store.ReadApplied().ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{ torn")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"run\":\"x\"}")]
    public void A_damaged_record_is_set_aside_and_counts_as_none(string text)
    {
        machine.Files["/var/lib/cloudlet/journal.json"] = text;
        machine.Files["/var/lib/cloudlet/applied.json"] = text;
        store.ReadJournal().ShouldBeNull();
        store.ReadApplied().ShouldBeNull();
        machine.Files["/var/lib/cloudlet/journal.json.damaged"].ShouldBe(text);
        machine.Files["/var/lib/cloudlet/applied.json.damaged"].ShouldBe(text);
        machine.Files.Stat("/var/lib/cloudlet/journal.json").ShouldBeNull();
    }

    [Fact]
    public void Contents_without_a_journal_entry_are_deleted_when_a_run_ends_and_not_before()
    {
        var (named, unnamed) = (vault.Seal("named"u8), vault.Seal("unnamed"u8));
        store.WriteJournal(Journal(RunStatus.Applying, File(ContentVault.Reference(named))));
        vault.Unseal(unnamed).ShouldNotBeEmpty();
        store.WriteJournal(Journal(RunStatus.Kept, File(ContentVault.Reference(named))));
        vault.Unseal(named).ShouldNotBeEmpty();
        machine.Files.List(StatePaths.Host.Vault).ShouldBe([named, "key"], ignoreOrder: true);
    }

    [Fact]
    public void A_namespace_has_separate_state() => StatePaths.ForNamespace("a").Journal.ShouldBe("/run/cloudlet/netns/a/journal.json");

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
