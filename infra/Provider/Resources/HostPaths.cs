using Cloudlet.DesiredState.Site;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Resources;

/// <summary>Which input a resource of a host and its properties come from.</summary>
internal static class HostPaths
{
    private static readonly Dictionary<string, string> Sections = new(StringComparer.Ordinal)
    {
        ["module"] = "modules",
        ["link"] = "links",
        ["file"] = "files",
        ["package"] = "packages",
        ["unit"] = "units",
    };

    // A site file has one word where specs, which know no kinds beside them, have one for each kind.
    private static readonly Dictionary<string, string> Renamed = new(StringComparer.Ordinal)
    {
        ["link vlanId"] = "id",
        ["link vxlanId"] = "id",
        ["link vxlanLocal"] = "local",
        ["link vxlanRemote"] = "remote",
        ["link vxlanPort"] = "port",
        ["link macvlanMode"] = "mode",
        ["link bridgeStp"] = "stp",
        ["file target"] = "symlink",
        ["unit hungAfterSeconds"] = "hungAfter",
    };

    /// <summary>The keys of the input that describes a resource; null when a role or a default brought it.</summary>
    public static string[]? KeysOf(MapValue tree, string id)
    {
        var colon = id.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && Sections.TryGetValue(id[..colon], out var section) && InputTree.Find(tree, section, id[(colon + 1)..]) is not null ? [section, id[(colon + 1)..]] : null;
    }

    /// <summary>The key of a property of a resource in its section.</summary>
    public static string KeyOf(string id, string property) => Renamed.GetValueOrDefault($"{id[..Math.Max(id.IndexOf(':', StringComparison.Ordinal), 0)]} {property}", property);

    /// <summary>The machine that an address leads to, whoever logs in; null when the address is not known or is none.</summary>
    public static string? Machine(HostReach? reach) => reach is SshReach ssh
        ? (ssh with { User = null, Host = ssh.Host.ToLowerInvariant() }).ToString()
        : reach?.ToString();
}
