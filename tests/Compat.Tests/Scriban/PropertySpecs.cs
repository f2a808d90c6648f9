using FsCheck;
using FsCheck.Fluent;
using Scriban;
using Scriban.Runtime;
using Scriban.Syntax;

namespace Cloudlet.Compat.Tests.Scriban;

public class PropertySpecs
{
    private static readonly string[] Pieces =
    [
        "{{", "}}", "{{-", "-}}", "{{~", "~}}", "{%{", "}%}", "{%%{", "\n", " ", ";", "if ", "else", "end", "for ", "in ", "case ", "when ",
        "capture ", "x", "x.y", "[0]", "[", "]", "{", "}", "(", ")", "a:", "1", "2.5", "1e", "'s'", "\"", "'", "`", "\\", "+", "-", "*", "//",
        "|", "||", "&&", "??", "?", "?.", ":", "..", "..<", "==", "=", "!", "@", "$", "$v", "#", "##", ",", ".", "string.upcase", "array.size",
        "break", "continue", "true", "null", "text", "é", "\0", "\r",
    ];

    private static readonly Arbitrary<string> Soup =
        Gen.Elements(Pieces).ListOf().Select(pieces => string.Concat(pieces)).ToArbitrary();

    [Fact]
    public void Text_without_code_renders_to_itself() =>
        Prop.ForAll<string>(text => text is null || HasCode(text) || Rendering.Render(text) == text).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_parses_or_reports_errors_with_a_position_inside_of_it() =>
        Prop.ForAll(Soup, text => Template.Parse(text).Messages.All(message =>
            message.Span.Start.Offset >= 0 && message.Span.Start.Offset <= text.Length
            && message.Span.Start.Line >= 0 && message.Span.Start.Column >= 0
            && message.Message.Length > 0)).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    [Fact]
    public void Whatever_parses_renders_the_same_twice_or_fails_the_same_way_twice() =>
        Prop.ForAll(Soup, text => Outcome(text) == Outcome(text)).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void A_literal_of_any_string_evaluates_to_that_string() =>
        Prop.ForAll<string>(value =>
        {
            var literal = Rendering.Render("{{ x | string.literal }}", model => model["x"] = value ?? "");
            return Rendering.Render("{{ " + literal + " }}") == (value ?? "");
        }).QuickCheckThrowOnFailure();

    private static bool HasCode(string text) => text.Contains("{{", StringComparison.Ordinal) || text.Contains("{%", StringComparison.Ordinal);

    private static string Outcome(string text)
    {
        var template = Template.Parse(text);
        if (template.HasErrors) return template.Messages.ToString();
        var context = new TemplateContext();
        context.PushGlobal(new ScriptObject { ["x"] = new ScriptObject { ["y"] = "v" } });
        try
        {
            return template.Render(context);
        }
        catch (ScriptRuntimeException error)
        {
            return error.Message;
        }
    }
}
