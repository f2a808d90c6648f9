using Cloudlet.Agent;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState.Compile;
using Cloudlet.Errors;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Watch;
using Cloudlet.Lab;
using Cloudlet.Lab.Model;
using Cloudlet.Machine;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Netlink;
using Cloudlet.Machine.Processes;
using Cloudlet.Resources;
using Cloudlet.Resources.Guards;
using Cloudlet.Resources.Kinds.Secrets;
using Cloudlet.Resources.Kinds.Units;
using Cloudlet.Resources.State;

namespace Cloudlet.Cli.Hosts;

/// <summary>The services of one host that the engine needs.</summary>
/// <param name="Machine">The host; disposed with this.</param>
/// <param name="Kinds">Its kinds of resources.</param>
/// <param name="Store">State that is kept between runs.</param>
/// <param name="Guard">Rolls back unless the change is confirmed.</param>
internal sealed record HostServices(IMachine Machine, KindRegistry Kinds, IConvergeStore Store, IGuard Guard) : IDisposable
{
    /// <summary>Identity of the host.</summary>
    public required Func<HostIdentity> Identity { get; init; }

    /// <summary>Gives values of secrets to other hosts; null where there are none.</summary>
    public SecretGiver? Secrets { get; init; }

    /// <summary>Files of the host's health daemon; null when there can be none.</summary>
    public HealthPaths? Health { get; init; }

    /// <summary>Folder for checks of a cloud; null: none can be checked from here.</summary>
    public string? Checks { get; init; }

    public void Dispose() => Machine.Dispose();
}

/// <summary>Composes the services of this machine: the only place that names every implementation.</summary>
internal static class HostFactory
{
    /// <summary>The machine this process runs on.</summary>
    /// <param name="request">The request that it is opened for; null: none that has values of secrets.</param>
    public static HostServices OpenThisMachine(AgentRequest? request = null) => Open(new HostMachine(RouteNetlink.Open), request: request);

    private static HostServices Open(
        HostMachine machine,
        bool isDaemon = false,
        UnitActivity? activity = null,
        AgentRequest? request = null
    )
    {
        var paths = StatePaths.Host;
        var store = OpenStore(machine, isDaemon);
        var vault = new ContentVault(machine.Files, paths.Vault);
        var guard = Directory.Exists("/run/systemd/system")
            ? (IGuard)new SystemdGuard(machine.Systemd, machine.Files, Again([], paths))
            : new ProcessGuard(Again([], paths));
        return new HostServices(
            machine,
            HostKinds.For(
                new HostParts(machine, paths, vault, TimeProvider.System)
                {
                    Program = SingleFile is null ? null : OwnProgram.OfThisProcess(),
                    IsDaemon = isDaemon,
                    Secrets = request?.Secrets,
                    IsApply = request?.Verb == HostVerb.Apply,
                    Activity = activity,
                    Log = new UnitLog(machine.Processes, machine.Files, Masking),
                }
            ),
            store,
            guard
        )
        {
            Secrets = new SecretGiver(machine.Files, vault, new SecretCopies(machine.Files, vault, paths.Secrets)),
            Health = HealthPaths.Host,
            Checks = "/var/lib/cloudlet/check",
            Identity = HostIdentity.OfThisMachine,
        };
    }

    /// <summary>
    /// Opens the records of this machine. A user's apply takes precedence: the daemon retries instead of waiting for the lock, and does not
    /// drop sealed contents.
    /// </summary>
    private static HostConvergeStore OpenStore(HostMachine machine, bool isDaemon)
    {
        var paths = StatePaths.Host;

        // A mounted machine-id is created at each boot because the disk can't store one.
        var identity = machine.Files.MountOf("/etc/machine-id/.")?.Point == "/etc/machine-id" ? null : HostIdentity.OfThisMachine().Lasting;
        var notice = HostRecords.Bind(paths, identity, TimeProvider.System);
        var vault = isDaemon ? null : new ContentVault(machine.Files, paths.Vault);
        var store = new HostConvergeStore(machine.Files, paths, vault, TimeProvider.System, isDaemon ? TimeSpan.Zero : Patience, identity);
        if (notice is not null)
            store.Notice(notice);
        return store;
    }

