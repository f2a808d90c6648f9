using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Sections;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Resources;

/// <summary>Maps resources of a host and their properties to the inputs that they come from.</summary>
internal static class HostPaths
{
    /// <summary>The keys of the input that describes a resource; null when it comes from a role or a default.</summary>
    public static string[]? KeysOf(MapValue tree, string id) =>
        KindDescriptors.OfId(id)?.Section is { } section && InputTree.Find(tree, section, KindDescriptors.NameIn(id)) is not null
            ? [section, KindDescriptors.NameIn(id)]
            : null;

    /// <summary>The key of a property of a resource in its section.</summary>
    public static string KeyOf(string id, string property) => KindDescriptors.OfId(id)?.KeyOf(property) ?? property;

    /// <summary>The machine of an address, whatever the login; null when the address is unknown or invalid.</summary>
    public static string? Machine(HostReach? reach) =>
        reach is SshReach ssh ? (ssh with { User = null, Host = ssh.Host.ToLowerInvariant() }).ToString() : reach?.ToString();
}
