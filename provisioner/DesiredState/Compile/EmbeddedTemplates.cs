using Scriban;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.Compile;

/// <summary>The templates of one folder of templates/, embedded in this assembly.</summary>
internal sealed class EmbeddedTemplates(string folder)
{
    private readonly Dictionary<string, Template> parsed = new(StringComparer.Ordinal);

    /// <summary>Renders templates/FOLDER/<paramref name="name"/>.scriban.</summary>
    public string Render(string name, ScriptObject values)
    {
        if (!parsed.TryGetValue(name, out var template))
            parsed.Add(name, template = Load(name));

        var context = new TemplateContext { StrictVariables = true, EnableRelaxedMemberAccess = false };
        context.PushGlobal(values);
        return template.Render(context);
    }

    private Template Load(string name)
    {
        var resource = $"{folder}/{name}.scriban";
        using var stream = typeof(EmbeddedTemplates).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"this program was built without {resource}");
        using var reader = new StreamReader(stream);
        var template = Template.Parse(reader.ReadToEnd(), resource);
        return template.HasErrors ? throw new InvalidOperationException($"{resource}: {template.Messages}") : template;
    }
}
