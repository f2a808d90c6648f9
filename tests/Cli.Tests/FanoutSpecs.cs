using Cloudlet.Agent;
using Cloudlet.Cli.Hosts;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.Converge.State;
using Cloudlet.Errors;

namespace Cloudlet.Cli.Tests;

/// <summary>Several hosts are asked in parallel, and two names of one machine are found before any change.</summary>
public sealed class FanoutSpecs : IDisposable
{
    private readonly StringWriter _output = new();

    public void Dispose() => _output.Dispose();

    [Fact]
    public async Task Two_names_of_one_machine_are_refused_before_any_host_is_changed()
    {
        Session[] sessions = [new("machine 1"), new("machine 2"), new("machine 1")];

        var outcomes = await RunAsync(HostVerb.Apply, sessions);

        sessions.SelectMany(static s => s.Asked).ShouldBe([HostVerb.Identify, HostVerb.Identify, HostVerb.Identify]);
        outcomes.Select(static o => ((Refused)o.End).Kind).ShouldAllBe(static k => k == ErrorKind.InvalidInput);
        ((Refused)outcomes[0].End).Message.ShouldContain("host-0 (ssh://host-0) and host-2 (ssh://host-2) are one machine");
        ((Refused)outcomes[1].End).Message.ShouldContain("nothing was changed");
    }

    [Theory]
    [InlineData(HostVerb.Plan)]
    [InlineData(HostVerb.Apply)]
    internal async Task Different_machines_are_all_asked(HostVerb verb)
    {
        Session[] sessions = [new("machine 1"), new("machine 2")];

        var outcomes = await RunAsync(verb, sessions);

        sessions.ShouldAllBe(s => s.Asked.SequenceEqual(new[] { HostVerb.Identify, verb }) && s.IsDisposed);
        HostOutcome.Worst(outcomes).ShouldBe(ExitCodes.Ok);
    }

    [Fact]
    public async Task A_host_that_does_not_answer_is_waited_for_once_and_does_not_hold_up_the_others()
    {
        Session[] sessions = [new(null), new("machine 2")];

        var outcomes = await RunAsync(HostVerb.Apply, sessions);

        sessions[0].Asked.ShouldBe([HostVerb.Identify]);
        ((Refused)outcomes[0].End).Message.ShouldBe("no route");
        sessions[1].Asked.ShouldBe([HostVerb.Identify, HostVerb.Apply]);
    }

    [Fact]
    public async Task One_host_alone_is_asked_once()
    {
        Session[] sessions = [new("machine 1")];

        await RunAsync(HostVerb.Apply, sessions);

        sessions[0].Asked.ShouldBe([HostVerb.Apply]);
    }

    [Fact]
    public void A_request_names_its_owner()
    {
        var claim = new OwnerClaim(new Owner(OwnerKind.Site, "berlin", "edge-1")) { TakeOver = true };

        AgentRequest.Parse(new AgentRequest(HostVerb.Apply) { Claim = claim }.ToBytes()).Claim.ShouldBe(claim);
    }

    private Task<IReadOnlyList<HostOutcome>> RunAsync(HostVerb verb, IEnumerable<Session> sessions) =>
        Fanout.RunAsync(
            [.. sessions.Select((s, i) => new Target($"host-{i}", $"ssh://host-{i}", new AgentRequest(verb), s))],
            new JsonReport(_output),
            default
        );

    /// <summary>A host that reports its machine, or does not answer.</summary>
    private sealed class Session(string? machine) : IAgent
    {
        public List<HostVerb> Asked { get; } = [];

        public bool IsDisposed { get; private set; }

        public Task AskAsync(AgentRequest request, ConvergeEventSink events, CancellationToken ct)
        {
            lock (Asked)
                Asked.Add(request.Verb);
            if (machine is null)
                throw new CloudletException(ErrorKind.Unreachable, "no route");
            events(
                request.Verb switch
                {
                    HostVerb.Identify => new Identified(machine),
                    HostVerb.Plan => new Planned("d", 1, []),
                    _ => new Finished(RunResult.Unchanged, "d", 0, 0, 0, 1),
                }
            );
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
