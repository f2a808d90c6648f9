using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Site;

/// <summary>Rules for secrets that come from another host of the site.</summary>
internal static class SecretOriginRules
{
    /// <summary>Checks all hosts, also those with other problems: what one of them declares is known.</summary>
    /// <param name="hosts">The hosts.</param>
    /// <param name="isDamaged">True when a host may be missing because of its structure.</param>
    /// <param name="problems">Receives the problems.</param>
    public static void Check(IReadOnlyList<(HostTree Tree, HostSection Section)> hosts, bool isDamaged, List<Problem> problems)
    {
        var trees = hosts.DistinctBy(static h => h.Tree.Name).ToDictionary(static h => h.Tree.Name, StringComparer.Ordinal);
        var origins = new SecretOrigins(trees.ToDictionary(static h => h.Key, static h => h.Value.Section, StringComparer.Ordinal));
        foreach (var (tree, section) in hosts)
        foreach (var (name, secret) in section.Secrets ?? new Dictionary<string, SecretSection>(StringComparer.Ordinal))
            if (secret.Source is { From: not null } source && (trees.ContainsKey(source.From) || !isDamaged))
                Check(new HostSecret(tree.Name, name), source, source.From);

        void Check(HostSecret secret, SecretSource described, string from)
        {
            var report = new HostReport(trees[secret.Host].Tree, problems);
            var wanted = described.Name ?? secret.Name;
            string[] place = [HostSecrets.Key, secret.Name, "from"];
            if (!trees.TryGetValue(from, out var source))
                report.Value($"the site has no host \"{from}\"{Spelling.Hint(from, trees.Keys)}", place);
            else if (from == secret.Host)
                report.Value("this is the host itself; a secret comes from another host", place);
            else if (HostReach.Parse(source.Section.Reach ?? "local", out _) is NamespaceReach)
                report.Value($"{from} is a network namespace, which has no secrets of its own", place);
            else if (source.Section.Secrets?.ContainsKey(wanted) != true)
            {
                if (source.Tree.MappingAt(HostSecrets.Key) is not { IsDamaged: true })
                    report.Value(
                        $"{from} declares no secret \"{wanted}\"{Spelling.Hint(wanted, source.Section.Secrets?.Keys ?? [])}",
                        [HostSecrets.Key, secret.Name, described.Name is null ? "from" : "name"]
                    );
            }
            else if (!SecretSpec.IsName(wanted))
                report.Value(
                    $"\"{wanted}\" cannot be given to another host: such a name has 1-{SecretSpec.LongestName} characters and starts with "
                        + "a letter or digit",
                    place
                );
            else if (origins.CircleOf(secret) is { } circle)
                report.Value($"no host has the value: {string.Join(" → ", circle.Select(static s => $"{s.Host}.{s.Name}"))}", place);
        }
    }
}
