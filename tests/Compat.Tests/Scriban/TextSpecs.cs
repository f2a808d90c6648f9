namespace Cloudlet.Compat.Tests.Scriban;

public class TextSpecs
{
    [Theory]
    [InlineData("", "")]
    [InlineData("no code { } %} }} here\n", "no code { } %} }} here\n")]
    [InlineData("a{{ 1 }}b", "a1b")]
    [InlineData("{%{Hello {{ name }}}%}", "Hello {{ name }}")]
    [InlineData("{%%{an escape: }%} here}%%}", "an escape: }%} here")]
    [InlineData("a {%{- x -}%} b", "a x b")]
    [InlineData("{%{ open to the end {{ 1 }}", " open to the end {{ 1 }}")]
    [InlineData("{{ }}", "")]
    [InlineData("a{{ # nothing }}b", "ab")]
    [InlineData("{{ 1 # one\n 2 }}", "12")]
    [InlineData("{{ 1 ## two\nlines ##; 2 }}", "12")]
    [InlineData("{{ ## never closed }}b", "b")]
    public void Text_escapes_and_comments(string template, string output) => Rendering.Render(template).ShouldBe(output);

    [Theory]
    // greedy: every whitespace, with its lines
    [InlineData("a <  \n\n {{- 1 }}> b", "a <1> b")]
    [InlineData("a <{{ 1 -}} \n\n > b", "a <1> b")]
    [InlineData("a <\n{{- 1 -}}\n> b", "a <1> b")]
    // not greedy: only up to the line, and behind the block the first line break too
    [InlineData("a\n  {{~ 1 }}", "a\n1")]
    [InlineData("a \n\n{{~ 1 ~}}  \n\n b", "a \n\n1\n b")]
    [InlineData("a\r\n  {{~ 1 ~}}  \r\nb", "a\r\n1b")]
    [InlineData("a  {{~ 1 ~}}  b", "a1b")]
    [InlineData("{{~ 1 ~}}", "1")]
    [InlineData("  {{- 1 -}}  ", "1")]
    [InlineData("{{~ 1 ~}}\n  {{~ 2 ~}}\n", "12")]
    [InlineData("{{-1}}", "1")]
    [InlineData("{{ 1 - 2 -}} x", "-1x")]
    [InlineData("text\n\n\n{%{~ a b ~}%}  \n!", "text\n\n\n a b !")]
    public void Whitespace_control(string template, string output) => Rendering.Render(template).ShouldBe(output);

    [Fact]
    public void A_line_that_holds_only_a_statement_disappears()
    {
        const string Template = """
            <ul>
                {{~ for name in ["a", "b"] ~}}
                <li>{{ name }}</li>
                {{~ end ~}}
            </ul>
            """;
        Rendering.Render(Template).ShouldBe("""
            <ul>
                <li>a</li>
                <li>b</li>
            </ul>
            """);
    }

    [Theory]
    [InlineData("{{ v = \"1\\n2\\n\" ~}}\n   {{ v }}Hello", "   1\n   2\nHello")]
    [InlineData("{{ v = \"1\\n2\\n\" -}}\n   {{ v }}Hello", "1\n2\nHello")]
    [InlineData("key: {{ \"1\\n2\" }}", "key: 1\n2")]
    [InlineData("a\n  {{~ \"1\\n2\" }}", "a\n1\n2")]
    [InlineData("{{~ for x in [1, 2] ~}}\n  {{ x }}\n{{~ end ~}}\n\n{{~ for x in [1, 2] ~}}\n  {{ x }}\n{{~ end ~}}", "  1\n  2\n\n  1\n  2\n")]
    public void Lines_written_by_an_indented_block_are_indented_like_it(string template, string output) =>
        Rendering.Render(template).ShouldBe(output);

    [Fact]
    public void Auto_indent_can_be_switched_off() =>
        Rendering.Render("  {{ \"1\\n2\" }}", settings: context => context.AutoIndent = false).ShouldBe("  1\n2");
}
