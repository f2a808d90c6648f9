using Cloudlet.DesiredState.Sections;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.Tests.Compile;

public class StrictTemplatesSpecs
{
    [Fact]
    public void NUL_is_refused_with_its_place_instead_of_ending_the_text()
    {
        var (template, problems) = StrictTemplates.Parse("t", "a\nbc\0d");
        template.ShouldBeNull();
        var problem = problems.ShouldHaveSingleItem();
        problem.Place.ShouldBe(new SourcePlace("t", 2, 3));
        problem.Message.ShouldContain("NUL");
    }

    [Fact]
    public void Every_syntax_error_is_reported()
    {
        var (template, problems) = StrictTemplates.Parse("t", "{{ 1 + }}\n{{ if true }}");
        template.ShouldBeNull();
        problems.Count.ShouldBeGreaterThanOrEqualTo(2);
    }

    [Theory]
    [InlineData("{{ date.now }}")]
    [InlineData("{{ date.parse '2026-01-01' }}")]
    [InlineData("{{ math.uuid }}")]
    [InlineData("{{ math.random 1 100 }}")]
    [InlineData("{{ include 'other' }}")]
    [InlineData("{{ while true }}{{ end }}")]
    [InlineData("{{ nothing }}")]
    [InlineData("{{ object.nothing }}")]
    [InlineData("{{ list[9] }}")]
    [InlineData("{{ 1 // 0 }}")]
    [InlineData("{{ 'a' | string.substring }}")]
    [InlineData("{{ '(' | regex.match '(' }}")]
    [InlineData("{{ math.pi2 = 3 }}")]
    [InlineData("{{ func f; f; end; f }}")]
    [InlineData("{{ 'date.now' | object.eval }}")]
    public void Irreproducible_and_unknown_functions_are_a_problem(string source)
    {
        var (text, problems) = Render(source, new ScriptObject { ["list"] = new ScriptArray { 1 } });
        text.ShouldBeNull();
        var problem = problems.ShouldHaveSingleItem();
        problem.Place.File.ShouldBe("t");
        problem.Message.ShouldNotBeEmpty();
    }

    [Fact]
    public void A_value_may_have_the_name_of_a_removed_function() =>
        Render("{{ date }}", new ScriptObject { ["date"] = "today" }).Text.ShouldBe("today");

    [Fact]
    public void A_template_does_not_affect_the_next_one()
    {
        Render("{{ left = 1; math = 2 }}").Problems.ShouldBeEmpty();
        Render("{{ -3 | math.abs }}").Text.ShouldBe("3");
        Render("{{ left }}").Text.ShouldBeNull();
    }

    [Fact]
    public void A_long_text_is_written_in_full()
    {
        var text = new string('x', 3_000_000);
        Render("{{ text }}{{ text }}", new ScriptObject { ["text"] = text }).Text!.Length.ShouldBe(6_000_000);
        Render("{{ text | string.upcase }}", new ScriptObject { ["text"] = text }).Text!.Length.ShouldBe(3_000_000);
    }

    [Fact]
    public void Nested_loops_may_take_many_steps() =>
        Render("{{ for a in 1..100 }}{{ for b in 1..100 }}.{{ end }}{{ end }}").Text!.Length.ShouldBe(10_000);

    private static (string? Text, IReadOnlyList<Problem> Problems) Render(string source, ScriptObject? values = null)
    {
        var (template, problems) = StrictTemplates.Parse("t", source);
        problems.ShouldBeEmpty();
        return StrictTemplates.Render("t", template.ShouldNotBeNull(), values ?? []);
    }
}
