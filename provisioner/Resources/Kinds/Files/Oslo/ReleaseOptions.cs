using System.Text.Json;

namespace Cloudlet.Resources.Kinds.Files.Oslo;

/// <summary>An option of an installed release.</summary>
/// <param name="Type">Its type as oslo.config names it: <c>integer value</c>, <c>multi valued</c>.</param>
/// <param name="Min">Smallest number, or null.</param>
/// <param name="Max">Largest number, or null.</param>
/// <param name="Choices">The allowed values; empty: any.</param>
internal sealed record ReleaseOption(string Type, double? Min, double? Max, IReadOnlyList<string> Choices);

/// <summary>
/// The options of an installed release of a service, as oslo-config-generator lists them, including those of the service's libraries.
/// </summary>
internal sealed class ReleaseOptions
{
    private const string Default = "DEFAULT";

    private readonly Dictionary<string, Dictionary<string, ReleaseOption?>> _sections = new(StringComparer.Ordinal);

    private ReleaseOptions() { }

    /// <summary>Names of the sections.</summary>
    public IEnumerable<string> Sections => _sections.Keys;

    /// <summary>Reads the generator's JSON; null when it has no options of <paramref name="name"/>: the service is not installed.</summary>
    /// <exception cref="JsonException">It is not the generator's JSON.</exception>
    public static ReleaseOptions? Read(string json, string name)
    {
        using var document = JsonDocument.Parse(json);
        var options = new ReleaseOptions();
        var isThere = false;
        foreach (var section in document.RootElement.GetProperty("options").EnumerateObject())
        {
            foreach (var option in section.Value.GetProperty("opts").EnumerateArray())
            {
                isThere |= Text(option, "namespace") == name;
                options.Add(section.Name, option, Read(option));
            }
        }

        // Deprecated names of options are still read; the generator does not give their type.
        foreach (var section in document.RootElement.GetProperty("deprecated_options").EnumerateObject())
        {
            foreach (var option in section.Value.EnumerateArray())
                options.Add(section.Name, option, null);
        }

        return isThere ? options : null;
    }

    /// <summary>
    /// The options of a section by name, null for an option without details; null when the section does not exist. Names of sections are
    /// case-insensitive, except DEFAULT.
    /// </summary>
    public IReadOnlyDictionary<string, ReleaseOption?>? Section(string name) => _sections.GetValueOrDefault(Key(name));

    private static string Key(string section) => section == Default ? section : section.ToLowerInvariant();

    private static ReleaseOption Read(JsonElement option) =>
        new(
            Text(option, "type") ?? "",
            Number(option, "min"),
            Number(option, "max"),
            [
                .. option.TryGetProperty("choices", out var choices) && choices.ValueKind == JsonValueKind.Array
                    ? choices.EnumerateArray().Select(Choice)
                    : [],
            ]
        );

    /// <summary>A choice is a value, or a pair of a value and its help; null means that the option may be unset.</summary>
    private static string Choice(JsonElement choice)
    {
        var value = choice.ValueKind == JsonValueKind.Array ? choice[0] : choice;
        return value.ValueKind == JsonValueKind.Null ? "" : value.ToString();
    }

    private static string? Text(JsonElement option, string name) =>
        option.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static double? Number(JsonElement option, string name) =>
        option.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private void Add(string section, JsonElement option, ReleaseOption? known)
    {
        if (!_sections.TryGetValue(Key(section), out var options))
            _sections.Add(Key(section), options = new Dictionary<string, ReleaseOption?>(StringComparer.Ordinal));
        foreach (var name in new[] { Text(option, "dest"), Text(option, "name") })
        {
            if (name is not null)
                options.TryAdd(name, known);
        }
    }
}
