using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState.Boot;
using Cloudlet.Machine;
using Cloudlet.Resources.Files;
using Cloudlet.Resources.Files.Oslo;
using Cloudlet.Resources.Links;
using Cloudlet.Resources.Modules;
using Cloudlet.Resources.Packages;
using Cloudlet.Resources.Programs;
using Cloudlet.Resources.State;
using Cloudlet.Resources.Units;

namespace Cloudlet.Resources;

/// <summary>The kinds of resources that hosts have. A new kind is one line here.</summary>
public static class HostKinds
{
    /// <summary>All kinds, for a whole host.</summary>
    /// <param name="machine">The host.</param>
    /// <param name="paths">Where its state is.</param>
    /// <param name="vault">Keeps earlier contents of files.</param>
    /// <param name="clock">For bounded waits.</param>
    /// <param name="program">Absolute path of this program's single file; null for a build that cannot be copied.</param>
    /// <param name="isDaemon">For whoever holds the host to a state that was applied: it waits for no unit that is starting, and asks no release again what the apply has asked.</param>
    /// <param name="activity">What the daemon remembers of processes, to find those that hang.</param>
    public static KindRegistry For(IMachine machine, StatePaths paths, ContentVault vault, TimeProvider clock, string? program = null, bool isDaemon = false, UnitActivity? activity = null) => new KindRegistry()
        .Add(new ModulesKind(machine.Kernel))
        .Add(new LinksKind(machine.Links, machine.Files))
        .Add(new FilesKind(machine.Files, vault, BootFiles.OwnedPatterns, isDaemon ? null : new OsloCheck(machine.Processes, clock)))
        .Add(new PackagesKind(machine.Packages, clock))
        .Add(new ProgramsKind(machine.Files, program))
        .Add(new UnitsKind(machine.Systemd, machine.Files, paths.Units, clock, machine.Signals, isDaemon ? TimeSpan.Zero : null, activity));

    /// <summary>For a bare network namespace: it has links and nothing else.</summary>
    public static KindRegistry ForNamespace(IMachine machine) => new KindRegistry().Add(new LinksKind(machine.Links, files: null));
}
