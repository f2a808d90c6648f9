using Cloudlet.Agent;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState.Sections;
using Cloudlet.Provider.Agents;

namespace Cloudlet.Provider.Tests;

/// <summary>Hosts with scripted answers; the lab tests show that real hosts answer like that.</summary>
internal sealed class FakeHosts(Func<AgentRequest, ConvergeEventSink, CancellationToken, Task> answer) : IAgentConnector
{
    /// <summary>A host that answers with these events.</summary>
    public FakeHosts(params IReadOnlyList<ConvergeEvent> events)
        : this(
            (_, sink, _) =>
            {
                foreach (var happened in events)
                    sink(happened);
                return Task.CompletedTask;
            }
        ) { }

    /// <summary>The requests so far.</summary>
    public List<string> Asked { get; } = [];

    public IAgent Open(HostReach reach, Waiting waiting) => new Agent(this, answer);

    private sealed class Agent(FakeHosts hosts, Func<AgentRequest, ConvergeEventSink, CancellationToken, Task> answer) : IAgent
    {
        public Task AskAsync(AgentRequest request, ConvergeEventSink events, CancellationToken ct)
        {
            hosts.Asked.Add(request.Verb.ToString().ToLowerInvariant());
            return answer(request, events, ct);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
