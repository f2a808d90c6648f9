using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Site;

/// <summary>Checks the meaning of a site: every rule that its shape does not express.</summary>
internal static class SiteCheck
{
    /// <summary>Checks one merged host, with its role expanded.</summary>
    /// <returns>How it is reached, or null when that is invalid.</returns>
    public static HostReach? Host(HostTree tree, HostSection host, ISiteFiles siteFiles, List<Problem> problems)
    {
        var report = new HostReport(tree, problems);
        if (Names.HostError(tree.Name) is { } error)
            report.Key(error);
        var reach = HostReach.Parse(host.Reach ?? "local", out var reachError);
        if (reachError is not null)
            report.Value(reachError, "reach");
        if (reach is NamespaceReach)
            LinksOnly(tree, host, report);
        var check = new HostCheck(host, report, siteFiles);
        foreach (var section in ISection.All)
            section.Check(check);
        SecretRules.Check(host, report);
        HealthRules.Check(host, report);
        ServiceRules.Check(host, report);
        CloudRules.Check(check);
        return reach;
    }

    /// <summary>Two descriptions of the same machine would undo each other's changes.</summary>
    public static void Reaches(IReadOnlyList<(HostTree Tree, HostReach Reach)> hosts, List<Problem> problems)
    {
        var seen = new Dictionary<string, HostTree>(StringComparer.Ordinal);
        foreach (var (tree, reach) in hosts)
        {
            // Another login user still reaches the same machine.
            var machine = reach is SshReach ssh
                ? (ssh with { User = null, Host = ssh.Host.ToLowerInvariant() }).ToString()
                : reach.ToString()!;
            if (!seen.TryAdd(machine, tree))
                new HostReport(tree, problems).Value(
                    $"\"{seen[machine].Name}\" ({seen[machine].KeyPlace}) is reached by {machine} as well; two descriptions of one "
                        + "machine would undo each other",
                    "reach"
                );
        }
    }

    private static void LinksOnly(HostTree tree, HostSection host, HostReport report)
    {
        foreach (var section in ISection.All.Where(static s => !s.Kind.IsInNamespaces))
            Refuse(section.Section, section.NamesIn(host).Any());
        Refuse("health", host.Health is not null);
        Refuse("service", host.Service is not null);
        // An inherited value is harmless: the defaults are for the other hosts too.
        if (host.Boot is not (null or BootNetwork.None) && tree.Own.TryGet("boot", out _))
            report.Value("a network namespace does not boot; remove this key", "boot");

        void Refuse(string key, bool isDescribed)
        {
            if (isDescribed)
                report.Key($"a network namespace has links only; remove what a host inherits with {key}: ~", key);
        }
    }
}
