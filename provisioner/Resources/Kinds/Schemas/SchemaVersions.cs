using Cloudlet.Resources.Sql;

namespace Cloudlet.Resources.Kinds.Schemas;

/// <summary>Reads which migrations databases have, all with one call.</summary>
internal static class SchemaVersions
{
    /// <summary>
    /// Revisions of each database; none for one without the table of Alembic, or with an empty one. A query of a table that does not exist
    /// is an error, so the server makes the query from the tables that it has.
    /// </summary>
    public static async Task<ILookup<string, string>> ReadAsync(SqlClient sql, IEnumerable<string> databases, CancellationToken ct)
    {
        var rows = await sql.QueryAsync(
            [
                "SET @query = (SELECT GROUP_CONCAT(CONCAT('SELECT JSON_OBJECT(''database'', ', QUOTE(TABLE_SCHEMA), ', ''version'', "
                    + "version_num) FROM `', REPLACE(TABLE_SCHEMA, '`', '``'), '`.alembic_version') SEPARATOR ' UNION ALL ') "
                    + "FROM information_schema.TABLES WHERE TABLE_NAME = 'alembic_version' "
                    + $"AND TABLE_SCHEMA IN {SqlText.Values(databases)})",
                "EXECUTE IMMEDIATE IFNULL(@query, 'DO 0')",
            ],
            ct
        );
        return rows.ToLookup(static r => r.Text("database"), static r => r.Text("version"), StringComparer.Ordinal);
    }
}
