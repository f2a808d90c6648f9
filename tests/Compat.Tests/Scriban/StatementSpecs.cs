using Scriban;
using Scriban.Runtime;

namespace Cloudlet.Compat.Tests.Scriban;

public class StatementSpecs
{
    [Theory]
    [InlineData("{{ if x == 1 }}one{{ else if x == 2 }}two{{ else }}many{{ end }}", 1, "one")]
    [InlineData("{{ if x == 1 }}one{{ else if x == 2 }}two{{ else }}many{{ end }}", 2, "two")]
    [InlineData("{{ if x == 1 }}one{{ else if x == 2 }}two{{ else }}many{{ end }}", 3, "many")]
    [InlineData("{{ if x > 1; if x > 2; 'big'; end; end }}.", 3, "big.")]
    [InlineData("{{\nif !x\n  'no'\nelse\n  'yes'\nend\n}}", 0, "yes")]
    [InlineData("{{ case x }}dropped{{ when 1, 2 }}low{{ when 3 || 4 }}mid{{ else }}high{{ end }}", 2, "low")]
    [InlineData("{{ case x }}{{ when 1, 2 }}low{{ when 3 || 4 }}mid{{ else }}high{{ end }}", 4, "mid")]
    [InlineData("{{ case x }}{{ when 1, 2 }}low{{ when 3 || 4 }}mid{{ else }}high{{ end }}", 5, "high")]
    [InlineData("{{ case x; when 5; 'five'; end }}", 5, "five")]
    public void Conditions(string template, int x, string output) => Rendering.Render(template, model => model["x"] = x).ShouldBe(output);

    [Theory]
    [InlineData("{{ for x in [1,2,3] }}<{{ x }}>{{ end }}", "<1><2><3>")]
    [InlineData("{{ for x in 1..3; x; end }}", "123")]
    [InlineData("{{ for x in 'abc'; x + '.'; end }}", "a.b.c.")]
    [InlineData("{{ for x in []; x; else; 'none'; end }}", "none")]
    [InlineData("{{ for x in [1]; x; else; 'none'; end }}", "1")]
    [InlineData("{{ for x in missing; x; end }}.", ".")]
    [InlineData("{{ for x in 1..5; if x == 2; continue; else if x == 4; break; end; x; end }}", "13")]
    [InlineData("{{ for x in ['a','b']; for.index + (for.first ? 'f' : '') + (for.last ? 'l' : '') + (for.even ? 'e' : 'o') + for.length + for.rindex; end }}", "0fe211lo20")]
    [InlineData("{{ for x in [1,1,2]; for.changed; ' '; end }}", "true false true ")]
    [InlineData("{{ for x in [1,2]; for y in [1,2]; x * y; ','; end; for.index; ';'; end }}", "1,2,0;2,4,1;")]
    [InlineData("{{ for kv in {a: 1, b: 2}; kv.key + '=' + kv.value + ' '; end }}", "a=1 b=2 ")]
    [InlineData("{{ n = 0; for x in 1..4; n = n + x; end; n }}", "10")]
    [InlineData("{{ for x in [1]; end; x }}", "")]
    [InlineData("{{ for $x in [1]; end; $x }}", "1")]
    public void Loops(string template, string output) => Rendering.Render(template).ShouldBe(output);

    [Fact]
    public void Entries_of_a_dictionary_have_key_and_value() =>
        Rendering.Render(
            "{{ for entry in map }}{{ entry.key }}={{ entry.value }};{{ end }}",
            model => model["map"] = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" }).ShouldBe("a=1;b=2;");

    [Fact]
    public void A_context_can_render_again()
    {
        var context = new TemplateContext();
        var template = Template.Parse("{{ x = (x ?? 0) + 1; x }}");
        context.PushGlobal(new ScriptObject());
        template.Render(context).ShouldBe("1");
        template.Render(context).ShouldBe("2");
    }
}
