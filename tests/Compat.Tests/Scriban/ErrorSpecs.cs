using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Syntax;

namespace Cloudlet.Compat.Tests.Scriban;

public class ErrorSpecs
{
    [Theory]
    [InlineData("{{\nif  # expecting an expression\nend\n}}",
        "test.conf(2,30) : error : Error while parsing if statement: Expecting <expression> instead of `\\n` in: if <expression> ... end|else|else if")]
    [InlineData("{{ 1 + }}",
        "test.conf(1,8) : error : Error while parsing binary expression: Expecting an <expression> to the right of the operator instead of `}}` in: <expression> operator <expression>")]
    [InlineData("{{ for x toto y; end }}",
        "test.conf(1,4) : error : Error while parsing for statement: Expecting 'in' word instead of `toto` in: for <variable> in <expression> ... end")]
    [InlineData("{{ else }}", "test.conf(1,4) : error : A else condition must be preceded by another if/else/when condition")]
    [InlineData("a\n{{ if x }}\nb", "test.conf(2,11) : error : The <end> statement was not found")]
    [InlineData("{{ if true; else test; end }}", "test.conf(1,18) : error : Invalid token found `test`. Expecting <EOL>/end of line.")]
    [InlineData("{{ (1 }}", "test.conf(1,7) : error : Invalid token `}}`. Expecting a closing `)`.")]
    [InlineData("{{ [1 }}", "test.conf(1,7) : error : Unexpected token found `}}` while expecting `]`.")]
    [InlineData("{{ x. }}", "test.conf(1,7) : error : Invalid token `}}`. The dot operator is expected to be followed by a plain identifier")]
    [InlineData("{{ \"abc }}", "test.conf(1,10) : error : Unexpected end of file while parsing a string not terminated by a \"")]
    [InlineData("{{ 1 ~ 2 }}", "test.conf(1,6) : error : Unexpected character `~`")]
    [InlineData("{{ 1 | 2 }}", "test.conf(1,8) : error : Pipe expression destination `2` is not a valid function")]
    [InlineData("{{ 1 = 2 }}", "test.conf(1,4) : error : Expression is only allowed for a top level assignment")]
    [InlineData("{{ while true; end }}", "test.conf(1,4) : error : The statement `while` is not supported by this subset of Scriban")]
    public void Parse_errors_carry_template_line_and_column(string template, string first) =>
        Rendering.ParseErrors(template)[0].ShouldBe(first);

    [Fact]
    public void Several_parse_errors_are_reported_at_once()
    {
        var errors = Rendering.ParseErrors("{{ 1 + }}\n{{ if }}a{{ end }}\n{{ fine }}\n{{ ) }}");
        errors.Length.ShouldBe(3);
        errors.Select(error => error.Split(' ')[0]).ShouldBe(["test.conf(1,8)", "test.conf(2,7)", "test.conf(4,4)"]);
    }

    [Theory]
    [InlineData("a\n{{ x.y.z }}", "test.conf(2,4) : error : Object `x.y` is null. Cannot access member: x.y.z")]
    [InlineData("{{ nothing[0] }}", "test.conf(1,4) : error : Object `nothing` is null. Cannot access indexer: nothing[0]")]
    [InlineData("{{ x[null] }}", "test.conf(1,4) : error : Cannot access target `x` with a null indexer: x[null]")]
    [InlineData("{{ 'a' | nosuch }}", "test.conf(1,10) : error : The function `nosuch` was not found")]
    [InlineData("{{ x 1 }}", "test.conf(1,4) : error : Invalid target function `x`: it is a value, not a function")]
    [InlineData("{{ for y in 5; end }}", "test.conf(1,13) : error : Unexpected type `System.Int32` for iterator")]
    [InlineData("{{ 1 // 0 }}", "test.conf(1,4) : error : Attempted to divide by zero.")]
    [InlineData("{{ 'a' - 1 }}", "test.conf(1,4) : error : Operator `-` is not supported on string objects")]
    [InlineData("{{ break }}", "test.conf(1,4) : error : The <break> statement can only be used inside for/while loops")]
    [InlineData("{{ string = 1 }}", "test.conf(1,4) : error : Cannot set the builtin readonly variable `string`")]
    [InlineData("{{ string.x = 1 }}", "test.conf(1,4) : error : Cannot set a value for the readonly member: string.x")]
    [InlineData("{{ for i in 1..1001; end }}", "test.conf(1,4) : error : Exceeding number of iteration limit `1000` for loop statement.")]
    public void Runtime_errors_carry_template_line_and_column(string template, string message) =>
        Rendering.RuntimeError(template, model => model["x"] = new ScriptObject()).ShouldBe(message);

