using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.DesiredState;

namespace Cloudlet.Converge.State;

/// <summary>
/// Reads stored resources one by one: an entry that is damaged, or was written by a newer version, is dropped and reported, and the
/// others are used. Damaged records must not stop a run.
/// </summary>
public static class StoredSpecs
{
    /// <summary>
    /// Removes from a JSON object everything that this program cannot read: entries of the named lists, and properties without a value.
    /// </summary>
    /// <param name="json">A JSON object.</param>
    /// <param name="lists">Names of the properties that are lists of resources.</param>
    /// <param name="dropped">Receives a line for every dropped entry.</param>
    /// <exception cref="JsonException">The bytes are not a JSON object.</exception>
    public static JsonObject Clean(ReadOnlySpan<byte> json, IReadOnlyCollection<string> lists, ICollection<string> dropped)
    {
        JsonNode? node;
        try
        {
            node = JsonNode.Parse(json);
        }
        catch (ArgumentException e)
        {
            throw new JsonException(e.Message, e);
        }

        var record = node as JsonObject ?? throw new JsonException("expected a JSON object");
        try
        {
            Clean(record, lists, dropped);
        }
        catch (ArgumentException e)
        {
            // A duplicate property is found only on access.
            throw new JsonException(e.Message, e);
        }

        return record;
    }

    /// <summary>The same for a parsed JSON object.</summary>
    public static void Clean(JsonObject record, IReadOnlyCollection<string> lists, ICollection<string> dropped)
    {
        foreach (var (name, value) in record.ToList())
        {
            if (value is null)
                record.Remove(name);
            else if (lists.Contains(name))
                record[name] = value is JsonArray entries ? Readable(entries, dropped) : new JsonArray();
        }
    }

    /// <summary>True for a spec that has everything that every kind relies on.</summary>
    public static bool IsSound(ResourceSpec? spec) =>
        spec is { Id.Length: > 0, After: not null, Watches: not null }
        && IsWhole(spec.After)
        && IsWhole(spec.Watches)
        && KindDescriptors.IsSound(spec);

    private static bool IsWhole(IReadOnlyList<string>? list) => list is null || list.All(static e => e is not null);

    private static JsonArray Readable(JsonArray entries, ICollection<string> dropped)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var readable = new JsonArray();
        foreach (var entry in entries)
        {
            if (Read(entry) is { } spec && ids.Add(spec.Id))
                readable.Add(JsonSerializer.SerializeToNode(spec, HostStateJson.Canonical.ResourceSpec));
            else
                dropped.Add(NameOf(entry));
        }

        return readable;
    }

    private static ResourceSpec? Read(JsonNode? entry)
    {
        try
        {
            if (entry is not JsonObject spec)
                return null;
            foreach (var name in (string[])["after", "watches"])
                spec[name] ??= new JsonArray();
            var read = spec.Deserialize(HostStateJson.Canonical.ResourceSpec);
            return IsSound(read) ? read : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string NameOf(JsonNode? entry)
    {
        try
        {
            return entry is JsonObject spec && spec["id"] is JsonValue id && id.GetValueKind() == JsonValueKind.String
                ? id.GetValue<string>()
                : "an entry without an id";
        }
        catch (ArgumentException)
        {
            return "a duplicate entry";
        }
    }
}
