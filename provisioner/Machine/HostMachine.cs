using Cloudlet.Machine.Files;
using Cloudlet.Machine.Kernel;
using Cloudlet.Machine.Netlink;
using Cloudlet.Machine.Network;
using Cloudlet.Machine.Packages;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Machine;

/// <summary>The host that this program runs on. Connections are opened on first use.</summary>
public sealed class HostMachine : IMachine
{
    private readonly Lazy<IRouteNetlink> _links;
    private readonly Lazy<SystemdBus> _systemd = new(static () => new SystemdBus(jobTimeout: TimeSpan.FromMinutes(21)));

    /// <summary>Gives access to this host.</summary>
    /// <param name="openLinks">Opens rtnetlink in the network namespace of this process.</param>
    public HostMachine(Func<IRouteNetlink> openLinks)
    {
        _links = new Lazy<IRouteNetlink>(openLinks);
        Processes = new HostProcesses();
        Kernel = new HostKernel(Processes);
        Packages = new AptPackages(Processes);
    }

    /// <inheritdoc/>
    public string Name { get; } = Environment.MachineName;

    /// <inheritdoc/>
    public IRouteNetlink Links => _links.Value;

    /// <inheritdoc/>
    public INetworkProbes Probes { get; } = new HostProbes();

    /// <inheritdoc/>
    public IHostFiles Files { get; } = new HostFiles();

    /// <inheritdoc/>
    public IKernel Kernel { get; }

    /// <inheritdoc/>
    public ISystemd Systemd => _systemd.Value;

    /// <inheritdoc/>
    public IPackages Packages { get; }

    /// <inheritdoc/>
    public IProcesses Processes { get; }

    /// <inheritdoc/>
    public IProcessSignals? Signals { get; } = new HostProcessSignals();

    /// <inheritdoc/>
    public IProcessActivity? Activity { get; } = new HostProcessActivity();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_links.IsValueCreated)
            _links.Value.Dispose();
        if (_systemd.IsValueCreated)
            _systemd.Value.Dispose();
    }
}
