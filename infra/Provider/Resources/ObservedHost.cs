using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.Wire.Values;

namespace Cloudlet.Provider.Resources;

/// <summary>
/// What was observed on a host, resource by resource, as far as the description covers it. It is stored in the engine's state, so that a
/// later preview can compare with it. File contents are stored as digests only: they may be private, and do not belong into a state file.
/// </summary>
/// <param name="Resources">Resource id → the canonical JSON of its spec, without what is absent.</param>
internal sealed record ObservedHost(ImmutableSortedDictionary<string, string> Resources)
{
    private const string Content = "content";

    /// <summary>A host as described.</summary>
    public static ObservedHost AsDescribed(HostState desired) => After(desired, []);

    /// <summary>A host as it was observed, given its differences from the description.</summary>
    /// <param name="desired">What should be.</param>
    /// <param name="changes">What a plan would change: for each resource, the found (from) and the wanted (to) properties.</param>
    public static ObservedHost After(HostState desired, IReadOnlyList<ResourceChange> changes)
    {
        var seen = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var spec in desired.Resources)
            seen[spec.Id] = Text(Shorten(SpecDiff.ToJson(spec)));
        foreach (var change in changes)
        {
            switch (change.Action)
            {
                case ChangeAction.Create or ChangeAction.Unknown:
                    seen.Remove(change.Id);
                    break;
                case ChangeAction.Remove or ChangeAction.Restore:
                    seen[change.Id] = "{}"; // exists, and is not described
                    break;
                case var _ when desired.Resources.FirstOrDefault(r => r.Id == change.Id) is { } spec:
                    seen[change.Id] = Text(Shorten(With(SpecDiff.ToJson(spec), change.Properties)));
                    break;
            }
        }

        return new ObservedHost(seen.ToImmutable());
    }

    /// <summary>Reads what <see cref="ToValue"/> wrote; anything else means that nothing is known of the host.</summary>
    public static ObservedHost? Read(PropertyValue? value) =>
        value?.Plain() is MapValue { Entries: var entries }
            ? new ObservedHost(
                entries
                    .Where(static e => e.Value is TextValue)
                    .ToImmutableSortedDictionary(static e => e.Key, static e => ((TextValue)e.Value).Value, StringComparer.Ordinal)
            )
            : null;

    /// <summary>As an output.</summary>
    public PropertyValue ToValue() =>
        new MapValue(
            Resources.ToImmutableSortedDictionary(
                static r => r.Key,
                static r => (PropertyValue)new TextValue(r.Value),
                StringComparer.Ordinal
            )
        );

    /// <summary>What differs from <paramref name="desired"/>: the same comparison that a plan makes on the host.</summary>
    public IEnumerable<ResourceChange> Compare(HostState desired)
    {
        foreach (var spec in desired.Resources)
        {
            var wanted = Shorten(SpecDiff.ToJson(spec));
            var actual = Resources.TryGetValue(spec.Id, out var text) ? Parse(text) : null;
            var properties = SpecDiff.Between(wanted, actual);
            if (actual is null)
                yield return new ResourceChange(spec.Id, ChangeAction.Create, properties);
            else if (properties.Count > 0)
                yield return new ResourceChange(spec.Id, ChangeAction.Update, properties);
        }

        var described = desired.Resources.Select(static r => r.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var id in Resources.Keys.Where(id => !described.Contains(id)))
            yield return new ResourceChange(id, ChangeAction.Remove, []);
    }

    /// <summary>Digest of a content: enough to tell two contents apart, without revealing them.</summary>
    public static string NoteOf(string content) =>
        $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}, {Encoding.UTF8.GetByteCount(content)} bytes";

    private static JsonObject With(JsonObject spec, IReadOnlyList<PropertyChange> changes)
    {
        foreach (var change in changes)
        {
            if (spec[change.Path] is JsonArray set)
            {
                foreach (var missing in set.Where(e => change.To is not null && JsonNode.DeepEquals(e, change.To)).ToList())
                    set.Remove(missing);
                if (change.From is not null)
                    set.Add(change.From.DeepClone());
            }
            else
            {
                spec[change.Path] = change.From?.DeepClone();
            }
        }

        return spec;
    }

    private static JsonObject Shorten(JsonObject spec)
    {
        if (
            spec[Content] is JsonValue content
            && content.GetValueKind() == JsonValueKind.String
            && content.GetValue<string>() is { Length: > 0 } text
        )
            spec[Content] = NoteOf(text);
        foreach (var name in (string[])["after", "watches", "secrets", "validate"])
            spec.Remove(name);
        return spec;
    }

    private static string Text(JsonObject spec) => JsonSerializer.Serialize(spec, InputJson.Default.JsonObject);

    private static JsonObject? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            return null; // the state was edited by hand: treat the host as not observed
        }
    }
}
