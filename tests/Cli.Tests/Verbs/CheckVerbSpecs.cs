using System.Text.Json.Nodes;
using Cloudlet.Agent;
using Cloudlet.Cli.Output;
using Cloudlet.Cli.Verbs;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.TestKit;

namespace Cloudlet.Cli.Tests.Verbs;

/// <summary>Which clouds are checked, and what is printed.</summary>
public sealed class CheckVerbSpecs : IDisposable
{
    private const string Cloud = """
        secrets: {admin: /etc/cloudlet/secrets/admin}
            cloud: {authUrl: 'http://10.80.0.1:5000/v3', secret: admin, region: RegionOne}
        """;

    private readonly TempDir _folder = new();
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }

    [Fact]
    public async Task A_site_without_a_cloud_is_a_wrong_input()
    {
        (await RunAsync("check", Site("hosts:\n  a:\n    boot: none\n"))).ShouldBe(ExitCodes.Invalid);

        _errors.ToString().ShouldContain("a describes no cloud to check: add `cloud`");
    }

    [Fact]
    public async Task An_apply_with_a_check_of_no_cloud_touches_nothing()
    {
        (await RunAsync("apply", Site("hosts:\n  a:\n    reach: netns://absent\n    boot: none\n"), "--check")).ShouldBe(ExitCodes.Invalid);

        _errors.ToString().ShouldContain("nothing was touched");
    }

    [Fact]
    public async Task A_check_does_not_go_with_a_confirmation()
    {
        (await RunAsync("apply", Site("hosts: {a: {}}\n"), "--check", "--confirm", "60s")).ShouldBe(ExitCodes.Invalid);

        _errors.ToString().ShouldContain("then `cloudlet check`");
    }

    [Fact]
    public async Task A_time_that_is_not_valid_is_refused_with_the_name_of_its_option()
    {
        (await RunAsync("check", "--timeout", "soon")).ShouldBe(ExitCodes.Invalid);

        _errors.ToString().ShouldContain("--timeout takes a time");
    }

    [Fact]
    public void Each_host_is_asked_about_its_own_cloud_and_others_are_left_out()
    {
        var found = Complete([]);

        found.Problems.ShouldBeEmpty();
        var request = found.Hosts.ShouldHaveSingleItem().Request;
        request.Check!.Cloud.ShouldBe(
            new CloudApi
            {
                AuthUrl = "http://10.80.0.1:5000/v3",
                Username = "admin",
                Project = "admin",
                SecretFile = "/etc/cloudlet/secrets/admin",
                Region = "RegionOne",
            }
        );
        _output.ToString().ShouldContain("b describes no cloud, so none is checked from it");
        AgentRequest.Parse(request.ToBytes()).Check.ShouldBe(request.Check);
    }

    [Fact]
    public void A_host_that_was_named_must_have_a_cloud() =>
        Complete(["b"]).Problems.ShouldHaveSingleItem().Message.ShouldContain("b describes no cloud");

    [Fact]
    public void Steps_are_lines_with_their_time()
    {
        var show = new HumanReport(_output, _errors, colours: false, manyHosts: false).ForHost("edge-1", "local");

        show(new CheckStepEnded("server", CheckStepResult.Passed, "ACTIVE", 7912));
        show(new CheckWaiting("address", "its console is \e[2Jempty", 65_000));
        show(new CheckStepEnded("ping", CheckStepResult.Skipped, "no way", 0));
        show(new CheckStepEnded("delete", CheckStepResult.Failed, "left", 120_000));
        show(new CheckFinished(false, 200_000));

        _output
            .ToString()
            .ShouldBe(
                """
                  ✓    7.9 s  server     ACTIVE
                  …   65.0 s  address    its console is \x1b[2Jempty
                  -  skipped  ping       no way
                  ✗  120.0 s  delete     left
                the check failed after 200.0 s: see the lines with ✗; check again after a correction

                """
            );
    }

    [Fact]
    public void The_result_is_the_exit_status()
    {
        new HostOutcome("h", new CheckFinished(true, 1)).ExitCode.ShouldBe(ExitCodes.Ok);
        new HostOutcome("h", new CheckFinished(false, 1)).ExitCode.ShouldBe(ExitCodes.Failed);
        new HostOutcome("h", new CheckFinished(false, 1)).Word().ShouldBe(OutcomeWord.Failed);
    }

    [Fact]
    public void Events_are_lines_of_json()
    {
        var line = ConvergeEventJson.ToLine(new CheckStepEnded("server", CheckStepResult.Passed, "ACTIVE", 7912));

        JsonNode
            .DeepEquals(
                JsonNode.Parse(line),
                JsonNode.Parse("""{"event": "check-step", "step": "server", "result": "passed", "found": "ACTIVE", "milliseconds": 7912}""")
            )
            .ShouldBeTrue(line);
        ConvergeEventJson.Parse(line).ShouldBeOfType<CheckStepEnded>().Result.ShouldBe(CheckStepResult.Passed);
    }

    /// <summary>So that a check whose reader is gone ends, and deletes.</summary>
    [Fact]
    public void A_cut_connection_is_reported_once()
    {
        var cuts = 0;
        using var closed = new BrokenStream();
        var writer = new EventWriter(closed) { OnCut = () => cuts++ };

        writer.Write(new Noticed("one"));
        writer.Write(new Noticed("two"));

        cuts.ShouldBe(1);
    }

    private FoundTargets Complete(string[] named)
    {
        var site = Site($"hosts:\n  a:\n    {Cloud}\n  b:\n    reach: netns://b\n    boot: none\n");
        var found = Targets.Find(
            new TargetSelection([site], named, State: null, new SshOptions([], ConfigFile: null)),
            needsState: false,
            static _ => new AgentRequest(HostVerb.Check) { Check = CheckTargets.UsualRequest }
        );
        return CheckTargets.Complete(found, named, new HumanReport(_output, _errors, colours: false, manyHosts: true));
    }

    private string Site(string text)
    {
        var path = Path.Combine(_folder.Path, "site.yaml");
        File.WriteAllText(path, text);
        return path;
    }

    private Task<int> RunAsync(params string[] arguments) => CloudletCommand.RunAsync(arguments, _output, _errors);

    private sealed class BrokenStream : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("broken pipe");

        public override void Write(ReadOnlySpan<byte> buffer) => throw new IOException("broken pipe");
    }
}
