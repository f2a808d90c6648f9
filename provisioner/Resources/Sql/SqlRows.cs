using System.Globalization;
using System.Text.Json;

namespace Cloudlet.Resources.Sql;

/// <summary>Columns of rows that are JSON objects (<see cref="SqlClient.QueryAsync"/>).</summary>
internal static class SqlRows
{
    /// <summary>A column as text; a number in its decimal form, an empty text for NULL.</summary>
    public static string Text(this JsonElement row, string name) =>
        row.GetProperty(name) is { ValueKind: JsonValueKind.Number } number
            ? number.GetInt64().ToString(CultureInfo.InvariantCulture)
            : row.GetProperty(name).GetString() ?? "";
}
