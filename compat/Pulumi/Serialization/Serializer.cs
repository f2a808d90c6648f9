using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using Cloudlet.Wire.Values;

namespace Pulumi.Serialization;

/// <summary>Converts arguments to property values, and records the resources that they depend on.</summary>
/// <param name="keepResources">True when the engine accepts references to resources.</param>
internal sealed class Serializer(bool keepResources)
{
    /// <summary>The resources that everything serialized so far depends on.</summary>
    public HashSet<Resource> Dependencies { get; } = [];

    /// <summary>The property value of <paramref name="value"/>; waits for outputs.</summary>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="value">A value of a supported argument type.</param>
    public async Task<PropertyValue> SerializeAsync(string path, object? value) =>
        value switch
        {
            null => PropertyValue.Null,
            bool b => new BooleanValue(b),
            int i => new NumberValue(i),
            double d => new NumberValue(d),
            string s => new TextValue(s),
            IInput input => await SerializeAsync(path, input.Source),
            IOutput output => await OutputAsync(path, output),
            InputArgs args => await MapAsync(path, args.Members()),
            Resource resource => await ResourceAsync(resource),
            JsonElement json => FromJson(json),
            Enum e => new NumberValue(Convert.ToInt32(e)),
            IDictionary<string, object?> map => await MapAsync(path, map),
            IDictionary map => await MapAsync(path, Entries(path, map)),
            IList list => await ListAsync(path, list),
            _ when value.GetType().IsDefined(typeof(EnumTypeAttribute)) => await SerializeAsync(path, OfEnumType(value)),
            _ when value.GetType().IsDefined(typeof(OutputTypeAttribute)) => await MapAsync(path, Fields(value)),
            _ => throw new InvalidOperationException(
                $"{path}: {value.GetType().FullName} is not a supported argument type; it may be null, bool, int, double, string, an "
                    + "enum, arguments, a dictionary with text keys, a list, JsonElement, a "
                    + "resource, or an input or output of these"
            ),
        };

    /// <summary>Serializes entries; those without a value are left out.</summary>
    public async Task<MapValue> MapAsync(string path, IEnumerable<KeyValuePair<string, object?>> entries)
    {
        var map = ImmutableSortedDictionary.CreateBuilder<string, PropertyValue>(StringComparer.Ordinal);
        foreach (var (key, value) in entries)
        {
            var serialized = await SerializeAsync($"{path}.{key}", value);
            if (serialized is not NullValue)
                map.Add(key, serialized);
        }

        return new MapValue(map.ToImmutable());
    }

    private async Task<PropertyValue> OutputAsync(string path, IOutput output)
    {
        var data = await output.GetDataAsync();
        Dependencies.UnionWith(data.Resources);
        var value = data.IsKnown ? await SerializeAsync(path, data.Value) : PropertyValue.Unknown;
        return data.IsSecret ? new SecretValue(value) : value;
    }

    private async Task<PropertyValue> ListAsync(string path, IList list)
    {
        var items = ImmutableArray.CreateBuilder<PropertyValue>();
        // A default ImmutableArray has no length: reading it throws.
        if (
            list.GetType() is { IsGenericType: true } type
            && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>)
            && (bool)type.GetProperty("IsDefault")!.GetValue(list)!
        )
            return PropertyValue.Null;
        foreach (var item in list)
            items.Add(await SerializeAsync($"{path}[{items.Count}]", item));
        return new Cloudlet.Wire.Values.ListValue(items.ToImmutable());
    }

    private async Task<PropertyValue> ResourceAsync(Resource resource)
    {
        Dependencies.Add(resource);
        var urn = await SerializeAsync("urn", resource.Urn);
        var id = resource is CustomResource custom ? await SerializeAsync("id", custom.Id) : null;
        if (!keepResources)
            return id ?? urn;
        return new ResourceValue(((TextValue)urn.Plain()).Value, id is null ? null : (id.Plain() as TextValue)?.Value ?? "");
    }

    private static IEnumerable<KeyValuePair<string, object?>> Entries(string path, IDictionary map)
    {
        foreach (DictionaryEntry entry in map)
            yield return new(
                entry.Key as string
                    ?? throw new InvalidOperationException(
                        $"{path}: the keys of a dictionary must be texts, found {entry.Key.GetType().FullName}"
                    ),
                entry.Value
            );
    }

    // Properties that only the constructor sets: a field "Name" is sent as "name".
    private static IEnumerable<KeyValuePair<string, object?>> Fields(object value) =>
        value
            .GetType()
            .GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Where(static f => f.IsInitOnly)
            .Select(f => KeyValuePair.Create($"{char.ToLowerInvariant(f.Name[0])}{f.Name[1..]}", f.GetValue(value)));

    private static object? OfEnumType(object value)
    {
        var conversion =
            value
                .GetType()
                .GetMethods(BindingFlags.Public | BindingFlags.Static)
                .FirstOrDefault(static m => m.Name == "op_Explicit" && (m.ReturnType == typeof(string) || m.ReturnType == typeof(double)))
            ?? throw new InvalidOperationException($"{value.GetType().FullName} has no explicit conversion to string or double");
        return conversion.Invoke(null, [value]);
    }

    private static PropertyValue FromJson(JsonElement json) =>
        json.ValueKind switch
        {
            JsonValueKind.True or JsonValueKind.False => new BooleanValue(json.GetBoolean()),
            JsonValueKind.Number => new NumberValue(json.GetDouble()),
            JsonValueKind.String => new TextValue(json.GetString()!),
            JsonValueKind.Array => new Cloudlet.Wire.Values.ListValue([.. json.EnumerateArray().Select(FromJson)]),
            JsonValueKind.Object => new MapValue(
                json.EnumerateObject()
                    .ToImmutableSortedDictionary(static p => p.Name, static p => FromJson(p.Value), StringComparer.Ordinal)
            ),
            _ => PropertyValue.Null,
        };
}
