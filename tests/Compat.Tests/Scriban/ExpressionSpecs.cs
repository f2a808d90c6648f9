using Scriban.Runtime;

namespace Cloudlet.Compat.Tests.Scriban;

public class ExpressionSpecs
{
    [Theory]
    [InlineData("1", "1")]
    [InlineData("100000000000", "100000000000")]
    [InlineData("1e3", "1000")]
    [InlineData("2.5", "2.5")]
    [InlineData("1.0e-3", "0.001")]
    [InlineData("true", "true")]
    [InlineData("false", "false")]
    [InlineData("null", "")]
    [InlineData("\"a\\\"b\\n\\t\\u00B1\\x41\"", "a\"b\n\t±A")]
    [InlineData("'it\\'s'", "it's")]
    [InlineData("`a\\n``b`", "a\\n`b")]
    [InlineData("[1, \"two\", null, [true]]", "[1, \"two\", null, [true]]")]
    [InlineData("[\n 1,\n 2,\n]", "[1, 2]")]
    [InlineData("{a: 1, \"b c\": 'x'}", "{a: 1, b c: \"x\"}")]
    [InlineData("{}", "{}")]
    [InlineData("1..3", "[1, 2, 3]")]
    [InlineData("3..<1", "[3, 2]")]
    [InlineData("1..<1", "[]")]
    public void Literals_and_their_rendering(string expression, string output) => Rendering.Render("{{ " + expression + " }}").ShouldBe(output);

    [Theory]
    [InlineData("1 + 2 * 4", "9")]
    [InlineData("5 - 2 - 2", "1")]
    [InlineData("(1 + 2) * 4", "12")]
    [InlineData("3 / 2", "1.5")]
    [InlineData("3 // 2", "1")]
    [InlineData("4 / 2", "2")]
    [InlineData("2 * 2.5", "5")]
    [InlineData("3 % 2", "1")]
    [InlineData("3.5 % 2", "1.5")]
    [InlineData("-2 + 3", "1")]
    [InlineData("2147483647 + 1", "2147483648")]
    [InlineData("'a' + 1 + 2.5 + true + null", "a12.5true")]
    [InlineData("'a' * 2 + 2 * 'b'", "aabb")]
    [InlineData("null + 1", "")]
    [InlineData("null ?? 1", "1")]
    [InlineData("unknown ?? 'yes'", "yes")]
    [InlineData("1 ?? 2", "1")]
    [InlineData("true ? 1 : 2", "1")]
    [InlineData("1 > 2 ? 'a' : 3 > 2 ? 'b' : 'c'", "b")]
    [InlineData("1..2 == null", "false")]
    public void Operators(string expression, string output) => Rendering.Render("{{ " + expression + " }}").ShouldBe(output);

    [Theory]
    [InlineData("1 == 1.0", true)]
    [InlineData("1 != 2", true)]
    [InlineData("1.5 <= 2", true)]
    [InlineData("1 >= 2", false)]
    [InlineData("'aaa' < 'abb'", true)]
    [InlineData("'1' == 1", true)]
    [InlineData("null == null", true)]
    [InlineData("1 == null", false)]
    [InlineData("1 != null", true)]
    [InlineData("null < 1", false)]
    [InlineData("true && true && false || true", true)]
    [InlineData("1.5 > 2 || 3 > 5", false)]
    [InlineData("!null && !false", true)]
    [InlineData("0 && ''", true)]
    [InlineData("{} == empty", true)]
    [InlineData("[1] == empty", false)]
    [InlineData("'' == empty", true)]
    public void Comparisons_and_booleans(string expression, bool expected) =>
        Rendering.Render("{{ " + expression + " }}").ShouldBe(expected ? "true" : "false");

    [Theory]
    [InlineData("0", true)]
    [InlineData("''", true)]
    [InlineData("[]", true)]
    [InlineData("{}", true)]
    [InlineData("false", false)]
    [InlineData("null", false)]
    [InlineData("empty", false)]
    public void Only_null_false_and_empty_count_as_false(string expression, bool expected) =>
        Rendering.Render("{{ if " + expression + " }}yes{{ else }}no{{ end }}").ShouldBe(expected ? "yes" : "no");

    [Theory]
    [InlineData("host.name", "alpha")]
    [InlineData("host[\"name\"]", "alpha")]
    [InlineData("host.missing", "")]
    [InlineData("host.links[0].mtu", "1500")]
    [InlineData("host.links[-1].mtu", "9000")]
    [InlineData("host.links[7]", "")]
    [InlineData("host.links.size", "2")]
    [InlineData("host.name.size", "5")]
    [InlineData("host.name[1]", "l")]
    [InlineData("host.nothing?.at?.all ?? 'none'", "none")]
    [InlineData("host.nothing?.at.all ?? 'none'", "none")]
    [InlineData("host.labels.rack", "r1")]
    [InlineData("host.counts.a", "1")]
    [InlineData("host.links.empty?", "false")]
    public void Paths_reach_into_objects_arrays_and_dictionaries(string path, string output) =>
        Rendering.Render("{{ " + path + " }}", Model).ShouldBe(output);

    [Theory]
    [InlineData("{{ x = 5; x }}", "5")]
    [InlineData("{{ x = {}; x.y = 'z'; x['w'] = 1; x }}", "{y: \"z\", w: 1}")]
    [InlineData("{{ x = []; x[2] = 1; x }}", "[null, null, 1]")]
    [InlineData("{{ $x = 1; x = 2; $x + x }}", "3")]
    [InlineData("{{\n  x = 1\n  x\n  x + 1\n}}", "12")]
    [InlineData("{{ capture x }}a{{ 1 }}{{ end }}[{{ x }}]", "[a1]")]
    public void Assignments(string template, string output) => Rendering.Render(template).ShouldBe(output);

    private static void Model(ScriptObject model) => model["host"] = new ScriptObject
    {
        ["name"] = "alpha",
        ["links"] = new ScriptArray { new ScriptObject { ["mtu"] = 1500 }, new ScriptObject { ["mtu"] = 9000L } },
        ["labels"] = new Dictionary<string, object?> { ["rack"] = "r1" },
        ["counts"] = new Dictionary<string, int> { ["a"] = 1 },
    };
}
