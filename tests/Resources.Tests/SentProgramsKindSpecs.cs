using System.Security.Cryptography;
using System.Text;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.SentPrograms;
using Cloudlet.Errors;
using Cloudlet.Machine.Programs;
using Cloudlet.Resources.Kinds.Programs;
using Cloudlet.Resources.Kinds.SentPrograms;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests;

/// <summary>Programs that are sent beside the description, and installed from the shelf.</summary>
public sealed class SentProgramsKindSpecs : IDisposable
{
    private const string Path = "/usr/lib/cloudlet/cloudlet-service";
    private const UnixFileMode Executable = (UnixFileMode)0x1ed; // 0755
    private static readonly string Digest = Convert.ToHexStringLower(SHA256.HashData("sent"u8));
    private static readonly SentProgramSpec Any = new()
    {
        Id = SentProgramSpec.IdOf(Path),
        Path = Path,
        Content = SentProgramSpec.Any,
    };
    private static readonly SentProgramSpec Sent = Any with { Content = SentProgramSpec.DigestPrefix + Digest };

    private static readonly Plan NoPlan = new(HostState.Create("edge-1", [Sent]), []);

    private readonly FakeMachine _machine = new(new ManualClock());
    private readonly Probe _probe = new();
    private readonly SentProgramsKind _kind;

    public SentProgramsKindSpecs() => _kind = new SentProgramsKind(_machine.Files, _probe, mustBeThere: true);

    public void Dispose() => _machine.Dispose();

    private FakeFiles Files => _machine.Files;

    [Fact]
    public async Task It_is_installed_from_the_shelf_and_repaired_when_it_is_lost_or_changed()
    {
        Shelve("sent");
        (await _kind.ObserveAsync(Sent, default)).ShouldBeNull();
        await _kind.ApplyAsync(Sent, null, ChangeAction.Create, default);
        Files.Read(Path).ShouldBe("sent"u8.ToArray());
        (await _kind.ObserveAsync(Sent, default)).ShouldBe(Sent);

        Files.Write(Path, "changed"u8, Executable, "root", "root");
        (await _kind.ObserveAsync(Sent, default)).ShouldNotBe(Sent);
        Files.SetAttributes(Path, UnixFileMode.UserRead, null, null);
        (await _kind.ObserveAsync(Sent, default))!.Content.ShouldBe("not executable, or not owned by root");
        Files.Delete(Path);
        Files.CreateDirectory(Path, Executable);
        (await _kind.ObserveAsync(Sent, default))!.Content.ShouldBe("not a program but a directory");

        await _kind.ApplyAsync(Sent, null, ChangeAction.Update, default);
        (await _kind.ObserveAsync(Sent, default)).ShouldBe(Sent);
    }

    [Fact]
    public async Task An_apply_is_refused_before_its_first_change_when_the_program_was_not_sent()
    {
        (await ReasonsAsync(Sent)).ShouldHaveSingleItem().ShouldContain("was not sent to this host");
        Shelve("sent");
        (await ReasonsAsync(Sent)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_a_sent_one_a_program_of_the_host_is_used_if_it_runs(bool runs)
    {
        Files.Write(Path, "of a package"u8, Executable, "root", "root");
        _probe.Runs = runs;
        var reasons = await ReasonsAsync(Any);
        if (runs)
            reasons.ShouldBeEmpty();
        else
            reasons.ShouldHaveSingleItem().ShouldContain($"put {ProgramShelf.ServiceName} beside the `cloudlet` that applies");
    }

    [Fact]
    public async Task A_plan_is_made_before_it_is_sent()
    {
        var plan = new SentProgramsKind(_machine.Files, _probe);
        (await plan.CheckAsync(Sent, null, NoPlan, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_damaged_copy_on_the_shelf_is_not_installed()
    {
        Shelve("tnes");
        var error = await Should.ThrowAsync<CloudletException>(async () =>
            await _kind.ApplyAsync(Sent, null, ChangeAction.Create, default)
        );
        error.Message.ShouldContain("is damaged");
        Files.Stat(Path).ShouldBeNull();
    }

    [Fact]
    public async Task A_rollback_restores_an_earlier_program_that_is_still_on_the_shelf_and_leaves_another_one()
    {
        (await _kind.CaptureAsync(Sent, default))!.Content.ShouldBeNull();
        Shelve("sent");
        (await _kind.CaptureAsync(Sent, default)).ShouldBe(Sent);
        Files.Write(Path, "another"u8, Executable, "root", "root");
        await _kind.ApplyAsync(Sent with { Content = null }, null, ChangeAction.Update, default);
        Files.Read(Path).ShouldBe("another"u8.ToArray());
    }

    [Fact]
    public void Only_an_installed_program_is_removed_with_its_description() =>
        (_kind.CanRemove(Sent), _kind.CanRemove(Any)).ShouldBe((true, false));

    private void Shelve(string content) => Files.Write(ProgramShelf.PathOf(Digest), Encoding.UTF8.GetBytes(content), Executable);

    private async Task<IReadOnlyList<string>> ReasonsAsync(SentProgramSpec desired) =>
        await _kind.CheckAsync(desired, await _kind.ObserveAsync(desired, default), NoPlan, default);

    private sealed class Probe : IProgramProbe
    {
        public bool Runs { get; set; }

        public bool IsExecutable(string path) => true;

        public Task<bool> RunsAsync(string path, CancellationToken ct) => Task.FromResult(Runs);
    }
}
