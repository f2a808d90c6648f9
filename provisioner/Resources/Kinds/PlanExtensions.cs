using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Packages;

namespace Cloudlet.Resources.Kinds;

/// <summary>Tells what the other changes of a plan may bring, so that its absence now proves nothing.</summary>
internal static class PlanExtensions
{
    /// <summary>True when the plan installs a package: its content is not known before.</summary>
    public static bool InstallsPackages(this Plan plan) => plan.Makes(static c => c.Spec is PackageSpec { Installed: not false });

    /// <summary>True when the plan writes a file, folder or symbolic link with a matching path.</summary>
    public static bool Writes(this Plan plan, Func<string, bool> path) => plan.Makes(c => c.Spec is FileSpec file && path(file.Path));
}
