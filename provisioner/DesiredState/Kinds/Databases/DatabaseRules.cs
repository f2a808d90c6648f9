using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Databases;

/// <summary>Rules for databases.</summary>
internal static class DatabaseRules
{
    /// <summary>Longest name of a database, in characters (MariaDB's limit for identifiers).</summary>
    private const int LongestName = 64;

    private static readonly string[] OfServer = ["information_schema", "mysql", "performance_schema", "sys"];

    public static void Check(HostSection host, HostReport report)
    {
        foreach (var (name, database) in host.Databases ?? new Dictionary<string, DatabaseSection?>(StringComparer.Ordinal))
        {
            if (NameError(name) is { } error)
                report.Key(error, HostDatabases.Key, name);
            Words(name, database, report);
        }
    }

    /// <summary>The problem with the name of a database, or null.</summary>
    private static string? NameError(string name)
    {
        if (name.Length is 0 or > LongestName || name[0] == '-' || !Names.HasOnly(name, "_-"))
            return $"\"{name}\" is not a valid database name: 1-{LongestName} letters, digits, '_' and '-', not starting with '-'";
        return OfServer.Contains(name, StringComparer.OrdinalIgnoreCase)
            ? $"the database {name} belongs to the server; choose another name"
            : null;
    }

    private static void Words(string name, DatabaseSection? database, HostReport report)
    {
        var (charset, collation) = (database?.Charset, database?.Collation);
        if (charset is not null && !IsWord(charset, ""))
            report.Value($"\"{charset}\" is not a valid character set, e.g. utf8mb4", HostDatabases.Key, name, "charset");
        else if (charset == "utf8")
            report.Value(
                "\"utf8\" means different character sets to different servers; write utf8mb4 or utf8mb3",
                HostDatabases.Key,
                name,
                "charset"
            );
        if (collation is null)
            return;
        if (!IsWord(collation, "_"))
            report.Value($"\"{collation}\" is not a valid collation, e.g. utf8mb4_general_ci", HostDatabases.Key, name, "collation");
        else if (collation.StartsWith("utf8_", StringComparison.Ordinal))
            report.Value($"the server calls this collation utf8mb3{collation[4..]}; write that", HostDatabases.Key, name, "collation");
        else if (charset is not null && collation != charset && !collation.StartsWith($"{charset}_", StringComparison.Ordinal))
            report.Value($"{collation} is not a collation of the character set {charset}", HostDatabases.Key, name, "collation");
    }

    private static bool IsWord(string text, string others) =>
        text.Length is > 0 and <= LongestName && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || others.Contains(c));
}
