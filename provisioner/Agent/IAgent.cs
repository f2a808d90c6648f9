using Cloudlet.Converge.Applying;
using Cloudlet.Errors;

namespace Cloudlet.Agent;

/// <summary>A connection to a host: this machine, one of its network namespaces, or another machine over ssh.</summary>
public interface IAgent : IAsyncDisposable
{
    /// <summary>
    /// Sends a request and passes on the events of the answer as they arrive. The last one is <see cref="Finished"/> or
    /// <see cref="Refused"/>, except for plan and status, which end with their own event.
    /// </summary>
    /// <exception cref="CloudletException">Unreachable, Timeout: the host did not answer; ProcessFailed: its answer ended
    /// early.</exception>
    Task AskAsync(AgentRequest request, ConvergeEventSink events, CancellationToken ct);
}
