using Cloudlet.Converge;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;
using Cloudlet.Errors;
using Cloudlet.Resources.State;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Conditions;

/// <summary>Conditions in an apply, with a clock that jumps over every wait.</summary>
public sealed class ConditionsKindSpecs : IDisposable
{
    private const string Url = "http://10.0.0.1:5000/v3";
    private const string Port = "10.0.0.1:6642";
    private const string Later = ", files: {/etc/later: {content: x, after: [condition:c]}}";

    private readonly ManualClock _clock = new();
    private readonly FakeMachine _machine;
    private readonly TempDir _folder = new();
    private readonly List<ConvergeEvent> _events = [];
    private readonly Converger _converger;

    public ConditionsKindSpecs()
    {
        _machine = new FakeMachine(_clock);
        _machine.Kernel.Settings["kernel/hostname"] = "edge-1";
        var vault = new ContentVault(_machine.Files, StatePaths.Host.Vault);
        _converger = new Converger(
            HostKinds.For(new HostParts(_machine, StatePaths.Host, vault, _clock)),
            new HostConvergeStore(_machine.Files, StatePaths.Host with { RunFolder = _folder.Path }, vault, _clock),
            new RecordingGuard(),
            _clock,
            _events.Add
        );
    }

    public void Dispose()
    {
        _machine.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("http: 'http://10.0.0.1:5000/v3'", 200, true)]
    [InlineData("http: 'http://10.0.0.1:5000/v3'", 204, true)]
    [InlineData("http: 'http://10.0.0.1:5000/v3'", 300, false)]
    [InlineData("http: 'http://10.0.0.1:5000/v3', expect: 300", 300, true)]
    [InlineData("http: 'http://10.0.0.1:5000/v3', expect: 300", 200, false)]
    [InlineData("http: 'http://10.0.0.1:5000/v3', expect: 401", 401, true)]
    public async Task A_status_meets_a_condition_or_does_not(string condition, int status, bool met)
    {
        _machine.Probes.Services[Url] = FakeProbes.Status(status);

        (await PlanAsync($"conditions: {{c: {{{condition}}}}}")).IsEmpty.ShouldBe(met);

        _machine.Probes.Attempts.ShouldBe([Url]);
        _machine.Probes.Limits.ShouldBe([TimeSpan.FromSeconds(2)]);
    }

    [Theory]
    [InlineData("edge-1", true)]
    [InlineData("EDGE-1", true)]
    [InlineData("edge-2", false)]
    [InlineData("edge-1.example", false)]
    public async Task A_hostname_is_the_kernels(string name, bool met) =>
        (await PlanAsync($"conditions: {{c: {{hostname: {name}}}}}")).IsEmpty.ShouldBe(met);

    [Fact]
    public async Task A_plan_says_what_is_waited_for_and_what_was_found()
    {
        var change = (await PlanAsync($"conditions: {{c: {{tcp: '{Port}'}}}}")).Changes.ShouldHaveSingleItem();

        change.Action.ShouldBe(ChangeAction.Update);
        change.Properties.ShouldHaveSingleItem().Path.ShouldBe("met");
        change.Cause.ShouldBe($"waits for {Port} to accept connections (found so far: connection refused)");
    }

