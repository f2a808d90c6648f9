using Cloudlet.Explain.Findings;

namespace Cloudlet.Explain.Causes;

/// <summary>
/// Sorts findings in the order in which a person should read them: roots before what follows from them, sure before likely.
/// </summary>
internal static class Ranking
{
    /// <summary>The findings in that order, each with the root that it follows from.</summary>
    /// <param name="found">Findings with their causes, in the order of <see cref="AllCauses"/>.</param>
    public static IReadOnlyList<Finding> Rank(IReadOnlyList<(ICause Cause, Finding Finding)> found) =>
        [
            .. found
                .Select(f => f.Finding with { FollowsFrom = RootOf(f.Finding, found) })
                .OrderBy(f => f.FollowsFrom is not null)
                .ThenBy(f => f.Certainty),
        ];

    /// <summary>A finding that is only possible explains no other.</summary>
    private static CauseKind? RootOf(Finding finding, IReadOnlyList<(ICause Cause, Finding Finding)> found) =>
        found
            .Where(f => f.Finding.Certainty != Certainty.Possible && f.Cause.Explains.Contains(finding.Cause))
            .OrderBy(f => f.Finding.Certainty)
            .Select(f => (CauseKind?)f.Cause.Kind)
            .FirstOrDefault();
}
