using Cloudlet.DesiredState.Boot;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.OvsBridges;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;

namespace Cloudlet.DesiredState.Compile;

/// <summary>
/// Compiles the description of one host into its <see cref="HostState"/>: defaults are written out, templates rendered, boot
/// configuration added, and dependencies set. Pure: the same description gives the same bytes.
/// </summary>
public static class HostCompiler
{
    /// <summary>Compiles every host of a site.</summary>
    /// <param name="site">The site.</param>
    /// <param name="files">Source of the templates.</param>
    public static IReadOnlyList<CompiledHost> Compile(LoadedSite site, ISiteFiles files) =>
        [.. site.Hosts.Select(h => Compile(DescriptionOf(h, files)))];

    /// <summary>Compiles one host. All problems are found before the method returns.</summary>
    public static CompiledHost Compile(HostDescription host)
    {
        var problems = new List<Problem>();
        var resources = new ResourceSet(host, problems);
        var boot = host.LinksOnly ? null : BootOf(host);

        // Generated resources come first: a declaration of the same resource is layered over them.
        resources.AddAll(boot is null ? [] : [.. boot.Files.Select(static f => f.File), .. boot.Units]);
        resources.AddAll(host.LinksOnly ? [] : HealthCompiler.Compile(host));
        resources.AddAll(host.LinksOnly ? [] : ServiceCompiler.Compile(host));
        resources.AddAll(host.LinksOnly ? [] : CloudCompiler.Compile(host));
        var compilation = new HostCompilation(host, problems);
        foreach (var section in ISection.All.Where(s => s.Kind.IsInNamespaces || !host.LinksOnly))
            resources.AddAll(section.Compile(compilation));

        // The boot configuration is applied before the links: after a crash between the two, the next boot creates the links.
        foreach (var name in host.Section.Links?.Keys ?? [])
            resources.ComeAfter(LinkSpec.IdOf(name), boot?.FilesOf(name) ?? []);
        foreach (var name in OvsBridgesDescriptor.OwnPorts(host.Section))
            resources.ComeAfter(
                LinkSpec.IdOf(name),
                resources.Specs.Keys.Where(id => id == OvsBridgeSpec.IdOf(name) || id == OvsBridgesDescriptor.SwitchUnit)
            );
        var specs = Order.Complete(resources.Specs);
        Order.Check(specs, host, problems);
        return problems.Count > 0 ? new CompiledHost(null, problems) : new CompiledHost(HostState.Create(host.Name, specs), []);
    }

    /// <summary>The boot configuration for the links; null where none is wanted.</summary>
    private static BootConfiguration? BootOf(HostDescription host) =>
        BootRenderers.For(host.Section.Boot ?? BootNetwork.Networkd)?.Render(new BootHost(host.Name, LinksCompiler.Compile(host)));

    /// <summary>The description of a loaded host.</summary>
    /// <param name="host">The host.</param>
    /// <param name="files">Source of its templates.</param>
    public static HostDescription DescriptionOf(SiteHost host, ISiteFiles files) =>
        new(host.Name, host.Section)
        {
            LinksOnly = host.Reach is NamespaceReach,
            ProblemAt = (message, keys) => host.ProblemAt(message, keys),
            ReadTemplate = files.ReadText,
        };
}
