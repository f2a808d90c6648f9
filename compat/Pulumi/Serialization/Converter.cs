using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Wire.Values;

namespace Pulumi.Serialization;

/// <summary>Turns property values into the types of output properties.</summary>
internal static class Converter
{
    private static readonly MethodInfo ArrayOf = typeof(Converter).GetMethod(
        nameof(ToArray),
        BindingFlags.NonPublic | BindingFlags.Static
    )!;
    private static readonly MethodInfo MapOf = typeof(Converter).GetMethod(nameof(ToMap), BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <summary>
    /// Converts a value to <paramref name="type"/>; whether it is known and secret is kept. A part that does not fit becomes the default of
    /// its type, with a warning.
    /// </summary>
    /// <param name="warn">Receives warnings; they contain the path and the types, never the value.</param>
    /// <param name="path">Path of the value, for warnings.</param>
    /// <param name="value">The value.</param>
    /// <param name="type">The target type.</param>
    public static OutputData<object?> Convert(Action<string> warn, string path, PropertyValue value, Type type)
    {
        var (isKnown, isSecret) = (!value.HasUnknowns, value.HasSecrets);
        return new OutputData<object?>([], isKnown ? To(warn, path, value.Plain(), type) : null, isKnown, isSecret);
    }

    private static object? To(Action<string> warn, string path, PropertyValue value, Type type)
    {
        var target = Nullable.GetUnderlyingType(type) ?? type;
        return value switch
        {
            _ when target == typeof(JsonElement) => JsonSerializer.SerializeToElement(Json(value), JsonNodeContext.Default.JsonNode!),
            NullValue => DefaultOf(type),
            _ when target == typeof(object) => Loose(value),
            BooleanValue { Value: var b } when target == typeof(bool) => b,
            NumberValue { Value: var n } when target == typeof(double) => n,
            NumberValue { Value: var n } when target == typeof(int) => (int)n,
            NumberValue { Value: var n } when target.IsEnum => Enum.ToObject(target, (int)n),
            TextValue { Value: var t } when target == typeof(string) => t,
            ResourceValue { Id: var id, Urn: var urn } when target == typeof(string) => id ?? urn,
            _ when target.IsDefined(typeof(EnumTypeAttribute)) => ToEnumType(warn, path, value, target),
            ListValue list when Generic(target, typeof(ImmutableArray<>)) is { } item => ArrayOf
                .MakeGenericMethod(item)
                .Invoke(null, [warn, path, list]),
            MapValue map when Generic(target, typeof(ImmutableDictionary<,>)) is not null => MapOf
                .MakeGenericMethod(target.GetGenericArguments()[1])
                .Invoke(null, [warn, path, map]),
            MapValue map when target.IsDefined(typeof(OutputTypeAttribute)) => ToOutputType(warn, path, map, target),
            _ => Misfit(warn, path, value, type),
        };
    }

    private static object? Misfit(Action<string> warn, string path, PropertyValue value, Type type)
    {
        warn($"{path}: the engine returned {Noun(value)} where {type.Name} is expected");
        return DefaultOf(type);
    }

    private static ImmutableArray<T> ToArray<T>(Action<string> warn, string path, ListValue list) =>
        ImmutableArray.CreateRange(list.Items.Select((item, i) => (T)To(warn, $"{path}[{i}]", item, typeof(T))!));

    private static ImmutableDictionary<string, T> ToMap<T>(Action<string> warn, string path, MapValue map) =>
        map.Entries.ToImmutableDictionary(static e => e.Key, e => (T)To(warn, $"{path}.{e.Key}", e.Value, typeof(T))!);

    private static object ToOutputType(Action<string> warn, string path, MapValue map, Type type)
    {
        var constructor =
            type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                .FirstOrDefault(static c => c.IsDefined(typeof(OutputConstructorAttribute)))
            ?? throw new InvalidOperationException($"{type.FullName} has no constructor with [OutputConstructor]");
        var arguments = constructor
            .GetParameters()
            .Select(p =>
            {
                var name = p.GetCustomAttribute<OutputConstructorParameterAttribute>()?.Name ?? p.Name!;
                return To(warn, $"{path}.{name}", map[name] ?? PropertyValue.Null, p.ParameterType);
            });
        return constructor.Invoke([.. arguments]);
    }

    private static object? ToEnumType(Action<string> warn, string path, PropertyValue value, Type type)
    {
        object? of = value switch
        {
            TextValue { Value: var t } => t,
            NumberValue { Value: var n } => n,
            _ => null,
        };
        var constructor = of is null
            ? null
            : type.GetConstructor(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, [of.GetType()]);
        return constructor?.Invoke([of]) ?? Misfit(warn, path, value, type);
    }

    private static object? Loose(PropertyValue value) =>
        value switch
        {
            BooleanValue { Value: var b } => b,
            NumberValue { Value: var n } => n,
            TextValue { Value: var t } => t,
            ResourceValue { Urn: var urn } => urn,
            ListValue { Items: var items } => items.Select(Loose).ToImmutableArray(),
            MapValue { Entries: var entries } => entries.ToImmutableDictionary(static e => e.Key, static e => Loose(e.Value)),
            _ => null,
        };

    private static JsonNode? Json(PropertyValue value) =>
        value switch
        {
            BooleanValue { Value: var b } => JsonValue.Create(b),
            NumberValue { Value: var n } => JsonValue.Create(n),
            TextValue { Value: var t } => JsonValue.Create(t),
            ListValue { Items: var items } => new JsonArray([.. items.Select(Json)]),
            MapValue { Entries: var entries } => new JsonObject(entries.Select(static e => KeyValuePair.Create(e.Key, Json(e.Value)))),
            _ => null,
        };

    // A missing list becomes default(ImmutableArray), whose length cannot even be read.
    private static object? DefaultOf(Type type) => type.IsValueType ? Activator.CreateInstance(type) : null;

    private static Type? Generic(Type type, Type definition) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == definition ? type.GetGenericArguments()[0] : null;

    private static string Noun(PropertyValue value) =>
        value switch
        {
            BooleanValue => "a boolean",
            NumberValue => "a number",
            TextValue => "a text",
            ListValue => "a list",
            MapValue => "a map",
            _ => "something else",
        };
}

/// <summary>Metadata for JSON nodes.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(JsonNode))]
internal sealed partial class JsonNodeContext : System.Text.Json.Serialization.JsonSerializerContext;
