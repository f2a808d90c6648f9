using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState.Site;
using Cloudlet.Provider.Agents;

namespace Cloudlet.Provider.Tests;

/// <summary>Hosts that answer what a test says; that real ones answer so is what the lab tests show.</summary>
internal sealed class FakeHosts(Func<AgentRequest, ConvergeEventSink, CancellationToken, Task> answer) : IHostDoor
{
    /// <summary>A host that answers with these events.</summary>
    public FakeHosts(params IReadOnlyList<ConvergeEvent> events)
        : this((_, sink, _) =>
        {
            foreach (var happened in events)
                sink(happened);
            return Task.CompletedTask;
        })
    {
    }

    /// <summary>What was asked.</summary>
    public List<string> Asked { get; } = [];

    public IAgent Open(HostReach reach) => new Agent(this, answer);

    private sealed class Agent(FakeHosts hosts, Func<AgentRequest, ConvergeEventSink, CancellationToken, Task> answer) : IAgent
    {
        public Task AskAsync(AgentRequest request, ConvergeEventSink events, CancellationToken ct)
        {
            hosts.Asked.Add(request.Verb);
            return answer(request, events, ct);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
