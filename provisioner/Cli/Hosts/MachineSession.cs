using Cloudlet.Agent;
using Cloudlet.Converge.Applying;

namespace Cloudlet.Cli.Hosts;

/// <summary>This machine, or a network namespace of it: the engine runs in this process.</summary>
/// <param name="open">Opens the host for a request; it is disposed after that.</param>
internal sealed class MachineSession(Func<AgentRequest, HostServices> open) : IAgent
{
    public async Task AskAsync(AgentRequest request, ConvergeEventSink events, CancellationToken ct)
    {
        using var parts = open(request);
        await HostRunner.RunAsync(request, parts, events, ct);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
