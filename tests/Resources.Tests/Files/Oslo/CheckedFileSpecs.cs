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

    private readonly Release release = new();
    private readonly FakeMachine machine = new();
    private readonly List<ConvergeEvent> events = [];
    private readonly Converger converger;

    public CheckedFileSpecs()
    {
        machine.Processes.Programs["oslo-config-generator"] = release.Answer;
        machine.Files["/secret"] = "s3cret\n";
        var vault = new ContentVault(machine.Files, StatePaths.Host.Vault);
        converger = new Converger(
            HostKinds.For(new HostParts(machine, StatePaths.Host, vault, machine.Clock)),
            new MemoryConvergeStore(),
            new RecordingGuard(),
            machine.Clock,
            events.Add
        );
    }

    public void Dispose() => machine.Dispose();

    [Fact]
    public async Task A_valid_file_is_installed_with_its_secret_and_is_not_drift_afterwards()
    {
        (await ApplyAsync(Conf(Good))).Result.ShouldBe(RunResult.Changed);

        machine.Files[Path].ShouldContain("rabbit://nova:s3cret@");
        events.OfType<Noticed>().ShouldBeEmpty();
        (await converger.VerifyAsync(State(Conf(Good)), default)).Result.ShouldBe(RunResult.Unchanged);
        release.Asked.ShouldBe(1, "neither the second observation nor the verification asks again");
    }

    [Theory]
    [InlineData("[DEFAULT]\nno_such = ${secret:rabbit}\n", "[DEFAULT] no_such: the installed release has no such option")]
    [InlineData("[DEFAULT]\nreport_interval = ${secret:rabbit}\n", "[DEFAULT] report_interval: expected a whole number")]
    [InlineData("[DEFAULT]\nmy_ip 127.0.0.1 oops = x\n", ":2: an option name with spaces")]
    public async Task An_invalid_file_ends_the_run_before_any_change(string content, string problem)
    {
        await ApplyAsync(Conf(Good));
        var before = machine.Files[Path];
        machine.Writes.Clear();

        var refused = await Should.ThrowAsync<CloudletException>(ApplyAsync(Conf(content), Other()));

        refused.Kind.ShouldBe(ErrorKind.InvalidInput);
        refused.Message.ShouldContain(Path);
        refused.Message.ShouldContain(problem);
        refused.Message.ShouldNotContain("s3cret");
        machine.Writes.ShouldBeEmpty();
        machine.Files[Path].ShouldBe(before);
        machine.Files.Stat("/etc/motd").ShouldBeNull();
    }

    [Fact]
    public async Task If_the_same_run_installs_the_service_its_file_is_refused_later_and_the_old_one_stays()
    {
        machine.Files[Path] = "# of the package\n";
        machine.Processes.Programs.Clear();
        machine.OnWrite = _ => machine.Processes.Programs["oslo-config-generator"] = release.Answer;

        var end = await ApplyAsync(Conf("[DEFAULT]\nno_such = 1\n") with { After = [FileSpec.IdOf("/etc/motd")] }, Other());

        (end.Result, end.Failed).ShouldBe((RunResult.Failed, 1));
        events.OfType<ChangeFailed>().ShouldHaveSingleItem().Message.ShouldContain("no_such");
        machine.Files[Path].ShouldBe("# of the package\n");
    }

    [Fact]
    public async Task Without_the_generator_it_is_installed_with_a_note()
    {
        machine.Processes.Programs.Clear();

        (await ApplyAsync(Conf("[DEFAULT]\nno_such = 1\n"))).Result.ShouldBe(RunResult.Changed);

        events
            .OfType<Noticed>()
            .ShouldHaveSingleItem()
            .Message.ShouldContain("without a check of its options: oslo-config-generator is not installed");
    }

    [Fact]
    public async Task A_rollback_is_not_checked()
    {
        machine.Files[Path] = "[DEFAULT]\nno_such = 1\n";
        await ApplyAsync(Conf(Good));

        (await converger.RollBackAsync(null, default)).Result.ShouldBe(RunResult.RolledBack);

        machine.Files[Path].ShouldBe("[DEFAULT]\nno_such = 1\n");
    }

    private Task<Finished> ApplyAsync(params FileSpec[] files) => converger.ApplyAsync(State(files), new ApplyOptions(), default);

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