    [Fact]
    public async Task An_apply_polls_until_it_is_met_and_then_does_what_comes_after_it()
    {
        var begun = _clock.GetUtcNow();
        _machine.Probes.Services[Port] = () =>
        {
            if (_clock.GetUtcNow() - begun > TimeSpan.FromSeconds(60))
                return FakeProbes.Accept();
            _machine.Files.Stat("/etc/later").ShouldBeNull();
            return FakeProbes.Refuse();
        };

        var run = await ApplyAsync($"conditions: {{c: {{tcp: '{Port}'}}}}{Later}");

        (run.Result, run.Failed).ShouldBe((RunResult.Changed, 0));
        _machine.Files["/etc/later"].ShouldBe("x");

        // Pauses grow from half a second to five: some 20 attempts in a minute, and two observations.
        _machine.Probes.Attempts.Count.ShouldBeInRange(15, 25);
        (_clock.GetUtcNow() - begun).ShouldBeLessThan(TimeSpan.FromSeconds(75));
        (await PlanAsync($"conditions: {{c: {{tcp: '{Port}'}}}}{Later}")).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_limit_that_passes_says_what_was_tried_and_found_and_skips_only_what_comes_after()
    {
        _machine.Files["/lib/systemd/system/api.service"] = "[Service]\n[Install]\n";
        _machine.Probes.Services[Url] = FakeProbes.Status(503);
        var begun = _clock.GetUtcNow();

        var run = await ApplyAsync(
            $"conditions: {{c: {{http: '{Url}', expect: 200, timeout: 90, restartUnit: api.service}}}}, "
                + "files: {/etc/later: {content: x, after: [condition:c]}, /etc/other: {content: y}}"
        );

        (run.Result, run.Failed, run.Skipped).ShouldBe((RunResult.Failed, 1, 1));
        var failed = _events.OfType<ChangeFailed>().ShouldHaveSingleItem();
        failed.Id.ShouldBe("condition:c");
        failed.Kind.ShouldBe(ErrorKind.ProcessFailed);
        failed.Message.ShouldStartWith($"{Url} did not answer with status 200 within 90 s; attempts: ");
        failed.Message.ShouldContain("found at the last one: status 503. api.service is inactive (dead); see `journalctl -u api.service`.");
        (_clock.GetUtcNow() - begun).ShouldBeInRange(TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(100));
        _machine.Files["/etc/other"].ShouldBe("y");
        _machine.Files.Stat("/etc/later").ShouldBeNull();
        _machine.Systemd.Calls.ShouldBeEmpty("an apply waits, it does not restart");
    }

    [Fact]
    public async Task A_condition_is_asked_again_after_its_unit_was_changed()
    {
        _machine.Files["/lib/systemd/system/api.service"] = "[Service]\n[Install]\n";
        _machine.Probes.Services[Url] = FakeProbes.Status(200);
        var site =
            "units: {api.service: {running: true}}, "
            + $"conditions: {{c: {{http: '{Url}', restartUnit: api.service, timeout: 20}}}}{Later}";
        _machine.Systemd.WhileStarting = () => _machine.Probes.Services[Url] = FakeProbes.Status(503);

        var run = await ApplyAsync(site);

        run.Failed.ShouldBe(1, "it was met when the run began, and its unit does not answer since");
        _machine.Files.Stat("/etc/later").ShouldBeNull();
    }

    [Fact]
    public async Task Nothing_of_it_is_rolled_back_or_removed_and_nobody_is_asked_for_that()
    {
        var open = 0;
        _machine.Probes.Services[Port] = () => open++ > 1 ? FakeProbes.Accept() : FakeProbes.Refuse();
        (await ApplyAsync($"conditions: {{c: {{tcp: '{Port}'}}}}{Later}")).Failed.ShouldBe(0);
        _machine.Probes.Services.Remove(Port);
        var attempts = _machine.Probes.Attempts.Count;

        (await _converger.RollBackAsync(unconfirmedRun: null, default)).Result.ShouldBe(RunResult.RolledBack);

        _machine.Files.Stat("/etc/later").ShouldBeNull();
        _machine.Probes.Attempts.Count.ShouldBe(attempts);
    }

    [Fact]
    public async Task It_leaves_the_description_without_a_trace()
    {
        _machine.Probes.Services[Port] = FakeProbes.Accept;
        await ApplyAsync($"conditions: {{c: {{tcp: '{Port}'}}}}{Later}");
        _machine.Probes.Services.Remove(Port);

        var run = await ApplyAsync("files: {/etc/later: {content: x}}");

        run.Result.ShouldBe(RunResult.Unchanged);
        (await PlanAsync("files: {/etc/later: {content: x}}")).IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_failed_condition_rolls_a_run_back_that_wants_it()
    {
        var run = await _converger.ApplyAsync(
            State($"conditions: {{c: {{tcp: '{Port}', timeout: 5}}}}, files: {{/etc/other: {{content: y}}}}"),
            new ApplyOptions { RollBackOnFailure = true },
            default
        );

        run.Result.ShouldBe(RunResult.RolledBack);
        _machine.Files.Stat("/etc/other").ShouldBeNull();
    }

    [Fact]
    public async Task Many_that_do_not_answer_are_asked_at_once()
    {
        string[] targets = [.. Enumerable.Range(1, 8).Select(i => $"10.0.0.{i}:80")];
        foreach (var target in targets)
            _machine.Probes.Silent.Add(target);
        using var stop = new CancellationTokenSource();
        var site = State($"conditions: {{{string.Join(", ", targets.Select((t, i) => $"c{i}: {{tcp: '{t}'}}"))}}}");
        var plan = _converger.PlanAsync(site, stop.Token);

        // None of them ends, and all were begun.
        SpinWait.SpinUntil(() => _machine.Probes.Attempts.Count == targets.Length, TimeSpan.FromSeconds(30)).ShouldBeTrue();
        plan.IsCompleted.ShouldBeFalse();
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => plan);
    }

    [Fact]
    public async Task The_file_of_authorities_is_passed_on()
    {
        _machine.Probes.Services["https://10.0.0.1/"] = FakeProbes.Status(200);

        await PlanAsync("conditions: {c: {http: 'https://10.0.0.1/', caFile: /etc/ca.pem}}");

        _machine.Probes.Attempts.ShouldBe(["https://10.0.0.1/ /etc/ca.pem"]);
    }

    private Task<Plan> PlanAsync(string host) => _converger.PlanAsync(State(host), default);

    private Task<Finished> ApplyAsync(string host) => _converger.ApplyAsync(State(host), new ApplyOptions(), default);

    private static HostState State(string host)
    {
        var files = new OneFile("hosts: {edge-1: {" + host + "}}");
        var loaded = SiteLoader.Load(["site.yaml"], files);
        loaded.Problems.ShouldBeEmpty();
        var compiled = HostCompiler.Compile(loaded.Site!, files).ShouldHaveSingleItem();
        compiled.Problems.ShouldBeEmpty();
        return compiled.State!;
    }

    private sealed class OneFile(string site) : ISiteFiles
    {
        public string? ReadText(string path) => path == "site.yaml" ? site : null;
    }
}
