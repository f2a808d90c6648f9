using Cloudlet.Agent;
using Cloudlet.Cli.Hosts;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Kinds.CloudFlavors;
using Cloudlet.Errors;
using Cloudlet.Machine;
using Cloudlet.Resources.Cloud;
using Cloudlet.Resources.Kinds.CloudFlavors;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Cloud;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Cli.Tests.Hosts;

/// <summary>Requests for checks, as a host answers them.</summary>
public sealed class CheckRunnerSpecs : IAsyncDisposable
{
    private const string Secret = "/etc/cloudlet/secrets/admin";
    private readonly FakeCloud _cloud = new();
    private readonly FakeMachine _machine = new();
    private readonly MemoryConvergeStore _store = new();
    private readonly TempDir _folder = new();
    private readonly List<ConvergeEvent> _events = [];

    public CheckRunnerSpecs() => _machine.Files[Secret] = "s3cret\n";

    public async ValueTask DisposeAsync()
    {
        await _cloud.DisposeAsync();
        _machine.Dispose();
        _folder.Dispose();
    }

    private CloudApi Api =>
        new()
        {
            AuthUrl = _cloud.AuthUrl,
            Username = "admin",
            Project = "admin",
            SecretFile = Secret,
        };

    [Fact]
    public async Task A_check_follows_an_apply_that_succeeded()
    {
        await AskAsync(new AgentRequest(HostVerb.Apply) { State = State("tiny"), Check = Absent(Api) });

        _events.OfType<Finished>().ShouldHaveSingleItem().Result.ShouldBe(RunResult.Changed);
        _events.OfType<CheckStepEnded>().Select(static s => $"{s.Step} {s.Result}").ShouldContain("image Failed");
        _events[^1].ShouldBeOfType<CheckFinished>().Passed.ShouldBeFalse();
        _cloud["flavors"].ShouldHaveSingleItem()["name"]!.ToString().ShouldBe("tiny");
    }

    [Fact]
    public async Task An_apply_that_failed_is_not_followed_by_one()
    {
        _cloud.Instead = static r =>
            r.Method == "POST" && r.Path.EndsWith("/flavors", StringComparison.Ordinal) ? new FakeAnswer(500) : null;

        await AskAsync(new AgentRequest(HostVerb.Apply) { State = State("tiny"), Check = Absent(Api) });

        _events[^1].ShouldBeOfType<Finished>().Result.ShouldBe(RunResult.Failed);
    }

    [Fact]
    public async Task The_last_applied_state_names_the_cloud()
    {
        await AskAsync(new AgentRequest(HostVerb.Check) { Check = Absent(api: null) });
        var refused = _events.ShouldHaveSingleItem().ShouldBeOfType<Refused>();
        refused.Kind.ShouldBe(ErrorKind.InvalidInput);
        refused.Message.ShouldContain("give the site file");

        await AskAsync(new AgentRequest(HostVerb.Apply) { State = State("tiny") });
        _events.Clear();
        await AskAsync(new AgentRequest(HostVerb.Check) { Check = Absent(api: null) });
        _events[0].ShouldBeOfType<CheckStepEnded>().Result.ShouldBe(CheckStepResult.Passed);
        _events[^1].ShouldBeOfType<CheckFinished>();
    }

    [Fact]
    public async Task A_wrong_password_is_a_step_that_failed_and_nothing_is_made()
    {
        _machine.Files[Secret] = "Xq7-wrong\n";

        await AskAsync(new AgentRequest(HostVerb.Check) { Check = Absent(Api) });

        var step = _events[0].ShouldBeOfType<CheckStepEnded>();
        (step.Step, step.Result).ShouldBe(("login", CheckStepResult.Failed));
        step.Found.ShouldNotContain("Xq7");
        _events[1].ShouldBeOfType<CheckFinished>().Passed.ShouldBeFalse();
        _cloud.Changes.ShouldBeEmpty();
    }

    /// <summary>It ends at its first step after the login: this cloud has no such image.</summary>
    private static CheckRequest Absent(CloudApi? api) => new(60) { Cloud = api, Image = "absent" };

    private HostState State(string flavor) =>
        HostState.Create(
            "edge-1",
            [
                new CloudFlavorSpec
                {
                    Id = CloudFlavorSpec.IdOf(flavor),
                    Name = flavor,
                    Api = Api,
                    Ram = 64,
                    Vcpus = 1,
                },
            ]
        );

    private Task AskAsync(AgentRequest request)
    {
        var kinds = new KindRegistry().Add(new CloudFlavorsKind(new CloudClients(_machine.Files, TimeProvider.System)));
        var parts = new HostServices(_machine, kinds, _store, new RecordingGuard())
        {
            Identity = static () => new HostIdentity("now", "lasting"),
            Checks = $"{_folder.Path}/check",
        };
        return HostRunner.RunAsync(request, parts, _events.Add, TestContext.Current.CancellationToken);
    }
}
