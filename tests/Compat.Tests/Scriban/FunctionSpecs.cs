using Scriban;
using Scriban.Runtime;

namespace Cloudlet.Compat.Tests.Scriban;

public class FunctionSpecs
{
    [Theory]
    [InlineData("'test' | string.upcase", "TEST")]
    [InlineData("string.upcase 'test'", "TEST")]
    [InlineData("string.upcase('te' + 'st')", "TEST")]
    [InlineData("'123' | string.to_int + 1", "124")]
    [InlineData("'text' |\n string.append 'END' |\n string.prepend 'START'", "STARTtextEND")]
    [InlineData("1 + 2 | math.plus 3", "6")]
    [InlineData("[1,2,3] | array.size", "3")]
    [InlineData("[3,1,2] | array.sort | array.join ','", "1,2,3")]
    [InlineData("array.join [1,2] '-' + '+'", "1-+2")]
    [InlineData("'a' == 'a' && string.contains 'abc' 'b'", "true")]
    [InlineData("!string.contains 'abc' 'b'", "false")]
    [InlineData("'x' | string.whitespace ? 'empty' : 'full'", "full")]
    [InlineData("[' a', 'b '] | array.each @string.strip", "[\"a\", \"b\"]")]
    [InlineData("['', '2'] | array.filter @string.empty", "[\"\"]")]
    [InlineData("string.size", null)]
    public void Calls_and_pipes(string expression, string? output)
    {
        if (output is null)
            Rendering.RuntimeError("{{ " + expression + " }}").ShouldContain("Invalid number of arguments `0`");
        else
            Rendering.Render("{{ " + expression + " }}").ShouldBe(output);
    }

    [Theory]
    [InlineData("'Hello' | string.append ' World'", "Hello World")]
    [InlineData("'test' | string.capitalize", "Test")]
    [InlineData("'This is easy' | string.contains 'easy'", "true")]
    [InlineData("'TeSt' | string.downcase", "test")]
    [InlineData("'' | string.empty", "true")]
    [InlineData("' ' | string.whitespace", "true")]
    [InlineData("'This is easy' | string.ends_with 'easy'", "true")]
    [InlineData("'This is easy' | string.starts_with 'easy'", "false")]
    [InlineData("'100% M & Ms!!!' | string.handleize", "100-m-ms")]
    [InlineData("'Hello\\n\"World\"' | string.literal", "\"Hello\\n\\\"World\\\"\"")]
    [InlineData("'  x ' | string.lstrip", "x ")]
    [InlineData("'  x ' | string.rstrip", "  x")]
    [InlineData("'  x ' | string.strip", "x")]
    [InlineData("'a.b.c' | string.replace '.' '-'", "a-b-c")]
    [InlineData("'Aa.a' | string.replace_first 'a' 'x'", "xa.a")]
    [InlineData("'a.b.c' | string.remove '.'", "abc")]
    [InlineData("'hello' | string.slice 1", "ello")]
    [InlineData("'hello' | string.slice 1 3", "ell")]
    [InlineData("'hello' | string.slice (-2)", "lo")]
    [InlineData("'hello' | string.size", "5")]
    [InlineData("'a,,b' | string.split ','", "[\"a\", \"b\"]")]
    [InlineData("'The cat came back' | string.truncate 10", "The cat...")]
    [InlineData("'hello' | string.index_of 'l'", "2")]
    [InlineData("'7' | string.pad_left 3", "  7")]
    [InlineData("('7' | string.pad_right 3) + '.'", "7  .")]
    [InlineData("'x' | string.to_int", "")]
    [InlineData("null | string.upcase", "")]
    public void String_functions(string expression, string output) => Rendering.Render("{{ " + expression + " }}").ShouldBe(output);

