using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState.Boot;
using Cloudlet.Machine;
using Cloudlet.Resources.Files;
using Cloudlet.Resources.Links;
using Cloudlet.Resources.Modules;
using Cloudlet.Resources.Packages;
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
    public static KindRegistry For(IMachine machine, StatePaths paths, ContentVault vault, TimeProvider clock) => new KindRegistry()
        .Add(new ModulesKind(machine.Kernel))
        .Add(new LinksKind(machine.Links, machine.Files))
        .Add(new FilesKind(machine.Files, vault, BootFiles.OwnedPatterns))
        .Add(new PackagesKind(machine.Packages, clock))
        .Add(new UnitsKind(machine.Systemd, machine.Files, paths.Units, clock));

    /// <summary>For a bare network namespace: it has links and nothing else.</summary>
    public static KindRegistry ForNamespace(IMachine machine) => new KindRegistry().Add(new LinksKind(machine.Links, files: null));
}
