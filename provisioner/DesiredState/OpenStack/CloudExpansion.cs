using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site.Yaml;

namespace Cloudlet.DesiredState.OpenStack;

/// <summary>
/// Expands a role in a cloud into the resources it represents. The host's own description is layered over them by the same rules as over
/// the defaults: key by key, a list as a whole, <c>~</c> removes.
/// </summary>
internal static class CloudExpansion
{
    /// <summary>The files that <see cref="OpenStackSection.Options"/> names, each with the part that describes it.</summary>
    private static readonly Dictionary<string, (string Path, string Part)> Files = new(StringComparer.Ordinal)
    {
        ["keystone.conf"] = ("/etc/keystone/keystone.conf", "identity"),
        ["glance-api.conf"] = ("/etc/glance/glance-api.conf", "image"),
        ["placement.conf"] = ("/etc/placement/placement.conf", "placement"),
        ["nova.conf"] = ("/etc/nova/nova.conf", "nova"),
        ["nova-compute.conf"] = ("/etc/nova/nova-compute.conf", "compute"),
        ["neutron.conf"] = ("/etc/neutron/neutron.conf", "network"),
        ["ml2_conf.ini"] = ("/etc/neutron/plugins/ml2/ml2_conf.ini", "network-api"),
        ["neutron_ovn_metadata_agent.ini"] = ("/etc/neutron/neutron_ovn_metadata_agent.ini", "compute"),
    };

    /// <summary>The host with its role expanded.</summary>
    /// <param name="tree">The host.</param>
    /// <param name="section">The same host as a section, whose role is valid.</param>
    /// <param name="controllers">The controllers of its site.</param>
    public static HostTree Expand(HostTree tree, HostSection section, CloudControllers controllers)
    {
        var parts = new CloudParts(new CloudHost(tree.Name, section, controllers));
        var role = (YamlMapping)At(parts.All(), tree.Find(["openstack"]).Key);
        return tree with
        {
            Described = tree.Merged,
            Merged = YamlMerge.Merge(YamlMerge.Merge(role, RoleOptions.Of(tree.Merged, "openstack", PathOf)), tree.Merged),
        };
    }

    /// <summary>The names of the files of a role, for <see cref="OpenStackSection.Options"/>.</summary>
    public static IEnumerable<string> FilesOf(CloudHost host)
    {
        var parts = new CloudParts(host).Names.ToHashSet();
        return Files.Where(f => parts.Contains(f.Value.Part)).Select(f => f.Key);
    }

    private static string? PathOf(string file) => Files.TryGetValue(file, out var found) ? found.Path : null;

    /// <summary>A tree at one place: problems with what a role describes are shown where the role is named.</summary>
    private static YamlNode At(YamlNode node, SourcePlace place) =>
        node switch
        {
            YamlMapping mapping => new YamlMapping(
                place,
                [.. mapping.Entries.Select(e => new YamlEntry(e.Key, place, At(e.Value, place)))],
                mapping.Replaces
            ),
            YamlSequence list => new YamlSequence(place, [.. list.Items.Select(item => At(item, place))]),
            YamlScalar scalar => new YamlScalar(place, scalar.Text, scalar.IsPlain),
            _ => node,
        };
}
