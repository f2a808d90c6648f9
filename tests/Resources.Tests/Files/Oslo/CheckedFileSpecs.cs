using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.Errors;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Files.Oslo;

/// <summary>Files that are checked against the installed release, as part of an apply.</summary>
public sealed class CheckedFileSpecs : IDisposable
{
    private const string Path = "/etc/nova/nova.conf";
    private const string Good = "[DEFAULT]\ntransport_url = rabbit://nova:${secret:rabbit}@127.0.0.1/\n";

    private readonly Release _release = new();
    private readonly FakeMachine _machine = new();
    private readonly List<ConvergeEvent> _events = [];
    private readonly Converger _converger;

    public CheckedFileSpecs()
    {
        _machine.Processes.Programs["oslo-config-generator"] = _release.Answer;
        _machine.Files["/secret"] = "s3cret\n";
        var vault = new ContentVault(_machine.Files, StatePaths.Host.Vault);
        _converger = new Converger(
            HostKinds.For(new HostParts(_machine, StatePaths.Host, vault, _machine.Clock)),
            new MemoryConvergeStore(),
            new RecordingGuard(),
            _machine.Clock,
            _events.Add
        );
    }

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task A_valid_file_is_installed_with_its_secret_and_is_not_drift_afterwards()
    {
        (await ApplyAsync(Conf(Good))).Result.ShouldBe(RunResult.Changed);

        _machine.Files[Path].ShouldContain("rabbit://nova:s3cret@");
        _events.OfType<Noticed>().ShouldBeEmpty();
        (await _converger.VerifyAsync(State(Conf(Good)), default)).Result.ShouldBe(RunResult.Unchanged);
        _release.Asked.ShouldBe(1, "neither the second observation nor the verification asks again");
    }

    [Theory]
    [InlineData("[DEFAULT]\nno_such = ${secret:rabbit}\n", "[DEFAULT] no_such: the installed release has no such option")]
    [InlineData("[DEFAULT]\nreport_interval = ${secret:rabbit}\n", "[DEFAULT] report_interval: expected a whole number")]
    [InlineData("[DEFAULT]\nmy_ip 127.0.0.1 oops = x\n", ":2: an option name with spaces")]
    public async Task An_invalid_file_ends_the_run_before_any_change(string content, string problem)
    {
        await ApplyAsync(Conf(Good));
        var before = _machine.Files[Path];
        _machine.Writes.Clear();

        var refused = await Should.ThrowAsync<CloudletException>(ApplyAsync(Conf(content), Other()));

        refused.Kind.ShouldBe(ErrorKind.InvalidInput);
        refused.Message.ShouldContain(Path);
        refused.Message.ShouldContain(problem);
        refused.Message.ShouldNotContain("s3cret");
        _machine.Writes.ShouldBeEmpty();
        _machine.Files[Path].ShouldBe(before);
        _machine.Files.Stat("/etc/motd").ShouldBeNull();
    }

    [Fact]
    public async Task If_the_same_run_installs_the_service_its_file_is_refused_later_and_the_old_one_stays()
    {
        _machine.Files[Path] = "# of the package\n";
        _machine.Processes.Programs.Clear();
        _machine.OnWrite = _ => _machine.Processes.Programs["oslo-config-generator"] = _release.Answer;

        var end = await ApplyAsync(Conf("[DEFAULT]\nno_such = 1\n") with { After = [FileSpec.IdOf("/etc/motd")] }, Other());

        (end.Result, end.Failed).ShouldBe((RunResult.Failed, 1));
        _events.OfType<ChangeFailed>().ShouldHaveSingleItem().Message.ShouldContain("no_such");
        _machine.Files[Path].ShouldBe("# of the package\n");
    }

    [Fact]
    public async Task Without_the_generator_it_is_installed_with_a_note()
    {
        _machine.Processes.Programs.Clear();

        (await ApplyAsync(Conf("[DEFAULT]\nno_such = 1\n"))).Result.ShouldBe(RunResult.Changed);

        _events
            .OfType<Noticed>()
            .ShouldHaveSingleItem()
            .Message.ShouldContain("without a check of its options: oslo-config-generator is not installed");
    }

    [Fact]
    public async Task A_rollback_is_not_checked()
    {
        _machine.Files[Path] = "[DEFAULT]\nno_such = 1\n";
        await ApplyAsync(Conf(Good));

        (await _converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);

        _machine.Files[Path].ShouldBe("[DEFAULT]\nno_such = 1\n");
    }

    private Task<Finished> ApplyAsync(params FileSpec[] files) => _converger.ApplyAsync(State(files), new ApplyOptions(), default);

    private static HostState State(params FileSpec[] files) => HostState.Create("edge-1", files);

    private static FileSpec Conf(string content) =>
        new()
        {
            Id = FileSpec.IdOf(Path),
            Path = Path,
            Kind = FileKind.File,
            Content = content,
            Validate = "nova.conf",
            Secrets = content.Contains("${secret:") ? new Dictionary<string, string> { ["rabbit"] = "/secret" } : null,
        };

    private static FileSpec Other() =>
        new()
        {
            Id = FileSpec.IdOf("/etc/motd"),
            Path = "/etc/motd",
            Kind = FileKind.File,
            Content = "x",
        };
}
