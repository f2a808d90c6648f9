namespace Cloudlet.Architecture.Tests;

public sealed class CSharpTextSpecs
{
    [Theory]
    [InlineData("""var a = "one"; // two""", "one", "// two")]
    [InlineData("""f("a \" b", @"c "" d");""", "a b c d", "")]
    [InlineData("""var a = $"x {(b ? "y" : "z")} {{w}}";""", "x y z w}}", "")]
    [InlineData("""var a = '"'; var b = "one"; var c = '\''; /* two */""", "one", "/* two */")]
    [InlineData("#region it's\nvar a = \"one\";", "one", "")]
    public void Literals_and_comments_are_told_from_code(string code, string literals, string comments)
    {
        Words(CSharpText.Of(code).Literals).ShouldBe(literals);
        Words(CSharpText.Of(code).Comments).ShouldBe(comments);
    }

    [Fact]
    public void A_raw_literal_is_one_text()
    {
        var text = CSharpText.Of("var a = $\"\"\"\n    a \"quoted\" {word}\n    \"\"\"; // end");

        Words(text.Literals).ShouldBe("a \"quoted\" {word}");
        Words(text.Comments).ShouldBe("// end");
    }

    [Fact]
    public void Pieces_that_are_joined_are_one_text_at_the_places_that_they_have()
    {
        const string Code = "f(\n    \"it goes \"\n        + $\"on\",\n    \"end\");";

        var text = CSharpText.Of(Code).Literals;

        text.Length.ShouldBe(Code.Length);
        text.IndexOf("on", StringComparison.Ordinal).ShouldBe(Code.IndexOf("on", StringComparison.Ordinal));
        text.Split('\u0001', StringSplitOptions.RemoveEmptyEntries)
            .Select(Words)
            .Where(static t => t.Length > 0)
            .ShouldBe(["it goes on", "end"]);
    }

    private static string Words(string text) => string.Join(' ', text.Split(['\u0001', ' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
}
