using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.State;
using Cloudlet.Errors;
using Cloudlet.Healthd;
using Cloudlet.Healthd.Watch;
using Cloudlet.Lab;
using Cloudlet.Machine;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Netlink;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources;
using Cloudlet.Resources.Files;
using Cloudlet.Resources.Guards;
using Cloudlet.Resources.State;
using Cloudlet.Resources.Units;

namespace Cloudlet.Cli.Hosts;

/// <summary>What the engine needs of one host.</summary>
/// <param name="Machine">The host; closed with this.</param>
/// <param name="Kinds">Its kinds of resources.</param>
/// <param name="Store">What is kept between runs.</param>
/// <param name="Guard">Brings it back when nobody confirms.</param>
internal sealed record HostParts(IMachine Machine, KindRegistry Kinds, IConvergeStore Store, IGuard Guard) : IDisposable
{
    /// <summary>Files of the host's health daemon; null where there can be none.</summary>
    public HealthPaths? Health { get; init; }

    public void Dispose() => Machine.Dispose();
}

/// <summary>Puts together what runs on this machine: the one place that names every implementation.</summary>
internal static class LocalHosts
{
    /// <summary>The machine this process runs on.</summary>
    public static HostParts OpenThisMachine() => Open(new HostMachine(RouteNetlink.Open));

    private static HostParts Open(HostMachine machine, bool isDaemon = false, UnitActivity? activity = null)
    {
        var paths = StatePaths.Host;
        var vault = new ContentVault(machine.Files, paths.Vault);
        var guard = Directory.Exists("/run/systemd/system")
            ? (IGuard)new SystemdGuard(machine.Systemd, machine.Files, Again([], paths))
            : new ProcessGuard(Again([], paths));
        return new HostParts(
            machine,
            HostKinds.For(machine, paths, vault, TimeProvider.System, SingleFile, isDaemon, activity),
            new HostConvergeStore(machine.Files, paths, vault, TimeProvider.System, Patience),
            guard)
        {
            Health = HealthPaths.Host,
        };
    }

    /// <summary>The machine this process runs on, as its health daemon needs it.</summary>
    public static HealthHost OpenHealth(TimeProvider clock)
    {
        // Its own unit is starting while it looks for the first time, and others wait for it.
        var machine = new HostMachine(RouteNetlink.Open);
        var activity = machine.Activity is { } processes ? new UnitActivity(processes, machine.Systemd, clock) : null;
        var parts = Open(machine, isDaemon: true, activity);
        return new HealthHost
        {
            Machine = parts.Machine,
            Kinds = parts.Kinds,
            Guard = parts.Guard,

            // A person's apply comes first: the daemon never waits for the lock, it tries again.
            Store = new HostConvergeStore(parts.Machine.Files, StatePaths.Host, vault: null, clock),
            Wakers = new HostWakers(clock),
            HostName = static () => Environment.MachineName,
            Paths = HealthPaths.Host,
            Activity = activity,
            Rest = OwnMemory.Rest,
        };
    }

    /// <summary>This program's own file, if it is one that can run elsewhere; else null.</summary>
    public static string? SingleFile =>
        Environment.ProcessPath is { } path && Path.GetFileName(path) == "cloudlet" && !File.Exists(Path.Combine(AppContext.BaseDirectory, "cloudlet.dll")) ? path : null;

    /// <summary>A network namespace of this machine. Its links are its own; what is remembered of it is kept on the machine.</summary>
    public static HostParts OpenNamespace(string name)
    {
        var paths = StatePaths.ForNamespace(name);
        var machine = new NamespaceMachine(name, () => RouteNetlink.Open(name));
        return new HostParts(
            machine,
            HostKinds.ForNamespace(machine),
            new HostConvergeStore(new HostFiles(), paths, vault: null, TimeProvider.System),
            new ProcessGuard(Again([NamespaceOption, name], paths)));
    }

    /// <summary>The lab of a store.</summary>
    public static LabHosts OpenLab(string store) =>
        new(new LabStore(store), new HostProcesses(), ns => ns is null ? RouteNetlink.Open() : RouteNetlink.Open(ns), TimeProvider.System);

    /// <summary>The hidden option by which a guard of ours says that it is about a namespace.</summary>
    public const string NamespaceOption = "--in-namespace";

    /// <summary>How long a person's run waits for the health daemon to end a heal.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static GuardCommand Again(IReadOnlyList<string> prefix, StatePaths paths) => new(
        Environment.ProcessPath ?? throw new CloudletException(ErrorKind.Unsupported, "the path of this program is not known, so no guard could start it; is /proc mounted?"), prefix, paths);
}
