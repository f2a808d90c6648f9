using System.Runtime.CompilerServices;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Kernel;
using Cloudlet.Machine.Netlink;
using Cloudlet.Machine.Network;
using Cloudlet.Machine.Packages;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Machine;

/// <summary>A named network namespace (ip-netns(8)) as a host that only has links.</summary>
public sealed class NamespaceMachine : IMachine
{
    private readonly Lazy<IRouteNetlink> _links;

    /// <summary>Gives access to a namespace.</summary>
    /// <param name="name">Its name, as in /run/netns.</param>
    /// <param name="openLinks">Opens rtnetlink in that namespace.</param>
    public NamespaceMachine(string name, Func<IRouteNetlink> openLinks)
    {
        Name = $"netns://{name}";
        _links = new Lazy<IRouteNetlink>(openLinks);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public IRouteNetlink Links => _links.Value;

    /// <inheritdoc/>
    public INetworkProbes Probes => throw Missing();

    /// <inheritdoc/>
    public IHostFiles Files => throw Missing();

    /// <inheritdoc/>
    public IKernel Kernel => throw Missing();

    /// <inheritdoc/>
    public ISystemd Systemd => throw Missing();

    /// <inheritdoc/>
    public IPackages Packages => throw Missing();

    /// <inheritdoc/>
    public IProcesses Processes => throw Missing();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_links.IsValueCreated)
            _links.Value.Dispose();
    }

    private CloudletException Missing([CallerMemberName] string part = "") =>
        new(
            ErrorKind.Unsupported,
            $"{Name} is a bare network namespace: it has links, but no {part.ToLowerInvariant()}. Describe those for the "
                + "host itself (local or ssh://…)."
        );
}
