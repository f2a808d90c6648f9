using Cloudlet.DesiredState.Files;
using Cloudlet.DesiredState.Links;
using Cloudlet.DesiredState.Units;

namespace Cloudlet.DesiredState;

/// <summary>Puts the sets of a spec in their one order, so that equal meaning has equal bytes.</summary>
internal static class Canonical
{
    public static ResourceSpec Sort(ResourceSpec spec)
    {
        var sorted = spec with { After = Set(spec.After)!, Watches = Set(spec.Watches)! };
        return sorted switch
        {
            LinkSpec link => link with { Addresses = Set(link.Addresses), Routes = Routes(link.Routes) },
            UnitSpec unit => unit with { Loads = Set(unit.Loads), Mutable = Set(unit.Mutable), Absent = Set(unit.Absent) },
            FileSpec { Secrets: { } secrets } file => file with { Secrets = new SortedDictionary<string, string>(secrets.ToDictionary(), StringComparer.Ordinal) },
            _ => sorted,
        };
    }

    private static string[]? Set(IReadOnlyList<string>? values) =>
        values is null ? null : [.. values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static RouteSpec[]? Routes(IReadOnlyList<RouteSpec>? routes) => routes is null
        ? null
        : [.. routes.Distinct().OrderBy(r => r.To, StringComparer.Ordinal).ThenBy(r => r.Metric).ThenBy(r => r.Via, StringComparer.Ordinal)];
}
