using Cloudlet.Machine;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Kernel;
using Cloudlet.Machine.Netlink;
using Cloudlet.Machine.Network;
using Cloudlet.Machine.Packages;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.TestKit.Machine;

/// <summary>
/// A host in memory. It behaves like a real one where resource kinds depend on that; each part documents which behaviour of the kernel or
/// systemd it imitates.
/// </summary>
public sealed class FakeMachine : IMachine
{
    /// <summary>A host with a loopback link, a network card eth0 and the folders that every host has.</summary>
    public FakeMachine(TimeProvider? clock = null)
    {
        Clock = clock ?? new ManualClock();
        Files = new FakeFiles(this);
        Links = new FakeNetlink(this);
        Kernel = new FakeKernel(this);
        Systemd = new FakeSystemd(this);
        Packages = new FakePackages(this);
        Processes = new FakeProcesses();
        Probes = new FakeProbes();
    }

    /// <summary>The host's time.</summary>
    public TimeProvider Clock { get; }

    /// <summary>Called before and after every write, with a description: to count, or to throw.</summary>
    public Action<string>? OnWrite { get; set; }

    /// <summary>Everything that was written, in order.</summary>
    public IList<string> Writes { get; } = [];

    /// <inheritdoc/>
    public string Name => "fake";

    /// <summary>Its network.</summary>
    public FakeNetlink Links { get; }

    /// <summary>Its files.</summary>
    public FakeFiles Files { get; }

    /// <summary>Its kernel.</summary>
    public FakeKernel Kernel { get; }

    /// <summary>Its service manager.</summary>
    public FakeSystemd Systemd { get; }

    /// <summary>Its packages.</summary>
    public FakePackages Packages { get; }

    /// <summary>Its helper programs.</summary>
    public FakeProcesses Processes { get; }

    /// <summary>Services that it reaches.</summary>
    public FakeProbes Probes { get; }

    IRouteNetlink IMachine.Links => Links;

    INetworkProbes IMachine.Probes => Probes;

    IHostFiles IMachine.Files => Files;

    IKernel IMachine.Kernel => Kernel;

    ISystemd IMachine.Systemd => Systemd;

    IPackages IMachine.Packages => Packages;

    IProcesses IMachine.Processes => Processes;

    /// <inheritdoc/>
    public void Dispose() => Links.Dispose();

    internal void Write(string what, Action act)
    {
        OnWrite?.Invoke(what);
        act();
        Writes.Add(what);
        OnWrite?.Invoke(what);
    }
}
