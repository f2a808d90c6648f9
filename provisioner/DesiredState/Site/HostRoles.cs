using Cloudlet.DesiredState.Nova;
using Cloudlet.DesiredState.OpenStack;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Site;

/// <summary>The roles that a host may have: in a cloudlet of Nova (<c>nova</c>), or in a whole cloud (<c>openstack</c>).</summary>
internal static class HostRoles
{
    /// <summary>Checks the host as its files describe it, and expands its role.</summary>
    /// <param name="tree">The host.</param>
    /// <param name="described">The same host as a section.</param>
    /// <param name="controllers">The controllers of its site.</param>
    /// <param name="problems">Receives the problems with the role.</param>
    public static HostTree Expand(HostTree tree, HostSection described, CloudControllers controllers, List<Problem> problems)
    {
        var report = new HostReport(tree, problems);
        var nova = Report(NovaProblems.Of(described), report);
        var cloud = Report(CloudProblems.Of(tree.Name, described, controllers), report);
        if (!cloud)
            return tree with { WrongRole = PlaceOf(tree, "openstack") };
        var whole = described.OpenStack is null
            ? NovaExpansion.Expand(tree, described)
            : CloudExpansion.Expand(tree, described, controllers);
        return whole with { WrongRole = nova ? null : PlaceOf(tree, "nova") };
    }

    /// <summary>True when the host has a role, which <see cref="Without"/> takes away.</summary>
    public static bool HasRole(HostSection host) => host.Nova is not null || host.OpenStack is not null;

    /// <summary>True when the role can't be expanded without the other hosts of the site: it names one of them.</summary>
    public static bool NeedsSite(HostSection host, CloudControllers controllers) => controllers.Has(host.OpenStack?.Controller);

    /// <summary>The host without its role, once that is expanded.</summary>
    public static HostSection Without(HostSection host) => host with { Nova = null, OpenStack = null };

    private static SourcePlace PlaceOf(HostTree tree, string key) => tree.Find([key]).Key;

    /// <summary>True when there are no problems.</summary>
    private static bool Report(IReadOnlyList<RoleProblem> problems, HostReport report)
    {
        foreach (var problem in problems)
        {
            if (problem.IsMissing)
                report.Missing(problem.Message, problem.Keys);
            else
                report.Value(problem.Message, problem.Keys);
        }

        return problems.Count == 0;
    }
}
