using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState.Site;
using Cloudlet.Errors;

namespace Cloudlet.Provider.Agents;

/// <summary>The ways to hosts.</summary>
internal interface IHostDoor
{
    /// <summary>Prepares the way to a host; nothing is sent yet.</summary>
    /// <exception cref="CloudletException">NotFound, Unsupported: the program that answers there is not at hand.</exception>
    IAgent Open(HostReach reach);
}

/// <summary>The way to one host.</summary>
internal interface IAgent : IAsyncDisposable
{
    /// <summary>Asks the host, and passes on every event of its answer as it comes.</summary>
    /// <exception cref="CloudletException">Unreachable, Timeout: the host did not answer; ProcessFailed: its answer ended early.</exception>
    Task AskAsync(AgentRequest request, ConvergeEventSink events, CancellationToken ct);
}
