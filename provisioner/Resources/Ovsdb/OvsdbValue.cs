using System.Text.Json;
using System.Text.Json.Nodes;

namespace Cloudlet.Resources.Ovsdb;

/// <summary>Values of columns and parts of operations in the notation of RFC 7047, section 5.1.</summary>
internal static class OvsdbValue
{
    private const string NamedId = "named-uuid";

    /// <summary>The condition that selects every row.</summary>
    public static JsonArray Everything => new();

    /// <summary>The condition that selects the row with a value in a column.</summary>
    public static JsonArray Where(string column, JsonNode value) => new(new JsonArray(column, "==", value));

    /// <summary>A reference to a row by its id.</summary>
    public static JsonArray Row(string id) => new("uuid", id);

    /// <summary>A reference to a row that the same transaction inserts.</summary>
    public static JsonArray NewRow(string name) => new(NamedId, name);

    /// <summary>A set.</summary>
    public static JsonArray Set(params JsonNode[] values) => new("set", new JsonArray(values));

    /// <summary>A map with one entry.</summary>
    public static JsonArray Map(string key, string value) => new("map", new JsonArray(new JsonArray(key, value)));

    /// <summary>An operation that reads columns.</summary>
    public static JsonObject Select(string table, JsonArray where, params IEnumerable<string> columns) =>
        new()
        {
            ["op"] = "select",
            ["table"] = table,
            ["where"] = where,
            ["columns"] = new JsonArray([.. columns.Select(static c => JsonValue.Create(c))]),
        };

    /// <summary>An operation that inserts a row, which others of the transaction call <paramref name="name"/>.</summary>
    public static JsonObject Insert(string table, string name, JsonObject row) =>
        new()
        {
            ["op"] = "insert",
            ["table"] = table,
            ["uuid-name"] = name,
            ["row"] = row,
        };

    /// <summary>An operation that sets columns.</summary>
    public static JsonObject Update(string table, JsonArray where, JsonObject row) =>
        new()
        {
            ["op"] = "update",
            ["table"] = table,
            ["where"] = where,
            ["row"] = row,
        };

    /// <summary>An operation that takes values out of sets and maps, or puts them in, in this order.</summary>
    public static JsonObject Mutate(string table, JsonArray where, params IEnumerable<JsonArray> mutations) =>
        new()
        {
            ["op"] = "mutate",
            ["table"] = table,
            ["where"] = where,
            ["mutations"] = new JsonArray([.. mutations]),
        };

    /// <summary>A mutation: <c>insert</c> or <c>delete</c> values of a column.</summary>
    public static JsonArray Mutation(string column, string mutator, JsonNode values) => new(column, mutator, values);

    /// <summary>The rows that a select returned.</summary>
    public static IReadOnlyList<JsonElement> Rows(JsonElement result) =>
        result.ValueKind == JsonValueKind.Object && result.TryGetProperty("rows", out var rows) && rows.ValueKind == JsonValueKind.Array
            ? [.. rows.EnumerateArray()]
            : throw OvsdbClient.Broken("a result without rows");

    /// <summary>The id of a row.</summary>
    public static string IdOf(JsonElement row) => Ids(row, "_uuid") is [var id] ? id : throw OvsdbClient.Broken("a row without an id");

    /// <summary>A text; null when the column is an empty set.</summary>
    public static string? Text(JsonElement row, string column) =>
        Column(row, column) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>The rows that a column refers to: one reference, or a set of them.</summary>
    public static IReadOnlyList<string> Ids(JsonElement row, string column)
    {
        var value = Column(row, column);
        return Tagged(value, "uuid") is { } one ? [IdIn(one)] : [.. Items(value, "set").Select(i => IdIn(Tagged(i, "uuid") ?? i))];

        static string IdIn(JsonElement id) =>
            id.ValueKind == JsonValueKind.String ? id.GetString()! : throw OvsdbClient.Broken("a row's id");
    }

    /// <summary>A map of texts.</summary>
    public static IReadOnlyDictionary<string, string> MapOf(JsonElement row, string column)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in Items(Column(row, column), "map"))
            if (pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2)
                map[pair[0].ToString()] = pair[1].ToString();
        return map;
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement value, string tag) =>
        Tagged(value, tag) is { ValueKind: JsonValueKind.Array } items ? items.EnumerateArray() : throw OvsdbClient.Broken($"no {tag}");

    private static JsonElement Column(JsonElement row, string column) =>
        row.ValueKind == JsonValueKind.Object && row.TryGetProperty(column, out var value)
            ? value
            : throw OvsdbClient.Broken($"a row without the column {column}");

    private static JsonElement? Tagged(JsonElement value, string tag) =>
        value.ValueKind == JsonValueKind.Array
        && value.GetArrayLength() == 2
        && value[0].ValueKind == JsonValueKind.String
        && value[0].ValueEquals(tag)
            ? value[1]
            : null;
}
