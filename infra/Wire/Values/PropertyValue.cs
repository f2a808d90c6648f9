using System.Collections.Immutable;
using System.Text;

namespace Cloudlet.Wire.Values;

/// <summary>
/// A value of a resource's property: plain data, or data with a mark (secret, not known yet, another resource). Values are immutable, and
/// two with the same meaning are equal. <see cref="object.ToString"/> formats a value for people and hides secrets.
/// </summary>
public abstract record PropertyValue
{
    private protected PropertyValue() { }

    /// <summary>No value.</summary>
    public static PropertyValue Null { get; } = new NullValue();

    /// <summary>A value that is known only after the change that a preview is about.</summary>
    public static PropertyValue Unknown { get; } = new UnknownValue();

    /// <summary>True when this value or one below it is not known yet.</summary>
    public bool HasUnknowns => Any(static v => v is UnknownValue or OutputValue { Value: null });

    /// <summary>True when this value or one below it is secret.</summary>
    public bool HasSecrets => Any(static v => v is SecretValue or OutputValue { IsSecret: true });

    /// <summary>The same data without marks: no secrets, no outputs. Unknown values stay unknown.</summary>
    public PropertyValue Plain() =>
        this switch
        {
            SecretValue secret => secret.Value.Plain(),
            OutputValue output => output.Value?.Plain() ?? Unknown,
            ListValue list => new ListValue([.. list.Items.Select(i => i.Plain())]),
            MapValue map => new MapValue(map.Entries.ToImmutableSortedDictionary(e => e.Key, e => e.Value.Plain(), StringComparer.Ordinal)),
            _ => this,
        };

    /// <summary>True when <paramref name="test"/> holds for this value or one below it.</summary>
    public bool Any(Func<PropertyValue, bool> test) =>
        test(this)
        || this switch
        {
            SecretValue secret => secret.Value.Any(test),
            OutputValue { Value: { } value } => value.Any(test),
            ListValue list => list.Items.Any(i => i.Any(test)),
            MapValue map => map.Entries.Values.Any(v => v.Any(test)),
            AssetValue { Members: { } members } => members.Values.Any(v => v.Any(test)),
            _ => false,
        };

    /// <inheritdoc/>
    public sealed override string ToString()
    {
        var text = new StringBuilder();
        PropertyText.Append(text, this);
        return text.ToString();
    }
}

/// <summary>No value.</summary>
public sealed record NullValue : PropertyValue;

/// <summary>True or false.</summary>
/// <param name="Value">Which.</param>
public sealed record BooleanValue(bool Value) : PropertyValue;

/// <summary>A number; the protocol has no other kind.</summary>
/// <param name="Value">Whole numbers are exact up to 2^53.</param>
public sealed record NumberValue(double Value) : PropertyValue;

/// <summary>A text.</summary>
/// <param name="Value">The text.</param>
public sealed record TextValue(string Value) : PropertyValue;

/// <summary>A list.</summary>
/// <param name="Items">Its items.</param>
public sealed record ListValue(ImmutableArray<PropertyValue> Items) : PropertyValue
{
    /// <summary>Lists are equal when their items are, in their order.</summary>
    public bool Equals(ListValue? other) => other is not null && Items.AsSpan().SequenceEqual(other.Items.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Items.Aggregate(Items.Length, HashCode.Combine);
}

/// <summary>A map. A key with <see cref="PropertyValue.Null"/> is not the same as no key.</summary>
/// <param name="Entries">The values by name, in the order of the names' code units.</param>
public sealed record MapValue(ImmutableSortedDictionary<string, PropertyValue> Entries) : PropertyValue
{
    /// <summary>An empty map.</summary>
    public static MapValue Empty { get; } = new(ImmutableSortedDictionary.Create<string, PropertyValue>(StringComparer.Ordinal));

    /// <summary>The value of a key, or null when there is no such key.</summary>
    public PropertyValue? this[string key] => Entries.GetValueOrDefault(key);

    /// <summary>The same map with one entry added or replaced.</summary>
    public MapValue With(string key, PropertyValue value) => new(Entries.SetItem(key, value));

    /// <summary>Maps are equal when their entries are.</summary>
    public bool Equals(MapValue? other) =>
        other is not null
        && Entries.Count == other.Entries.Count
        && Entries.All(e => other.Entries.TryGetValue(e.Key, out var value) && value.Equals(e.Value));

    /// <inheritdoc/>
    public override int GetHashCode() => Entries.Aggregate(Entries.Count, static (hash, e) => HashCode.Combine(hash, e.Key, e.Value));
}

/// <summary>A secret value.</summary>
/// <param name="Value">The value.</param>
public sealed record SecretValue(PropertyValue Value) : PropertyValue;

/// <summary>A value that is not known yet.</summary>
public sealed record UnknownValue : PropertyValue;

/// <summary>A value with its dependencies.</summary>
/// <param name="Value">Null while it is not known.</param>
/// <param name="IsSecret">True for a secret.</param>
/// <param name="Dependencies">URNs of the resources that it depends on.</param>
public sealed record OutputValue(PropertyValue? Value, bool IsSecret, ImmutableArray<string> Dependencies) : PropertyValue
{
    /// <summary>Outputs are equal when value, secrecy and dependencies are.</summary>
    public bool Equals(OutputValue? other) =>
        other is not null
        && Equals(Value, other.Value)
        && IsSecret == other.IsSecret
        && Dependencies.AsSpan().SequenceEqual(other.Dependencies.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Value, IsSecret, Dependencies.Length);
}

/// <summary>A reference to another resource.</summary>
/// <param name="Urn">Its URN.</param>
/// <param name="Id">Its id; null if it has none (a component), empty while unknown.</param>
/// <param name="PackageVersion">Version of its provider; empty: any.</param>
public sealed record ResourceValue(string Urn, string? Id, string PackageVersion = "") : PropertyValue;

/// <summary>A file, or several, as a property of a resource.</summary>
/// <param name="IsArchive">True: several.</param>
/// <param name="Members">Keys and values of the protocol: text, path, uri, hash, assets.</param>
public sealed record AssetValue(bool IsArchive, ImmutableSortedDictionary<string, PropertyValue> Members) : PropertyValue
{
    /// <summary>Assets are equal when their members are.</summary>
    public bool Equals(AssetValue? other) =>
        other is not null && IsArchive == other.IsArchive && new MapValue(Members).Equals(new MapValue(other.Members));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(IsArchive, new MapValue(Members));
}
