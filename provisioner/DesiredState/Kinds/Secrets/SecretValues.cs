using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudlet.DesiredState.Kinds.Secrets;

/// <summary>
/// Values of secrets that the operator has, by name. They travel beside a <see cref="HostState"/> and never in it. Not a record and not a
/// collection: what prints or serializes those must not print or serialize this.
/// </summary>
[JsonConverter(typeof(SecretValuesConverter))]
public sealed class SecretValues
{
    /// <summary>Most values that one host can be given.</summary>
    public const int MostValues = 1000;

    private readonly Dictionary<string, string> _values;

    /// <summary>Takes values.</summary>
    /// <param name="values">Name → value.</param>
    /// <exception cref="ArgumentException">A name or a value is not valid; the message has no part of a value.</exception>
    public SecretValues(IReadOnlyCollection<KeyValuePair<string, string>> values)
    {
        if (ProblemIn(values) is { } problem)
            throw new ArgumentException(problem, nameof(values));
        _values = new Dictionary<string, string>(values, StringComparer.Ordinal);
    }

    /// <summary>No values.</summary>
    public static SecretValues None { get; } = new([]);

    /// <summary>Names of the values, sorted.</summary>
    public IEnumerable<string> Names => _values.Keys.Order(StringComparer.Ordinal);

    /// <summary>How many there are.</summary>
    public int Count => _values.Count;

    /// <summary>The value of a secret; null: it was not given.</summary>
    public string? Find(string name) => _values.GetValueOrDefault(name);

    /// <summary>Why values cannot be taken, without any part of them; null: they can.</summary>
    internal static string? ProblemIn(IReadOnlyCollection<KeyValuePair<string, string>> values)
    {
        if (values.Count > MostValues)
            return $"more than {MostValues} secrets";
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, value) in values)
        {
            if (!SecretSpec.IsName(name))
                return "the name of a secret is not valid";
            if (!names.Add(name))
                return $"secret {name} is given twice";
            if (SecretText.ProblemIn(value) is { } problem)
                return $"secret {name}: {problem}";
        }

        return null;
    }

    /// <summary>How many values there are, and nothing about them.</summary>
    public override string ToString() => $"{Count} secrets";
}

/// <summary>An object, name → value. Messages of errors quote neither.</summary>
public sealed class SecretValuesConverter : JsonConverter<SecretValues>
{
    /// <inheritdoc/>
    public override SecretValues Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("expected an object, name → value");
        var values = new List<KeyValuePair<string, string>>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!reader.Read() || reader.TokenType != JsonTokenType.String || values.Count == SecretValues.MostValues)
                throw new JsonException($"expected at most {SecretValues.MostValues} texts");
            values.Add(new(name, reader.GetString()!));
        }

        return SecretValues.ProblemIn(values) is { } problem ? throw new JsonException(problem) : new SecretValues(values);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, SecretValues value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var name in value.Names)
            writer.WriteString(name, value.Find(name));
        writer.WriteEndObject();
    }
}
