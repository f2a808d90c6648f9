using Cloudlet.Converge.Applying;

namespace Cloudlet.Cli.Hosts;

/// <summary>This machine, or a network namespace of it: the engine runs in this process.</summary>
/// <param name="open">Opens the host; called once a request, closed after it.</param>
internal sealed class MachineSession(Func<HostParts> open) : IHostSession
{
    public async Task RunAsync(HostRequest request, ConvergeEventSink events, CancellationToken ct)
    {
        using var parts = open();
        await HostRunner.RunAsync(request, parts, events, ct);
    }
}
