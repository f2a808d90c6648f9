using System.Text.Json;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site.Structure;
using Cloudlet.DesiredState.Site.Yaml;

namespace Cloudlet.DesiredState.Nova;

/// <summary>
/// Expands a role into the resources it represents. The host's own description is layered over them by the same rules as over the
/// defaults: key by key, a list as a whole, <c>~</c> removes.
/// </summary>
internal static class NovaExpansion
{
    private const string DummyModule = "dummy";

    /// <summary>The host with its role expanded; unchanged when it has no role, or is a network namespace, which cannot have one.</summary>
    /// <param name="tree">The host.</param>
    /// <param name="section">The same host as a section.</param>
    public static HostTree Expand(HostTree tree, HostSection section)
    {
        if (section.Nova is null || HostReach.Parse(section.Reach ?? "local", out _) is NamespaceReach)
            return tree;
        var host = new NovaHost(section);
        var role = JsonNodes.Mapping(JsonSerializer.SerializeToElement(RoleOf(host), SiteJson.Host), tree.Find(["nova"]).Key);
        return tree with
        {
            Described = tree.Merged,
            Merged = YamlMerge.Merge(
                YamlMerge.Merge(role, RoleOptions.Of(tree.Merged, "nova", name => NovaFiles.PathOf(name, host))),
                tree.Merged
            ),
        };
    }

    private static HostSection RoleOf(NovaHost host)
    {
        var templates = new EmbeddedTemplates("nova");
        return new HostSection
        {
            Modules = NeedsDummy(host) ? new Dictionary<string, ModuleSection?> { [DummyModule] = new() } : null,
            Links = FlatLink(host),
            Packages = Packages(host).ToDictionary(name => name, _ => (PackageSection?)new PackageSection(), StringComparer.Ordinal),
            Files = new NovaFiles(host, templates).All(),
            Units = new NovaUnits(host, templates).All(),
        };
    }

    private static bool NeedsDummy(NovaHost host) =>
        host.Section is { FlatInterface: { } flat, Address: not null } && host.Declared(flat)?.Kind is null or LinkKind.Dummy;

    /// <summary>The flat interface as the role declares it: a dummy, which needs no cable.</summary>
    private static Dictionary<string, LinkSection>? FlatLink(NovaHost host)
    {
        if (host.Section is not { FlatInterface: { } flat, Address: { } address })
            return null;
        var isAddress = IpPrefix.TryParse(address, out _, out _);
        return new Dictionary<string, LinkSection>
        {
            [flat] = new() { Kind = LinkKind.Dummy, Addresses = isAddress ? [address] : null },
        };
    }

    private static IEnumerable<string> Packages(NovaHost host)
    {
        if (host.HasController)
            foreach (
                var name in (string[])["nova-api", "nova-conductor", "nova-scheduler", "placement-api", "glance-api", "rabbitmq-server"]
            )
                yield return name;
        if (host.HasCompute)
            yield return "nova-compute";
        if (host.HasLibvirt)
            yield return host.Virtualization == NovaVirtualization.Kvm ? "nova-compute-kvm" : "nova-compute-qemu";
    }
}