    [Theory]
    [InlineData("[1, 2] | array.add 3", "[1, 2, 3]")]
    [InlineData("[1, 2] | array.concat [3]", "[1, 2, 3]")]
    [InlineData("[1, null, 3] | array.compact", "[1, 3]")]
    [InlineData("[1, 2] | array.contains 2", "true")]
    [InlineData("4..6 | array.first", "4")]
    [InlineData("[4, 5, 6] | array.last", "6")]
    [InlineData("[4, 5, 6] | array.limit 2", "[4, 5]")]
    [InlineData("[4, 5, 6] | array.offset 2", "[6]")]
    [InlineData("[4, 5, 6] | array.reverse", "[6, 5, 4]")]
    [InlineData("[1, 1, 4] | array.uniq", "[1, 4]")]
    [InlineData("[10, 2.5, 6] | array.sort", "[2.5, 6, 10]")]
    [InlineData("['b', 'a'] | array.sort", "[\"a\", \"b\"]")]
    [InlineData("[{t: 'b'}, {t: 'a'}] | array.sort 't' | array.map 't'", "[\"a\", \"b\"]")]
    [InlineData("null | array.join ','", "")]
    [InlineData("['x', 1, null] | array.join ', '", "x, 1, ")]
    [InlineData("{b: 1, a: 2} | object.keys | array.sort", "[\"a\", \"b\"]")]
    [InlineData("{b: 1, a: 2} | object.values", "[1, 2]")]
    [InlineData("{a: null} | object.has_key 'a'", "true")]
    [InlineData("{a: null} | object.has_value 'a'", "false")]
    [InlineData("{a: 1} | object.size", "1")]
    [InlineData("missing | object.default 'Yo'", "Yo")]
    [InlineData("'' | object.default 'Yo'", "Yo")]
    [InlineData("1..5 | object.typeof", "iterator")]
    [InlineData("[1] | object.typeof", "array")]
    [InlineData("object | object.typeof", "object")]
    [InlineData("1.5 | object.typeof", "number")]
    [InlineData("4.3 | math.ceil", "5")]
    [InlineData("4.6 | math.floor", "4")]
    [InlineData("4.5612 | math.round 2", "4.56")]
    [InlineData("-4 | math.abs", "4")]
    [InlineData("8.4 | math.divided_by 2.0 | math.round 1", "4.2")]
    [InlineData("8.4 | math.divided_by 2", "4")]
    [InlineData("11 | math.modulo 10", "1")]
    [InlineData("255 | math.minus 5 | math.times 2", "500")]
    [InlineData("'<a & \"b\">' | html.escape", "&lt;a &amp; &quot;b&quot;&gt;")]
    public void Array_object_math_and_html_functions(string expression, string output) =>
        Rendering.Render("{{ " + expression + " }}").ShouldBe(output);

    [Theory]
    [InlineData("{{ now }}", "noon")]
    [InlineData("{{ 'eth0' | quote }}", "<eth0>")]
    [InlineData("{{ add 1 '2' }} {{ add 1 }}", "3 11")]
    [InlineData("{{ strict }}", "True")]
    [InlineData("{{ join ',' 1 'a' }}", "1,a")]
    [InlineData("{{ count [1, 2] }}", "2")]
    public void Imported_delegates(string template, string output) =>
        Rendering.Render(template, Functions, context => context.StrictVariables = true).ShouldBe(output);

    [Fact]
    public void An_exception_of_an_imported_delegate_is_an_error_at_the_call_that_keeps_its_cause()
    {
        var error = Should.Throw<global::Scriban.Syntax.ScriptRuntimeException>(() => Rendering.Render("\n{{ fail 1 }}", Functions));
        error.Message.ShouldBe("test.conf(2,4) : error : no luck with 1");
        error.InnerException.ShouldBeOfType<NotSupportedException>();
    }

    private static void Functions(ScriptObject model)
    {
        model.Import("now", () => "noon");
        model.Import("quote", (string text) => $"<{text}>");
        model.Import("add", (int left, int right = 10) => left + right);
        model.Import("strict", (TemplateContext context) => context.StrictVariables.ToString());
        model.Import("join", (string separator, params object[] rest) => string.Join(separator, rest));
        model.Import("count", (ScriptArray items) => items.Count);
        model.Import("fail", object (object value) => throw new NotSupportedException($"no luck with {value}"));
    }
}
