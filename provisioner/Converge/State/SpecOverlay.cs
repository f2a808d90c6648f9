using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;

namespace Cloudlet.Converge.State;

/// <summary>Merges one spec over another, property by property.</summary>
internal static class SpecOverlay
{
    /// <summary>
    /// <paramref name="below"/> with every property that <paramref name="above"/> has a value for; <paramref name="below"/> when the two
    /// cannot be merged.
    /// </summary>
    /// <param name="below">The spec below.</param>
    /// <param name="above">The spec whose values win.</param>
    /// <param name="isMeant">Which properties to merge; null: all.</param>
    public static ResourceSpec Over(ResourceSpec below, ResourceSpec above, Func<string, bool>? isMeant = null)
    {
        var (merged, over) = (SpecDiff.ToJson(below), SpecDiff.ToJson(above));

        // A symbolic link in place of a file has no properties that the file could keep.
        if (!JsonNode.DeepEquals(merged["kind"], over["kind"]))
            return isMeant is null ? above : below;
        foreach (var (name, value) in over)
            if (value is not null && isMeant?.Invoke(name) != false)
                merged[name] = value.DeepClone();
        try
        {
            return merged.Deserialize(HostStateJson.Canonical.ResourceSpec) ?? below;
        }
        catch (JsonException)
        {
            return below;
        }
    }
}
