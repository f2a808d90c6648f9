using Scriban;
using Scriban.Runtime;
using Scriban.Syntax;

namespace Cloudlet.Compat.Tests.Scriban;

/// <summary>One line from a template to its output, or to its error.</summary>
internal static class Rendering
{
    public static string Render(string template, Action<ScriptObject>? model = null, Action<TemplateContext>? settings = null)
    {
        var parsed = Template.Parse(template, "test.conf");
        parsed.Messages.Select(message => message.ToString()).ShouldBeEmpty();
        var variables = new ScriptObject();
        model?.Invoke(variables);
        var context = new TemplateContext();
        settings?.Invoke(context);
        context.PushGlobal(variables);
        return parsed.Render(context);
    }

    public static string RuntimeError(string template, Action<ScriptObject>? model = null, Action<TemplateContext>? settings = null) =>
        Should.Throw<ScriptRuntimeException>(() => Render(template, model, settings)).Message;

    public static string[] ParseErrors(string template) => [.. Template.Parse(template, "test.conf").Messages.Select(message => message.ToString())];
}
