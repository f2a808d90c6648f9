using System.Text;
using System.Text.Json;
using Cloudlet.DesiredState.OpenStack;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site.Structure;
using Cloudlet.DesiredState.Site.Yaml;

namespace Cloudlet.DesiredState.Site;

/// <summary>The result of loading a site.</summary>
/// <param name="Site">The site, or null when there is a problem.</param>
/// <param name="Problems">All problems, by file, line and column; empty when there are none.</param>
public sealed record SiteLoadResult(LoadedSite? Site, IReadOnlyList<Problem> Problems);

/// <summary>
/// Reads site files: text → nodes with places → checked against the shape of a site → merged → defaults layered under each host → roles
/// expanded under it → section records → checked for meaning. After a problem, every step continues with the valid parts, so that one run
/// shows every problem. The rules are described in docs/formats/site-file.md.
/// </summary>
public static class SiteLoader
{
    /// <summary>Maximum number of values of all hosts together, with defaults and aliases expanded.</summary>
    private const long MaxUnfolded = 2_000_000;

    private const int MaxMessage = 1000;

    /// <summary>Loads a site.</summary>
    /// <param name="paths">Its files; a later file overrides earlier ones.</param>
    /// <param name="files">Source of these files and of the templates they name.</param>
    public static SiteLoadResult Load(IReadOnlyList<string> paths, ISiteFiles files)
    {
        var problems = new List<Problem>();
        var hosts = new List<SiteHost>();
        var root = Merge(paths, files, problems);
        if (root is not null)
            hosts = Hosts(root, files, problems, isSite: true);
        if (problems.Count > 0)
            return new SiteLoadResult(null, Sorted(problems));
        var name = root!.TryGet("site", out var site) && site.Value is YamlScalar { IsRemoval: false } scalar ? scalar.Text : null;
        return new SiteLoadResult(new LoadedSite(name, hosts), []);
    }

    /// <summary>
    /// Loads one host that a program describes, by the rules of a site file. The paths of problems begin with <c>hosts.NAME</c>, as for a
    /// file; their places have no meaning.
    /// </summary>
    /// <param name="name">Name of the host.</param>
    /// <param name="host">The value below the name in a site file. A null value of a key means an empty section.</param>
    /// <param name="templates">Source of the templates that it names.</param>
    /// <param name="isPartial">True when parts are not known yet: only the shape of the others is checked, and no site is returned.</param>
    public static SiteLoadResult LoadHost(string name, JsonElement host, ISiteFiles templates, bool isPartial = false)
    {
        var place = new SourcePlace("", 1, 1);
        var problems = new List<Problem>();
        var described = new YamlEntry(name, place, JsonNodes.Mapping(host, place));
        var root = StructureCheck.Check(
            new YamlMapping(place, [new YamlEntry("hosts", place, new YamlMapping(place, [described]))]),
            problems
        )!;
        var hosts = isPartial ? [] : Hosts(root, templates, problems, isSite: false);
        return problems.Count > 0 || isPartial
            ? new SiteLoadResult(null, Sorted(problems))
            : new SiteLoadResult(new LoadedSite(null, hosts), []);
    }

    private static YamlMapping? Merge(IReadOnlyList<string> paths, ISiteFiles files, List<Problem> problems)
    {
        YamlMapping? merged = null;
        var isWhole = paths.Count > 0;
        foreach (var path in paths)
        {
            if (Read(path, files, problems) is { } root)
                merged = merged is null ? root : YamlMerge.Merge(merged, root);
            else
                isWhole = false;
        }

        if (paths.Count == 0)
            problems.Add(new Problem(new SourcePlace("", 1, 1), "", "no site file was given"));
        // With a file missing, everything it describes would seem to be missing too.
        return isWhole ? merged : null;
    }

    /// <summary>A checked file; an empty mapping when it has no content, null when it cannot be used at all.</summary>
    private static YamlMapping? Read(string path, ISiteFiles files, List<Problem> problems)
    {
        var start = new SourcePlace(path, 1, 1);
        try
        {
            if (files.ReadText(path) is { } text)
            {
                var before = problems.Count;
                var root = YamlReader.Read(path, text, problems);
                if (root is null && problems.Count > before)
                    return null;
                return root is null or { IsRemoval: true } ? new YamlMapping(start, []) : StructureCheck.Check(root, problems);
            }

            problems.Add(new Problem(start, "", "the file does not exist"));
        }
        catch (IOException e)
        {
            problems.Add(new Problem(start, "", $"the file cannot be read: {e.Message}"));
        }

        return null;
    }

