namespace Cloudlet.DesiredState.Site.Validation;

/// <summary>Checks what a site means: every rule that the shape of a file cannot say.</summary>
internal static class SiteCheck
{
    /// <summary>Checks one merged host, its role written out.</summary>
    /// <returns>How it is reached, or null when that is wrong.</returns>
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
        if (host.Links is not null)
            Links(host.Links, report);
        SoftwareRules.Check(host, report);
        FileRules.Check(host, report, siteFiles);
        UnitRules.Check(host, report);
        SecretRules.Check(host, report);
        HealthRules.Check(host, report);
        return reach;
    }

    /// <summary>Two hosts that are the same machine would undo each other's work.</summary>
    public static void Reaches(IReadOnlyList<(HostTree Tree, HostReach Reach)> hosts, List<Problem> problems)
    {
        var seen = new Dictionary<string, HostTree>(StringComparer.Ordinal);
        foreach (var (tree, reach) in hosts)
        {
            // Who logs in makes no difference to which machine it is.
            var machine = reach is SshReach ssh ? (ssh with { User = null, Host = ssh.Host.ToLowerInvariant() }).ToString() : reach.ToString()!;
            if (!seen.TryAdd(machine, tree))
                new HostReport(tree, problems).Value($"\"{seen[machine].Name}\" ({seen[machine].KeyPlace}) is reached by {machine} as well; two descriptions of one machine would undo each other", "reach");
        }
    }

    private static void Links(IReadOnlyDictionary<string, LinkSection> links, HostReport report)
    {
        foreach (var (name, link) in links)
            LinkRules.Check(name, link, report);
        TopologyRules.Check(links, report);
        RouteRules.Check(links, AddressRules.Check(links, report), report);
    }

    private static void LinksOnly(HostTree tree, HostSection host, HostReport report)
    {
        Refuse("modules", host.Modules?.Count);
        Refuse("files", host.Files?.Count);
        Refuse("packages", host.Packages?.Count);
        Refuse("units", host.Units?.Count);
        Refuse("health", host.Health is null ? 0 : 1);
        // Inherited it does no harm: the defaults are for the other hosts too.
        if (host.Boot is not (null or BootNetwork.None) && tree.Own.TryGet("boot", out _))
            report.Value("a network namespace does not boot; leave it out", "boot");

        void Refuse(string key, int? count)
        {
            if (count > 0)
                report.Key($"a network namespace has links only; remove what a host inherits with {key}: ~", key);
        }
    }
}
