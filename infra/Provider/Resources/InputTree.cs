using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Resources;

/// <summary>Operations on trees of property values.</summary>
internal static class InputTree
{
    /// <summary>
    /// A plain tree as JSON, without unknown values; in a list they become null, so that the other items keep their indexes.
    /// </summary>
    public static JsonElement ToJson(MapValue tree) =>
        JsonSerializer.SerializeToElement(Node(tree)!.AsObject(), InputJson.Default.JsonObject);

    /// <summary>The path of a problem relative to the host: without <c>hosts.NAME</c>.</summary>
    public static string PathBelow(string path, string host)
    {
        foreach (var prefix in (string[])[$"hosts.{host}", $"hosts[\"{host}\"]", "hosts"])
        {
            if (path == prefix)
                return "";
            if (path.StartsWith(prefix, StringComparison.Ordinal) && path[prefix.Length] is '.' or '[')
                return path[prefix.Length..].TrimStart('.');
        }

        return path;
    }

    /// <summary>The keys of a path: <c>files["/etc/x"].values[0]</c> has four.</summary>
    public static ImmutableArray<string> Keys(string path)
    {
        var keys = ImmutableArray.CreateBuilder<string>();
        for (var at = 0; at < path.Length; )
        {
            var quoted = path.AsSpan(at).StartsWith("[\"");
            var end =
                quoted ? EndOfQuoted(path, at + 2)
                : path[at] == '[' ? path.IndexOf(']', at)
                : path.AsSpan(at + 1).IndexOfAny('.', '[') + at + 1;
            if (end <= at)
                end = path.Length;
            keys.Add(
                quoted
                    ? path[(at + 2)..end].Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal)
                    : path[at..end].Trim('.', '[')
            );
            at =
                quoted ? end + 2
                : end < path.Length && path[end] == ']' ? end + 1
                : end;
        }

