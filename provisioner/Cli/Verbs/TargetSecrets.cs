using Cloudlet.Agent;
using Cloudlet.Agent.Secrets;
using Cloudlet.Cli.Hosts;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Secrets;

namespace Cloudlet.Cli.Verbs;

/// <summary>Adds the values of secrets that this machine and other hosts of the site have to the requests that need them.</summary>
internal static class TargetSecrets
{
    /// <summary>
    /// The hosts, with the values in their requests. A change needs all values: each one that can't be had is a problem. Another request
    /// runs without them, and says so.
    /// </summary>
    public static async Task<FoundTargets> AddAsync(FoundTargets found, IReport report, CancellationToken ct)
    {
        if (found.Hosts is not [{ Request.Verb: HostVerb.Plan or HostVerb.Apply or HostVerb.Verify }, ..])
            return found;
        if (found.Described.Count == 0)
            return found with { Hosts = [.. found.Hosts.Select(target => WithoutSite(target, report))] };
        var resolver = new SecretResolver(Environment.GetEnvironmentVariable, found.Site);
        var needs = new List<ResolvedSecrets>();
        foreach (var host in found.Described)
            needs.Add(await resolver.ResolveAsync(host, ct));

        // What this machine lacks refuses an apply before any host is asked.
        if (RefusalOf(found, needs.SelectMany(static n => n.Problems)) is { } refusal)
            return refusal;
        var given = await SecretSources.AskAsync(found, needs.SelectMany(static n => n.Elsewhere).Select(static n => n.Value), report, ct);
        if (RefusalOf(found, needs.SelectMany((n, i) => given.ProblemsOf(found.Described[i], n))) is not { } refused)
            return WithValues(found, needs, given, report);
        await Task.WhenAll(found.Hosts.Select(static t => t.Session.DisposeAsync().AsTask()));
        return refused;
    }

    private static FoundTargets? RefusalOf(FoundTargets found, IEnumerable<Problem> problems) =>
        found.Hosts[0].Request.Verb == HostVerb.Apply && problems.Distinct().ToList() is { Count: > 0 } all
            ? new FoundTargets([], all)
            : null;

    private static FoundTargets WithValues(FoundTargets found, List<ResolvedSecrets> needs, GivenSecrets given, IReport report)
    {
        var waits = new Dictionary<string, IReadOnlyCollection<string>>(StringComparer.Ordinal);
        var hosts = new List<Target>();
        for (var i = 0; i < needs.Count; i++)
        {
            var (target, need) = (found.Hosts[i], needs[i]);
            var values = given.AddTo(need);
            hosts.Add(target with { Request = target.Request with { Secrets = values.Count > 0 ? values : null } });
            waits[target.Name] = given.ChangingFor(need);
            foreach (var problem in need.Problems.Concat(given.ProblemsOf(found.Described[i], need)))
                report.ForHost(target.Name, target.Reach)(
                    new Noticed($"{problem}; whether the host has this value is not checked, only that its file is unchanged")
                );
        }

        var order = WaitOrder.WithoutCircles(waits);
        return found with { Hosts = [.. hosts.Select(h => h with { After = order[h.Name] })] };
    }

    /// <summary>A compiled state has no values, and does not say where they are.</summary>
    private static Target WithoutSite(Target target, IReport report)
    {
        string[] given =
        [
            .. (target.Request.State?.Resources ?? []).OfType<SecretSpec>().Where(static s => s.Length is null).Select(static s => s.Id),
        ];
        if (given.Length > 0)
            report.ForHost(target.Name, target.Reach)(
                new Noticed($"a state has no values of secrets, so the host keeps those that it has: {string.Join(", ", given)}")
            );
        return target;
    }
}
