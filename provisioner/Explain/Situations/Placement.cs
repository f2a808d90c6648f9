using System.Text.Json;
using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Situations;

/// <summary>What a provider has of one resource class.</summary>
internal sealed record Inventory(string Class, double Total, double Reserved, double Ratio, double Most)
{
    /// <summary>How much may be allocated in total.</summary>
    public double Capacity => Math.Max(0, Math.Floor((Total - Reserved) * Ratio));

    /// <summary>How much one server may have.</summary>
    public double Largest => Math.Min(Most, Capacity);

    public required string Quote { get; init; }
}

/// <summary>A resource provider.</summary>
internal sealed record Provider(string Id, string Name)
{
    /// <summary>Null when unknown.</summary>
    public IReadOnlyDictionary<string, Inventory>? Inventories { get; init; }

    /// <summary>Null when unknown.</summary>
    public IReadOnlyDictionary<string, double>? Usages { get; init; }

    /// <summary>Null when unknown.</summary>
    public IReadOnlyList<string>? Traits { get; init; }

    /// <summary>The usages as they came.</summary>
    public string UsagesQuote { get; init; } = "";

    /// <summary>What is left of a class, or null when that is unknown.</summary>
    public double? Free(string resource) =>
        Inventories is not null && Usages is not null
            ? (Inventories.GetValueOrDefault(resource)?.Capacity ?? 0) - Usages.GetValueOrDefault(resource)
            : null;

    public static IReadOnlyList<Provider>? ReadAll(Notes notes)
    {
        if (notes.Answer(ExhibitIds.Providers) is not { } exhibit || JsonText.List(exhibit, "resource_providers", notes) is not { } list)
            return null;
        List<Provider> providers = [];
        foreach (var element in list)
        {
            if (JsonText.Text(element, "uuid") is { } id && JsonText.Text(element, "name") is { } name)
                providers.Add(WithDetails(new Provider(id, name), notes));
        }

        return providers;
    }

    private static Provider WithDetails(Provider provider, Notes notes)
    {
        var usages = Object(ExhibitIds.Usages(provider.Id), "usages", notes);
        return provider with
        {
            Inventories = Object(ExhibitIds.Inventories(provider.Id), "inventories", notes) is { } inventories
                ? inventories
                    .EnumerateObject()
                    .Select(Inventory)
                    .OfType<Inventory>()
                    .DistinctBy(i => i.Class)
                    .ToDictionary(i => i.Class, StringComparer.Ordinal)
                : null,
            Usages = usages
                ?.EnumerateObject()
                .Where(u => u.Value.ValueKind == JsonValueKind.Number && u.Value.TryGetDouble(out _))
                .DistinctBy(u => u.Name)
                .ToDictionary(u => u.Name, u => u.Value.GetDouble(), StringComparer.Ordinal),
            UsagesQuote = usages is { } used ? JsonText.Quote(used, "VCPU", "MEMORY_MB", "DISK_GB") : "",
            Traits = notes.Answer(ExhibitIds.Traits(provider.Id), isNeeded: false) is { } traits ? TraitsOf(traits, notes) : null,
        };
    }

    private static JsonElement? Object(string id, string name, Notes notes) =>
        notes.Answer(id, isNeeded: false) is { } exhibit ? JsonText.Object(exhibit, name, notes) : null;

    private static Inventory? Inventory(JsonProperty property)
    {
        if (JsonText.Number(property.Value, "total") is not { } total)
            return null;
        return new Inventory(
            property.Name,
            total,
            JsonText.Number(property.Value, "reserved") ?? 0,
            JsonText.Number(property.Value, "allocation_ratio") ?? 1,
            JsonText.Number(property.Value, "max_unit") ?? total
        )
        {
            Quote = $"\"{property.Name}\": {{{JsonText.Quote(property.Value, "total", "reserved", "allocation_ratio", "max_unit")}}}",
        };
    }

    private static List<string>? TraitsOf(Exhibit exhibit, Notes notes)
    {
        if (JsonText.Get(JsonText.Root(exhibit, notes), "traits") is { ValueKind: JsonValueKind.Array } traits)
            return [.. traits.EnumerateArray().Where(t => t.ValueKind == JsonValueKind.String).Select(t => t.GetRawText().Trim('"'))];
        notes.Malformed(exhibit, "the answer has no list \"traits\"");
        return null;
    }
}
