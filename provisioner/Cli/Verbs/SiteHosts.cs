using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;

namespace Cloudlet.Cli.Verbs;

/// <summary>A host of a site and, if requested, its compiled state.</summary>
internal sealed record CompiledSiteHost(SiteHost Host, HostState? State);

/// <summary>The selected hosts of a site, or all of its problems.</summary>
internal sealed record SiteHosts(IReadOnlyList<CompiledSiteHost> Hosts, IReadOnlyList<Problem> Problems)
{
    /// <summary>All hosts of the site, also those that were not selected.</summary>
    public IReadOnlyList<SiteHost> All { get; private init; } = [];

    /// <summary>Name of the site, or of its file when it has none.</summary>
    public string Name { get; private init; } = "";

    /// <summary>Loads site files and compiles every host, even those not selected, so that errors in any host are found.</summary>
    public static SiteHosts Load(IReadOnlyList<string> files, IReadOnlyList<string> only, bool compile)
    {
        var disk = new DiskSiteFiles();
        var loaded = SiteLoader.Load(files, disk);
        if (loaded.Site is not { } site)
            return new SiteHosts([], loaded.Problems);

        var problems = new List<Problem>();
        foreach (var name in only.Where(name => site.Hosts.All(h => h.Name != name)))
            problems.Add(
                new Problem(
                    new SourcePlace(files[0], 1, 1),
                    "hosts",
                    $"the site has no host \"{name}\"; it has {string.Join(", ", site.Hosts.Select(h => h.Name))}"
                )
            );
        var hosts = new List<CompiledSiteHost>();
        foreach (var host in site.Hosts)
        {
            var compiled = compile ? HostCompiler.Compile(HostCompiler.DescriptionOf(host, disk)) : new CompiledHost(null, []);
            problems.AddRange(compiled.Problems);
            if (only.Count == 0 || only.Contains(host.Name))
                hosts.Add(new CompiledSiteHost(host, compiled.State));
        }

        return problems.Count > 0
            ? new SiteHosts([], problems)
            : new SiteHosts(hosts, []) { Name = site.Name ?? Path.GetFileName(files[0]), All = site.Hosts };
    }
}