        return keys.DrainToImmutable();
    }

    /// <summary>The path of keys, where digits below a list are indexes.</summary>
    public static string PathOf(MapValue tree, params ReadOnlySpan<string> keys)
    {
        var path = PropertyPath.Root;
        PropertyValue? at = tree;
        foreach (var key in keys)
        {
            at = Bare(at);
            path = at is ListValue && int.TryParse(key, out var index) ? path.Index(index) : path.Key(key);
            at = Below(at, key);
        }

        return path.Text;
    }

    /// <summary>The value at the end of keys, or null; wrappers on the way, such as secrets, are ignored.</summary>
    public static PropertyValue? Find(PropertyValue tree, params ReadOnlySpan<string> keys)
    {
        PropertyValue? at = tree;
        foreach (var key in keys)
            at = Below(Bare(at), key);
        return at;
    }

    /// <summary>True when a value on the way to a path, or beside its last key, is not known yet.</summary>
    public static bool HasUnknownAround(MapValue tree, string path)
    {
        PropertyValue? at = tree;
        foreach (var key in Keys(path))
        {
            at = Bare(at);
            if (at is UnknownValue or null || Below(at, key) is not { } next)
                break;
            at = next;
            if (Bare(at) is UnknownValue)
                return true;
        }

        return path.Length > 0 ? tree.HasUnknowns && (at is null || at.HasUnknowns) : tree.HasUnknowns;
    }

    /// <summary>
    /// The tree with another value at the end of keys; a value below a secret stays secret. Null removes it.
    /// </summary>
    public static PropertyValue Set(PropertyValue tree, ReadOnlySpan<string> keys, PropertyValue? value)
    {
        if (tree is SecretValue secret)
            return new SecretValue(Set(secret.Value, keys, value));
        if (keys.Length == 0)
            return value!;
        if (tree is ListValue list && int.TryParse(keys[0], out var index) && index < list.Items.Length)
            return new ListValue(list.Items.SetItem(index, Set(list.Items[index], keys[1..], value)));
        var map = tree as MapValue ?? MapValue.Empty;
        if (value is null && (keys.Length == 1 || map[keys[0]] is null))
            return new MapValue(map.Entries.Remove(keys[0]));
        var old = map[keys[0]];
        // The last key replaces its value, but a secret stays secret.
        var next = keys.Length == 1 && old is not SecretValue ? value! : Set(old ?? MapValue.Empty, keys[1..], value);
        return map.With(keys[0], next);
    }

    /// <summary>The texts in secrets.</summary>
    public static IEnumerable<string> SecretTexts(PropertyValue tree, bool isSecret = false) =>
        tree switch
        {
            SecretValue { Value: var inner } => SecretTexts(inner, isSecret: true),
            OutputValue { Value: { } inner } output => SecretTexts(inner, isSecret || output.IsSecret),
            ListValue { Items: var items } => items.SelectMany(i => SecretTexts(i, isSecret)),
            MapValue { Entries: var entries } => entries.Values.SelectMany(v => SecretTexts(v, isSecret)),
            TextValue { Value: { Length: > 0 } text } when isSecret => [text],
            NumberValue { Value: var number } when isSecret => [number.ToString(System.Globalization.CultureInfo.InvariantCulture)],
            _ => [],
        };

    /// <summary>Number of levels.</summary>
    public static int DepthOf(PropertyValue value) =>
        value switch
        {
            SecretValue { Value: var inner } => DepthOf(inner),
            OutputValue { Value: { } inner } => DepthOf(inner),
            ListValue { Items: var items } => 1 + items.Select(DepthOf).DefaultIfEmpty().Max(),
            MapValue { Entries: var entries } => 1 + entries.Values.Select(DepthOf).DefaultIfEmpty().Max(),
            _ => 0,
        };

    /// <summary>JSON as a value.</summary>
    public static PropertyValue FromJson(JsonNode? node) =>
        node switch
        {
            null => PropertyValue.Null,
            JsonObject map => new MapValue(
                map.ToImmutableSortedDictionary(static p => p.Key, static p => FromJson(p.Value), StringComparer.Ordinal)
            ),
            JsonArray list => new ListValue([.. list.Select(FromJson)]),
            _ => node.GetValueKind() switch
            {
                JsonValueKind.True => new BooleanValue(true),
                JsonValueKind.False => new BooleanValue(false),
                JsonValueKind.Number => new NumberValue(
                    double.Parse(node.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture)
                ),
                _ => new TextValue(node.GetValue<string>()),
            },
        };

    private static int EndOfQuoted(string path, int at)
    {
        while (at < path.Length && path[at] != '"')
            at += path[at] == '\\' ? 2 : 1;
        return Math.Min(at, path.Length);
    }

    private static PropertyValue? Bare(PropertyValue? value) =>
        value switch
        {
            SecretValue secret => Bare(secret.Value),
            OutputValue output => output.Value is null ? PropertyValue.Unknown : Bare(output.Value),
            _ => value,
        };

    private static PropertyValue? Below(PropertyValue? value, string key) =>
        value switch
        {
            MapValue map => map[key],
            ListValue list when int.TryParse(key, out var index) && index >= 0 && index < list.Items.Length => list.Items[index],
            _ => null,
        };

    private static JsonNode? Node(PropertyValue value) =>
        value switch
        {
            BooleanValue { Value: var b } => JsonValue.Create(b),
            NumberValue { Value: var n } => n is >= long.MinValue and <= long.MaxValue && Math.Floor(n) == n
                ? JsonValue.Create((long)n)
                : JsonValue.Create(n),
            TextValue { Value: var t } => JsonValue.Create(t),
            ListValue { Items: var items } => new JsonArray([.. items.Select(Node)]),
            MapValue { Entries: var entries } => new JsonObject(
                entries.Where(static e => e.Value is not UnknownValue).Select(static e => KeyValuePair.Create(e.Key, Node(e.Value)))
            ),
            AssetValue { Members: var members } when members.TryGetValue("text", out var text) => Node(text),
            ResourceValue { Id: var id, Urn: var urn } => JsonValue.Create(id ?? urn),
            _ => null,
        };
}

/// <summary>How trees are written as JSON.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(JsonObject))]
internal sealed partial class InputJson : System.Text.Json.Serialization.JsonSerializerContext;
