using System.Text;
using Cloudlet.Errors;

namespace Cloudlet.Resources.Sql;

/// <summary>Names and values as parts of a statement, so that no text can end its place in it.</summary>
internal static class SqlText
{
    /// <summary>Longest identifier of MariaDB, in characters; accounts and hosts may be longer.</summary>
    private const int LongestName = 255;

    /// <summary>An identifier in backticks.</summary>
    /// <exception cref="CloudletException">InvalidInput: no server has such a name.</exception>
    public static string Name(string name) =>
        name.Length is > 0 and <= LongestName && !name.Any(static c => c == '\0' || char.IsSurrogate(c))
            ? $"`{name.Replace("`", "``", StringComparison.Ordinal)}`"
            : throw new CloudletException(ErrorKind.InvalidInput, $"\"{name}\" is not a valid name for MariaDB");

    /// <summary>A text as a hexadecimal literal: it has no character with a meaning, whatever the SQL mode is.</summary>
    public static string Value(string text) => $"_utf8mb4 X'{Convert.ToHexString(Encoding.UTF8.GetBytes(text))}'";

    /// <summary>Several texts for <c>IN</c>.</summary>
    public static string Values(IEnumerable<string> texts) => $"({string.Join(", ", texts.Select(Value))})";

    /// <summary>The account of a user from a host.</summary>
    public static string Account(string user, string host) => $"{Name(user)}@{Name(host)}";

    /// <summary>
    /// All tables of a database in GRANT and REVOKE, where <c>_</c> and <c>%</c> in the name are wildcards unless they are escaped.
    /// </summary>
    public static string AllOf(string database) => $"{Name(Literal(database))}.*";

    private static string Literal(string pattern) =>
        pattern
            .Replace("\\", @"\\", StringComparison.Ordinal)
            .Replace("_", @"\_", StringComparison.Ordinal)
            .Replace("%", @"\%", StringComparison.Ordinal);

    /// <summary>The database that a pattern of GRANT names; null for one with a wildcard.</summary>
    public static string? DatabaseOf(string pattern)
    {
        var name = new StringBuilder(pattern.Length);
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] is '_' or '%')
                return null;
            if (pattern[i] == '\\' && i + 1 < pattern.Length)
                i++;
            name.Append(pattern[i]);
        }

        return name.ToString();
    }
}
