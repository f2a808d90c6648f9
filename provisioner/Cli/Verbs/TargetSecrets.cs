using Cloudlet.Agent;
using Cloudlet.Agent.Secrets;
using Cloudlet.Cli.Hosts;
using Cloudlet.Cli.Output;
using Cloudlet.Converge.Applying;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Secrets;

namespace Cloudlet.Cli.Verbs;

/// <summary>Adds the values of secrets that this machine has to the requests that need them.</summary>
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
        var resolver = new SecretResolver(Environment.GetEnvironmentVariable);
        var (hosts, problems) = (new List<Target>(), new List<Problem>());
        foreach (var (target, host) in found.Hosts.Zip(found.Described))
        {
            var (values, missing) = await resolver.ResolveAsync(host, ct);
            hosts.Add(target with { Request = target.Request with { Secrets = values.Count > 0 ? values : null } });
            problems.AddRange(missing);
            if (target.Request.Verb != HostVerb.Apply)
                foreach (var problem in missing)
                    report.ForHost(target.Name, target.Reach)(
                        new Noticed($"{problem}; whether the host has this value is not checked, only that its file is unchanged")
                    );
        }

        return hosts[0].Request.Verb == HostVerb.Apply && problems.Count > 0
            ? new FoundTargets([], [.. problems.Distinct()])
            : found with
            {
                Hosts = hosts,
            };
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