    [Fact]
    public void Unknown_variables_are_null_unless_the_context_is_strict()
    {
        Rendering.Render("[{{ nothing }}]").ShouldBe("[]");
        Rendering.RuntimeError("a\n  {{ nothing }}", settings: context => context.StrictVariables = true)
            .ShouldBe("test.conf(2,6) : error : The variable or function `nothing` was not found");
    }

    [Fact]
    public void Unknown_members_are_null_unless_member_access_is_not_relaxed()
    {
        Rendering.Render("{{ x = {}; x.y }}").ShouldBe("");
        Rendering.RuntimeError("{{ x = {}; x.y }}", settings: context => context.EnableRelaxedMemberAccess = false)
            .ShouldStartWith("test.conf(1,12) : error : ");
        Rendering.Render("{{ x.y.z }}", settings: context => context.EnableRelaxedTargetAccess = true).ShouldBe("");
    }

    [Fact]
    public void A_message_has_its_parts()
    {
        var message = Template.Parse("a\n {{ 1 + }}", "x.conf").Messages.ShouldHaveSingleItem();
        message.Type.ShouldBe(ParserMessageType.Error);
        message.Span.FileName.ShouldBe("x.conf");
        message.Span.Start.ShouldBe(new TextPosition(10, 1, 8));
        message.Span.End.ShouldBe(new TextPosition(11, 1, 9));
    }

    [Fact]
    public void A_runtime_error_has_its_message_without_the_position_too()
    {
        var error = Should.Throw<ScriptRuntimeException>(() => Rendering.Render("{{ nosuch 1 }}"));
        error.OriginalMessage.ShouldBe("The function `nosuch` was not found");
        error.Span.Start.Column.ShouldBe(3);
        error.ToString().ShouldBe(error.Message);
    }

    [Fact]
    public void A_template_with_errors_cannot_be_rendered() =>
        Should.Throw<InvalidOperationException>(() => Template.Parse("{{ ( }}").Render(new TemplateContext()));

    [Fact]
    public void A_template_without_a_name_is_called_input() =>
        Template.Parse("{{ ( }}").Messages[0].ToString().ShouldStartWith("<input>(1,");

    [Fact]
    public void Cancellation_stops_a_loop() =>
        Should.Throw<ScriptAbortException>(() => Rendering.Render(
            "{{ for x in 1..10; x; end }}", settings: context => context.CancellationToken = new CancellationToken(canceled: true)));

    [Theory]
    [InlineData("(", 300)]
    [InlineData("[", 10_000)]
    [InlineData("1 + ", 10_000)]
    [InlineData("!", 10_000)]
    [InlineData("a | ", 10_000)]
    [InlineData("a ? 1 : ", 10_000)]
    [InlineData("if a; ", 10_000)]
    public void Deep_nesting_is_an_error_and_not_a_crash(string part, int times) =>
        Rendering.ParseErrors("{{ " + string.Concat(Enumerable.Repeat(part, times)) + "1 }}")
            .ShouldContain(error => error.Contains("depth limit `250`", StringComparison.Ordinal));

    [Fact]
    public void An_object_that_contains_itself_cannot_be_written() =>
        Rendering.RuntimeError("{{ x = {}; x.x = x; x }}").ShouldContain("too deeply nested or contains reference loops");
}
