using Cloudlet.DesiredState.Boot;
using Cloudlet.DesiredState.Nova;
using Cloudlet.DesiredState.Packages;
using Cloudlet.DesiredState.Site;

namespace Cloudlet.DesiredState.Compile;

/// <summary>
/// Turns the description of one host into its <see cref="HostState"/>: every default written out, every template rendered, the boot configuration beside what it configures, and the
/// order between them. Pure: the same description gives the same bytes.
/// </summary>
public static class HostCompiler
{
    /// <summary>Compiles every host of a site.</summary>
    /// <param name="site">The site.</param>
    /// <param name="files">Where templates are read from.</param>
    public static IReadOnlyList<CompiledHost> Compile(LoadedSite site, ISiteFiles files) => [.. site.Hosts.Select(h => Compile(HostDescription.Of(h, files)))];

    /// <summary>Compiles one host. All problems are found before the method returns.</summary>
    public static CompiledHost Compile(HostDescription host)
    {
        var problems = NovaProblems.Of(host.Section).Select(p => host.ProblemAt(p.Message, p.Keys)).ToList();
        if (problems.Count > 0)
            return new CompiledHost(null, problems);
        host = host with { Section = NovaExpansion.Expand(host.Name, host.Section) };
        var resources = new ResourceSet(host, problems);
        var links = LinksCompiler.Compile(host);
        if (host.LinksOnly)
            resources.AddAll(links.Select(l => l.Link));
        else
            AddWholeHost(host, links, resources, problems);

        var specs = Order.Complete(resources.Specs);
        Order.Check(specs, host, problems);
        return problems.Count > 0 ? new CompiledHost(null, problems) : new CompiledHost(HostState.Create(host.Name, specs), []);
    }

    private static void AddWholeHost(HostDescription host, IReadOnlyList<BootLink> links, ResourceSet resources, List<Problem> problems)
    {
        resources.AddAll(ModulesCompiler.Compile(host.Section.Modules));
        var boot = BootRenderers.For(host.Section.Boot ?? BootNetwork.Networkd)?.Render(new BootHost(host.Name, links)) ?? BootConfiguration.Empty;
        resources.AddAll(boot.Files.Select(f => f.File));
        resources.AddAll(boot.Units);

        // The boot configuration comes first: a crash between the two leaves a host that heals itself at its next boot.
        resources.AddAll(links.Select(l => l.Link with { After = [.. l.Link.After, .. boot.FilesOf(l.Link.Name)] }));

        var packages = PackagesCompiler.Compile(host.Section.Packages).ToList();
        resources.AddAll(packages);

        // A package may bring the user, the folder or the unit that a file or a unit of ours needs.
        string[] afterPackages = [.. packages.OfType<PackageSpec>().Select(p => p.Id)];
        var content = new ContentCompiler(host, links, problems);
        resources.AddAll(FilesCompiler.Compile(host, content, afterPackages, problems));
        resources.AddAll(HealthCompiler.Compile(host));
        resources.AddAll(UnitsCompiler.Compile(host, content, afterPackages));
    }
}
