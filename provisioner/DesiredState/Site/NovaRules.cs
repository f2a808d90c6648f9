using Cloudlet.DesiredState.Nova;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Site;

/// <summary>Rules for Nova roles.</summary>
internal static class NovaRules
{
    /// <summary>Checks the host as its files describe it, with its role not yet expanded.</summary>
    /// <returns>True when there are no problems.</returns>
    public static bool Check(HostSection host, HostReport report)
    {
        var problems = NovaProblems.Of(host);
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
