using Cloudlet.Converge.Applying;
using Cloudlet.Errors;

namespace Cloudlet.Cli.Hosts;

/// <summary>A way to a host: this machine, one of its network namespaces, or another machine over ssh.</summary>
internal interface IHostSession
{
    /// <summary>
    /// Asks the host and passes on every event of its answer as it comes. The last one is <see cref="Finished"/> or <see cref="Refused"/>, except for a plan or a status, which end after theirs.
    /// </summary>
    /// <exception cref="CloudletException">Unreachable, Timeout: the host did not answer.</exception>
    Task RunAsync(HostRequest request, ConvergeEventSink events, CancellationToken ct);
}
