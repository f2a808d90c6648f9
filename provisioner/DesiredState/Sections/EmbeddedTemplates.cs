using System.Collections.Concurrent;
using Scriban;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.Sections;

/// <summary>The templates of one folder of templates/, embedded in this assembly.</summary>
internal sealed class EmbeddedTemplates(string folder)
{
    private readonly ConcurrentDictionary<string, Template> _parsed = new(StringComparer.Ordinal);

    /// <summary>Renders templates/FOLDER/<paramref name="name"/>.scriban.</summary>
    public string Render(string name, ScriptObject values)
    {
        var resource = $"{folder}/{name}.scriban";
        var template = _parsed.GetOrAdd(name, static (_, resource) => Load(resource), resource);
        var (text, problems) = StrictTemplates.Render(resource, template, values);
        return text ?? throw Broken(problems);
    }

    private static Template Load(string resource)
    {
        using var stream =
            typeof(EmbeddedTemplates).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"this program was built without {resource}");
        using var reader = new StreamReader(stream);
        var (template, problems) = StrictTemplates.Parse(resource, reader.ReadToEnd());
        return template ?? throw Broken(problems);
    }

    private static InvalidOperationException Broken(IEnumerable<Problem> problems) => new(string.Join(Environment.NewLine, problems));
}
