using Cloudlet.DesiredState.Nova;

namespace Cloudlet.DesiredState.Site.Validation;

/// <summary>Roles for Nova.</summary>
internal static class NovaRules
{
    /// <summary>Checks the host as its files describe it, its role not yet written out.</summary>
    /// <returns>True when nothing is wrong.</returns>
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
