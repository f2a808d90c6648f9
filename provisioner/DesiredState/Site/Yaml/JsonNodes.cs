using System.Text.Json;

namespace Cloudlet.DesiredState.Site.Yaml;

/// <summary>Converts JSON to nodes of a site file, all with the same place: for values that do not come from a file.</summary>
internal static class JsonNodes
{
    /// <summary>A JSON object as a mapping.</summary>
    public static YamlMapping Mapping(JsonElement value, SourcePlace place) =>
        new(place, [.. value.EnumerateObject().Select(p => new YamlEntry(p.Name, place, Node(p.Value, place)))]);

    private static YamlNode Node(JsonElement value, SourcePlace place) =>
        value.ValueKind switch
        {
            JsonValueKind.Object => Mapping(value, place),
            JsonValueKind.Array => new YamlSequence(place, [.. value.EnumerateArray().Select(item => Node(item, place))]),
            JsonValueKind.String => new YamlScalar(place, value.GetString()!, isPlain: false),
            JsonValueKind.Null => new YamlScalar(place, "", isPlain: true),
            _ => new YamlScalar(place, value.GetRawText(), isPlain: true),
        };
}
