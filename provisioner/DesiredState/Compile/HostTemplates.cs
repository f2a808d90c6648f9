using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Boot;
using Cloudlet.DesiredState.Links;
using Cloudlet.DesiredState.Site;
using Scriban;
using Scriban.Parsing;
using Scriban.Runtime;
using Scriban.Syntax;

namespace Cloudlet.DesiredState.Compile;

/// <summary>
/// Renders the templates of a host. A template sees <c>host.name</c>, <c>links.NAME.ip</c> (and name, kind, mac, mtu, addresses), <c>secrets.NAME</c> and, over these, the values of the
/// host and of the file. A name that is not there is an error, never an empty text.
/// </summary>
internal sealed class HostTemplates(HostDescription host, IReadOnlyList<BootLink> links)
{
    public (string? Text, IReadOnlyList<Problem> Problems) Render(string path, string source, IReadOnlyDictionary<string, TemplateValue>? values)
    {
        var template = Template.Parse(source, path);
        if (template.HasErrors)
            return (null, [.. template.Messages.Where(m => m.Type == ParserMessageType.Error).Select(m => ProblemOf(path, m.Span, m.Message))]);

        // Strict all the way: `links.cloudlte0.ip` would otherwise render as nothing and end up in a service's configuration.
        var context = new TemplateContext { StrictVariables = true, EnableRelaxedMemberAccess = false };
        context.PushGlobal(GlobalsOf(values));
        try
        {
            return (template.Render(context), []);
        }
        catch (ScriptRuntimeException error)
        {
            return (null, [ProblemOf(path, error.Span, error.OriginalMessage)]);
        }
    }

    private ScriptObject GlobalsOf(IReadOnlyDictionary<string, TemplateValue>? values)
    {
        var globals = new ScriptObject { ["host"] = new ScriptObject { ["name"] = host.Name }, ["links"] = Links(), ["secrets"] = Secrets() };
        foreach (var (name, value) in host.Section.Values ?? new Dictionary<string, TemplateValue>())
            globals[name] = ToScript(value.Node);
        foreach (var (name, value) in values ?? new Dictionary<string, TemplateValue>())
            globals[name] = ToScript(value.Node);
        return globals;
    }

    private ScriptObject Links()
    {
        var all = new ScriptObject();
        foreach (var (link, _) in links)
        {
            all[link.Name] = new ScriptObject
            {
                ["name"] = link.Name,
                ["kind"] = LinkKinds.NameOf(link.Kind),
                ["mac"] = link.Mac,
                ["mtu"] = link.Mtu,
                ["addresses"] = new ScriptArray(link.Addresses ?? []),
                ["ip"] = link.Addresses is [var first, ..] ? first[..first.IndexOf('/')] : null,
            };
        }

        return all;
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

    // By its text: a number that came from a file and one that a program put in have different types underneath.
    private static object Number(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static Problem ProblemOf(string path, SourceSpan span, string message) =>
        new(new SourcePlace(path, span.Start.Line + 1, span.Start.Column + 1), "", message);
}
