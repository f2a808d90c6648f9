using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;

namespace Cloudlet.Wire.Values;

/// <summary>Converts property values to and from the protocol's structs.</summary>
public static class PropertyCodec
{
    /// <summary>A map as a struct.</summary>
    /// <exception cref="FormatException">The protocol reserves one of the keys.</exception>
    public static Struct ToStruct(MapValue map)
    {
        var result = new Struct();
        foreach (var (key, value) in map.Entries)
        {
            if (key == Signatures.Key)
                throw new FormatException($"a property cannot be named {key}: the protocol reserves that name");
            result.Fields.Add(key, ToValue(value));
        }

        return result;
    }

    /// <summary>A value in the protocol's format.</summary>
    public static Value ToValue(PropertyValue value) =>
        value switch
        {
            NullValue => Value.ForNull(),
            BooleanValue { Value: var b } => Value.ForBool(b),
            NumberValue { Value: var n } => Value.ForNumber(n),
            TextValue { Value: var t } => Value.ForString(t),
            UnknownValue => Value.ForString(Signatures.Unknown),
            ListValue { Items: var items } => ListOf(items.Select(ToValue)),
            MapValue map => Value.ForStruct(ToStruct(map)),
            SecretValue { Value: var inner } => Special(Signatures.Secret, ("value", ToValue(inner))),
            OutputValue output => OfOutput(output),
            ResourceValue resource => OfResource(resource),
            AssetValue { Members: var members } asset => Special(
                asset.IsArchive ? Signatures.Archive : Signatures.Asset,
                [.. members.Select(m => (m.Key, (Value?)ToValue(m.Value)))]
            ),
            _ => throw new NotSupportedException(value.GetType().Name),
        };

    /// <summary>The map of a struct; for null, an empty map.</summary>
    /// <exception cref="FormatException">The struct has an unknown mark.</exception>
    public static MapValue FromStruct(Struct? fields) =>
        fields is null
            ? MapValue.Empty
            : new MapValue(fields.Fields.ToImmutableSortedDictionary(f => f.Key, f => FromValue(f.Value), StringComparer.Ordinal));

    /// <summary>The property value of a protocol value.</summary>
    /// <exception cref="FormatException">It has an unknown mark, or lacks what the mark requires.</exception>
    public static PropertyValue FromValue(Value value) =>
        value.KindCase switch
        {
            Value.KindOneofCase.BoolValue => new BooleanValue(value.BoolValue),
            Value.KindOneofCase.NumberValue => new NumberValue(value.NumberValue),
            Value.KindOneofCase.StringValue => Signatures.IsUnknown(value.StringValue)
                ? PropertyValue.Unknown
                : new TextValue(value.StringValue),
            Value.KindOneofCase.ListValue => new ListValue([.. value.ListValue.Values.Select(FromValue)]),
            Value.KindOneofCase.StructValue => FromFields(value.StructValue),
            _ => PropertyValue.Null,
        };

    private static PropertyValue FromFields(Struct fields)
    {
        if (!fields.Fields.TryGetValue(Signatures.Key, out var signature))
            return FromStruct(fields);
        return signature.StringValue switch
        {
            Signatures.Secret => new SecretValue(
                FromValue(Member(fields, "value") ?? throw new FormatException("a secret without a value"))
            ),
            Signatures.Output => ToOutput(fields),
            Signatures.Resource => new ResourceValue(
                Text(fields, "urn") ?? throw new FormatException("a resource without a URN"),
                Id(fields),
                Text(fields, "packageVersion") ?? ""
            ),
            Signatures.Asset => new AssetValue(IsArchive: false, Members(fields)),
            Signatures.Archive => new AssetValue(IsArchive: true, Members(fields)),
            var other => throw new FormatException($"a value of the unknown kind \"{other}\": this program is older than the engine"),
        };
    }

    private static Value OfOutput(OutputValue output) =>
        Special(
            Signatures.Output,
            ("value", output.Value is null ? null : ToValue(output.Value)),
            ("secret", output.IsSecret ? Value.ForBool(true) : null),
            ("dependencies", output.Dependencies.IsEmpty ? null : ListOf(output.Dependencies.Select(Value.ForString)))
        );

    private static OutputValue ToOutput(Struct fields)
    {
        // A sentinel inside an output means the same as no value.
        var value = Member(fields, "value") is { } inner ? FromValue(inner) : null;
        var dependencies = Member(fields, "dependencies")?.ListValue?.Values.Select(v => v.StringValue) ?? [];
        return new OutputValue(value is UnknownValue ? null : value, Member(fields, "secret")?.BoolValue ?? false, [.. dependencies]);
    }

    private static Value OfResource(ResourceValue resource) =>
        Special(
            Signatures.Resource,
            ("urn", Value.ForString(resource.Urn)),
            ("id", resource.Id is null ? null : Value.ForString(resource.Id)),
            ("packageVersion", resource.PackageVersion.Length == 0 ? null : Value.ForString(resource.PackageVersion))
        );

    private static string? Id(Struct fields) =>
        Text(fields, "id") is { } id && !Signatures.IsUnknown(id) ? id
        : Member(fields, "id") is null ? null
        : "";

    private static ImmutableSortedDictionary<string, PropertyValue> Members(Struct fields) =>
        fields
            .Fields.Where(f => f.Key != Signatures.Key)
            .ToImmutableSortedDictionary(f => f.Key, f => FromValue(f.Value), StringComparer.Ordinal);

    private static Value? Member(Struct fields, string name) => fields.Fields.TryGetValue(name, out var value) ? value : null;

    private static string? Text(Struct fields, string name) =>
        Member(fields, name) is { KindCase: Value.KindOneofCase.StringValue } value ? value.StringValue : null;

    private static Value Special(string signature, params ReadOnlySpan<(string Name, Value? Value)> members)
    {
        var fields = new Struct { Fields = { [Signatures.Key] = Value.ForString(signature) } };
        foreach (var (name, value) in members)
        {
            if (value is not null)
                fields.Fields.Add(name, value);
        }

        return Value.ForStruct(fields);
    }

    private static Value ListOf(IEnumerable<Value> values) =>
        new() { ListValue = new Google.Protobuf.WellKnownTypes.ListValue { Values = { values } } };
}