    /// <summary>The hosts; one that is known alone is not a site, so what it says of others can't be checked.</summary>
    private static List<SiteHost> Hosts(YamlMapping root, ISiteFiles files, List<Problem> problems, bool isSite)
    {
        var hosts = new List<SiteHost>();
        var described = new List<(HostTree, HostSection)>();
        var reached = new List<(HostTree, HostReach)>();
        (HostTree Tree, HostSection Section)[] trees = [.. Trees(root, problems).Select(t => (t, SectionBuilder.Host(t.Merged)))];
        var controllers = new CloudControllers(trees.Select(h => (h.Tree.Name, h.Section)));
        foreach (var (tree, written) in trees)
        {
            var whole = HostRoles.Expand(tree, written, controllers, problems);
            var hasRole = HostRoles.HasRole(written);
            var section = hasRole ? HostRoles.Without(SectionBuilder.Host(whole.Merged)) : written;
            described.Add((whole, section));
            if (SiteCheck.Host(whole, section, files, problems) is not { } reach)
                continue;
            reached.Add((whole, reach));
            var resolved = WithResolvedPaths(section, whole);
            var isShort = hasRole && !HasRemoval(tree.Merged) && !HostRoles.NeedsSite(written, controllers);
            hosts.Add(new SiteHost(whole, reach, resolved, isShort ? WithResolvedPaths(written, whole) : resolved));
        }

        SiteCheck.Reaches(reached, problems);
        if (isSite)
            SecretOriginRules.Check(described, root.TryGet("hosts", out var all) && all.Value is YamlMapping { IsDamaged: true }, problems);
        hosts.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return hosts;
    }

    private static bool HasRemoval(YamlNode node) =>
        node.IsRemoval
        || node switch
        {
            YamlMapping mapping => mapping.Entries.Any(static e => HasRemoval(e.Value)),
            YamlSequence list => list.Items.Any(HasRemoval),
            _ => false,
        };

    private static List<HostTree> Trees(YamlMapping root, List<Problem> problems)
    {
        var trees = new List<HostTree>();
        var hosts = root.TryGet("hosts", out var found) ? found.Value as YamlMapping : null;
        var defaults =
            root.TryGet("defaults", out var inherited) && inherited.Value is YamlMapping mapping
                ? mapping
                : new YamlMapping(root.Place, []);
        long unfolded = 0;
        foreach (var (name, place, value) in hosts?.Entries ?? [])
        {
            if (value is not YamlMapping own)
                continue;
            var merged = YamlMerge.Merge(defaults, own);
            unfolded += merged.Size;
            if (unfolded > MaxUnfolded)
            {
                problems.Add(
                    new Problem(
                        place,
                        new StringBuilder("hosts").AppendKey(name).ToString(),
                        $"with defaults and aliases written out, the site has more than {MaxUnfolded} values; split it"
                    )
                );
                return [];
            }

            trees.Add(new HostTree(name, place, own, merged));
        }

        if (trees.Count == 0 && !root.IsDamaged && hosts is not { IsDamaged: true })
            problems.Add(new Problem(hosts is null ? root.Place : found.KeyPlace, "hosts", "a site needs at least one host"));
        return trees;
    }

    private static HostSection WithResolvedPaths(HostSection section, HostTree tree) =>
        ISection.All.Aggregate(section, (host, kind) => kind.WithResolvedPaths(host, tree));

    private static List<Problem> Sorted(List<Problem> problems)
    {
        // Report a problem that several hosts inherit only once.
        var seen = new HashSet<Problem>();
        foreach (var problem in problems)
            seen.Add(problem with { Path = OneLine(problem.Path), Message = OneLine(problem.Message) });
        var distinct = new List<Problem>(seen);
        distinct.Sort(
            static (a, b) =>
            {
                var order = string.CompareOrdinal(a.Place.File, b.Place.File);
                order = order != 0 ? order : a.Place.Line.CompareTo(b.Place.Line);
                order = order != 0 ? order : a.Place.Column.CompareTo(b.Place.Column);
                order = order != 0 ? order : string.CompareOrdinal(a.Path, b.Path);
                return order != 0 ? order : string.CompareOrdinal(a.Message, b.Message);
            }
        );
        return distinct;
    }

    /// <summary>Messages quote user input: it must not control the terminal, and a long text must not bury the message.</summary>
    private static string OneLine(string text)
    {
        var isPlain = text.Length <= MaxMessage;
        foreach (var c in text)
            isPlain &= !char.IsControl(c);
        if (isPlain)
            return text;
        var line = new StringBuilder();
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, MaxMessage)))
        {
            if (char.IsControl(c))
                line.Append("\\u").Append(((int)c).ToString("x4"));
            else
                line.Append(c);
        }

        return line.Append(text.Length > MaxMessage ? "…" : "").ToString();
    }
}
