using System.Text.Json;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Links;
using Cloudlet.DesiredState.Site;
using Cloudlet.DesiredState.Site.Structure;
using Cloudlet.DesiredState.Site.Yaml;

namespace Cloudlet.DesiredState.Nova;

/// <summary>
/// Writes out what a role stands for. The host's own description is laid over it by the rules that lay a host over the defaults: key by key, a list as a whole, <c>~</c> removes.
/// </summary>
internal static class NovaExpansion
{
    private const string DummyModule = "dummy";

    /// <summary>The host with its role written out; the same one when it has none, or is a network namespace and cannot have one.</summary>
    /// <param name="tree">The host.</param>
    /// <param name="section">The same as a section.</param>
    public static HostTree Expand(HostTree tree, HostSection section)
    {
        if (section.Nova is null || HostReach.Parse(section.Reach ?? "local", out _) is NamespaceReach)
            return tree;
        var host = new NovaHost(section);
        var role = JsonNodes.Mapping(JsonSerializer.SerializeToElement(RoleOf(host), SiteJson.Default.HostSection), tree.Find(["nova"]).Key);
        return tree with { Described = tree.Merged, Merged = YamlMerge.Merge(YamlMerge.Merge(role, Options(tree.Merged, host)), tree.Merged) };
    }

    /// <summary>A section that no site file holds, with its role written out.</summary>
    public static HostSection Expand(string name, HostSection section)
    {
        if (section.Nova is null)
            return section;
        var described = StructureCheck.CheckHost(JsonNodes.Mapping(JsonSerializer.SerializeToElement(section, SiteJson.Default.HostSection), default), []);
        return SectionBuilder.Host(Expand(new HostTree(name, default, described, described), section).Merged) with { Nova = null };
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

    /// <summary>The flat interface as the role declares it: a dummy is there before any cable.</summary>
    private static Dictionary<string, LinkSection>? FlatLink(NovaHost host)
    {
        if (host.Section is not { FlatInterface: { } flat, Address: { } address })
            return null;
        var isAddress = IpPrefix.TryParse(address, out _, out _);
        return new Dictionary<string, LinkSection> { [flat] = new() { Kind = LinkKind.Dummy, Addresses = isAddress ? [address] : null } };
    }

    private static IEnumerable<string> Packages(NovaHost host)
    {
        if (host.HasController)
            foreach (var name in (string[])["nova-api", "nova-conductor", "nova-scheduler", "placement-api", "glance-api", "rabbitmq-server"])
                yield return name;
        if (host.HasCompute)
            yield return "nova-compute";
        if (host.HasLibvirt)
            yield return host.Virtualization == NovaVirtualization.Kvm ? "nova-compute-kvm" : "nova-compute-qemu";
    }

    /// <summary>What <c>nova.options</c> says, moved to the files that it is about; the nodes keep their places.</summary>
    private static YamlMapping Options(YamlMapping described, NovaHost host)
    {
        var files = new List<YamlEntry>();
        var options = described.TryGet("nova", out var nova) && nova.Value is YamlMapping section && section.TryGet("options", out var found) ? found.Value as YamlMapping : null;
        foreach (var entry in options?.Entries ?? [])
        {
            if (entry.Value is YamlMapping && NovaFiles.PathOf(entry.Key, host) is { } path)
                files.Add(Below(Below(entry with { Key = "options" }, "oslo"), path));
        }

        return new YamlMapping(described.Place, [new YamlEntry("files", described.Place, new YamlMapping(described.Place, files))]);

        static YamlEntry Below(YamlEntry entry, string key) => new(key, entry.KeyPlace, new YamlMapping(entry.Value.Place, [entry]));
    }
}
