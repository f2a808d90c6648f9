using System.Text;
using Cloudlet.Errors;
using Cloudlet.Resources.Sql;

namespace Cloudlet.Resources.Tests.Sql;

/// <summary>Whatever a name or value contains, a reader with the server's lexical rules gets exactly it back.</summary>
public sealed class SqlTextSpecs
{
    private static readonly string[] Pieces =
    [
        "`",
        "``",
        "'",
        "\"",
        "\\",
        "\\`",
        "\\'",
        ";",
        ";\n",
        "\n",
        "\r",
        "--",
        "-- ",
        "#",
        "/*",
        "*/",
        "\\!",
        "\\. /etc/passwd",
        "\ndelimiter x\n",
        "%",
        "_",
        "\\_",
        "\\%",
        "@",
        ".",
        " ",
        "ü",
        "€",
        "X'",
        "DROP DATABASE nova",
        "a",
        "b",
        "\t",
        "\u00a0",
    ];

    [Fact]
    public void Any_name_and_value_round_trip_and_nothing_follows_them()
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 8)).Select(_ => Pieces[random.Next(Pieces.Length)]));

            ReadName(SqlText.Name(text)).ShouldBe((text, ""));
            ReadValue(SqlText.Value(text)).ShouldBe((text, ""));
            var (pattern, rest) = ReadName(SqlText.AllOf(text));
            rest.ShouldBe(".*");
            SqlText.DatabaseOf(pattern).ShouldBe(text);
        }
    }

    [Fact]
    public void A_value_may_be_anything_that_UTF_8_can_say()
    {
        ReadValue(SqlText.Value("")).ShouldBe(("", ""));
        ReadValue(SqlText.Value("\0\u001a𝄞")).ShouldBe(("\0\u001a𝄞", ""));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("𝄞")]
    public void What_no_server_has_as_a_name_is_refused(string name) =>
        Should.Throw<CloudletException>(() => SqlText.Name(name)).Kind.ShouldBe(ErrorKind.InvalidInput);

    [Theory]
    [InlineData("nova", "nova")]
    [InlineData(@"nova\_api", "nova_api")]
    [InlineData("nova_api", null)]
    [InlineData("nova%", null)]
    [InlineData(@"a\\b", @"a\b")]
    public void A_grant_with_a_wildcard_names_no_single_database(string pattern, string? database) =>
        SqlText.DatabaseOf(pattern).ShouldBe(database);

    /// <summary>An identifier: from a backtick to the next single one; two stand for one, and a backslash for itself.</summary>
    private static (string Name, string Left) ReadName(string sql)
    {
        sql[0].ShouldBe('`');
        var name = new StringBuilder();
        for (var i = 1; i < sql.Length; i++)
        {
            if (sql[i] == '`' && (i + 1 == sql.Length || sql[i + 1] != '`'))
                return (name.ToString(), sql[(i + 1)..]);
            name.Append(sql[i]);
            if (sql[i] == '`')
                i++;
        }

        throw new FormatException("not closed");
    }

    private static (string Value, string Left) ReadValue(string sql)
    {
        const string Start = "_utf8mb4 X'";
        sql.ShouldStartWith(Start);
        var end = sql.IndexOf('\'', Start.Length);
        return (Encoding.UTF8.GetString(Convert.FromHexString(sql[Start.Length..end])), sql[(end + 1)..]);
    }
}
