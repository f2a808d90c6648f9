using Cloudlet.Machine.Files;
using Cloudlet.Machine.Kernel;
using Cloudlet.Machine.Netlink;
using Cloudlet.Machine.Network;
using Cloudlet.Machine.Packages;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Machine;

/// <summary>
/// Access to a host. Everything that observes or changes a machine uses this interface. A host that offers less (a bare network namespace
/// has only links) throws <see cref="Errors.ErrorKind.Unsupported"/> for the rest.
/// </summary>
public interface IMachine : IDisposable
{
    /// <summary>Name of this host for messages: a host name or <c>netns://name</c>.</summary>
    string Name { get; }

    /// <summary>Links, addresses and routes of the host's network namespace.</summary>
    IRouteNetlink Links { get; }

    /// <summary>Attempts to reach services, from the host.</summary>
    INetworkProbes Probes { get; }

    /// <summary>The host's file system.</summary>
    IHostFiles Files { get; }

    /// <summary>Kernel modules, and data from sysfs and procfs.</summary>
    IKernel Kernel { get; }

    /// <summary>The system service manager.</summary>
    ISystemd Systemd { get; }

    /// <summary>The distribution's packages.</summary>
    IPackages Packages { get; }

    /// <summary>Helper programs, from the list in <see cref="HelperPrograms"/>.</summary>
    IProcesses Processes { get; }

    /// <summary>Signals to the processes of the host's units; null when their ids are not valid for this process.</summary>
    IProcessSignals? Signals => null;

    /// <summary>Activity of the processes of the host's units; null when their ids are not valid for this process.</summary>
    IProcessActivity? Activity => null;
}
