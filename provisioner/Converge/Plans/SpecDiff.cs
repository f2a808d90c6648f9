using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.DesiredState;

namespace Cloudlet.Converge.Plans;

/// <summary>
/// One property that is not as described. For a set, there is one entry per element: From is null for a missing element, To for an extra
/// one.
/// </summary>
/// <param name="Path">JSON name of the property.</param>
/// <param name="From">What was observed, or null.</param>
/// <param name="To">What is wanted, or null.</param>
public sealed record PropertyChange(string Path, JsonNode? From, JsonNode? To);

/// <summary>
/// Compares specs property by property over their JSON form, so that no kind needs a comparison of its own. A property that the wanted spec
/// leaves out is not compared; lists are sets; wanting an empty text is the same as observing none.
/// </summary>
public static class SpecDiff
{
    /// <summary>The properties in which <paramref name="observed"/> is not as <paramref name="desired"/> says; empty when it is.</summary>
    public static IReadOnlyList<PropertyChange> Between(ResourceSpec desired, ResourceSpec? observed) =>
        Between(ToJson(desired), observed is null ? null : ToJson(observed));

    /// <summary>The same of specs in their JSON form; null: the resource is absent.</summary>
    public static IReadOnlyList<PropertyChange> Between(JsonObject wanted, JsonObject? observed)
    {
        var actual = observed ?? [];
        List<PropertyChange>? changes = null;
        foreach (var (name, to) in wanted)
        {
            if (name is "resource" or "id" or "after" or "watches" || to is null)
                continue;
            var from = actual[name];
            if (to is JsonArray wantedSet)
                Compare(name, wantedSet, from as JsonArray ?? [], changes ??= []);
            else if (!JsonNode.DeepEquals(from, to) && !(IsEmpty(to) && IsEmpty(from)))
                (changes ??= []).Add(new PropertyChange(name, from?.DeepClone(), to.DeepClone()));
        }

        return changes ?? [];
    }

    /// <summary>A spec in the form that is compared.</summary>
    public static JsonObject ToJson(ResourceSpec spec) =>
        JsonSerializer.SerializeToNode(spec, HostStateJson.Canonical.ResourceSpec)!.AsObject();

    private static bool IsEmpty(JsonNode? node) =>
        node is null || (node.GetValueKind() == JsonValueKind.String && node.GetValue<string>().Length == 0);

    private static void Compare(string name, JsonArray wanted, JsonArray actual, List<PropertyChange> changes)
    {
        foreach (var extra in actual)
            if (!Contains(wanted, extra))
                changes.Add(new PropertyChange(name, extra?.DeepClone(), null));
        foreach (var missing in wanted)
            if (!Contains(actual, missing))
                changes.Add(new PropertyChange(name, null, missing?.DeepClone()));
    }

    private static bool Contains(JsonArray set, JsonNode? element)
    {
        foreach (var member in set)
            if (JsonNode.DeepEquals(member, element))
                return true;
        return false;
    }
}