    /// <summary>The services of this machine that its health daemon needs.</summary>
    public static HealthHost OpenHealth(TimeProvider clock)
    {
        // At the first observation its own unit is still starting, and other units wait for it.
        var machine = new HostMachine(RouteNetlink.Open);
        var activity = machine.Activity is { } processes ? new UnitActivity(processes, machine.Systemd, clock) : null;
        var parts = Open(machine, isDaemon: true, activity);
        return new HealthHost
        {
            Machine = parts.Machine,
            Kinds = parts.Kinds,
            Guard = parts.Guard,

            Store = parts.Store,
            Wakers = new HostWatchers(clock),
            HostName = static () => Environment.MachineName,
            Paths = HealthPaths.Host,
            Activity = activity,
            Rest = OwnMemory.Rest,

            // A build that needs files next to it was not started by the unit.
            CanStartAgain = async ct => SingleFile is null || await ProgramProbe.RunsAsync(HealthCompiler.Program, ct),
        };
    }

    /// <summary>Removes secrets from the output of units, as `explain` does.</summary>
    private static Func<string, string> Masking(IEnumerable<string> configurations)
    {
        var redaction = new Redaction();
        foreach (var configuration in configurations)
            redaction.Learn(configuration);
        return redaction.Text;
    }

    /// <summary>This program's own file, which is copied to remote hosts.</summary>
    /// <exception cref="CloudletException">Unsupported: this build consists of several files.</exception>
    public static string CopyableProgram() =>
        SingleFile
        ?? throw new CloudletException(
            ErrorKind.Unsupported,
            "this build consists of several files and cannot be copied to a remote host; build the single file with "
                + "`build/publish` and run that"
        );

    /// <summary>This program's file if it is self-contained; else null.</summary>
    public static string? SingleFile =>
        Environment.ProcessPath is { } path
        && Path.GetFileName(path) == "cloudlet"
        && !File.Exists(Path.Combine(AppContext.BaseDirectory, "cloudlet.dll"))
            ? path
            : null;

    /// <summary>A network namespace of this machine. Its records are kept on the machine.</summary>
    public static HostServices OpenNamespace(string name)
    {
        var paths = StatePaths.ForNamespace(name);
        NamespaceRecords.Bind(paths, HostIdentity.OfNamespace(name).Now, TimeProvider.System);
        var machine = new NamespaceMachine(name, () => RouteNetlink.Open(name));
        var store = new HostConvergeStore(new HostFiles(), paths, vault: null, TimeProvider.System);
        return new HostServices(
            machine,
            HostKinds.ForNamespace(machine, store.ReadAppliedInFull),
            store,
            new ProcessGuard(Again([NamespaceOption, name], paths))
        )
        {
            Identity = () => HostIdentity.OfNamespace(name),
        };
    }

    /// <summary>The lab of a store.</summary>
    public static LabHosts OpenLab(string store) =>
        new(
            new LabStore(store.Length == 0 ? store : Path.GetFullPath(store)),
            new HostProcesses(),
            ns => ns is null ? RouteNetlink.Open() : RouteNetlink.Open(ns),
            TimeProvider.System
        );

    /// <summary>The hidden option of guards for a namespace.</summary>
    public const string NamespaceOption = "--in-namespace";

    /// <summary>How long a user's run waits for the health daemon to finish a heal.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static GuardCommand Again(IReadOnlyList<string> prefix, StatePaths paths) =>
        new(
            Environment.ProcessPath
                ?? throw new CloudletException(
                    ErrorKind.Unsupported,
                    "the path of this program is unknown, so no guard could start it; is /proc mounted?"
                ),
            prefix,
            paths
        );
}
