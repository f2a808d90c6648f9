using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.Sections;

/// <summary>
/// Renders the templates of a host. A template sees <c>host.name</c>, <c>links.NAME.ip</c> (and name, kind, mac, mtu, addresses),
/// <c>secrets.NAME</c> and, over these, the values of the host and of the file. An unknown name is an error, never an empty text.
/// </summary>
internal sealed class HostTemplates(HostDescription host, IReadOnlyDictionary<string, object> ofKinds)
{
    public (string? Text, IReadOnlyList<Problem> Problems) Render(
        string path,
        string source,
        IReadOnlyDictionary<string, TemplateValue>? values
    )
    {
        var (template, problems) = StrictTemplates.Parse(path, source);
        return template is null ? (null, problems) : StrictTemplates.Render(path, template, GlobalsOf(values));
    }

    private ScriptObject GlobalsOf(IReadOnlyDictionary<string, TemplateValue>? values)
    {
        var globals = new ScriptObject
        {
            ["host"] = new ScriptObject { ["name"] = host.Name },
            ["secrets"] = Secrets(),
        };
        foreach (var (name, value) in ofKinds)
            globals[name] = value;
        foreach (var (name, value) in host.Section.Values ?? new Dictionary<string, TemplateValue>())
            globals[name] = ToScript(value.Node);
        foreach (var (name, value) in values ?? new Dictionary<string, TemplateValue>())
            globals[name] = ToScript(value.Node);
        return globals;
    }

    private ScriptObject Secrets()
    {
        var all = new ScriptObject();
        foreach (var name in host.Section.Secrets?.Keys ?? [])
            all[name] = $"${{secret:{name}}}";
        return all;
    }

    private static object? ToScript(JsonNode? node)
    {
        switch (node)
        {
            case null:
                return null;
            case JsonArray list:
                return new ScriptArray(list.Select(ToScript));
            case JsonObject mapping:
                var members = new ScriptObject();
                foreach (var (name, value) in mapping)
                    members[name] = ToScript(value);
                return members;
        }

        var scalar = node.AsValue();
        return scalar.GetValueKind() switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => Number(scalar.ToJsonString()),
            _ => scalar.GetValue<string>(),
        };
    }

    // By its text: numbers from a file and numbers from a program have different underlying types.
    private static object Number(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
            ? whole
            : double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
}
