using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site.Structure;

namespace Cloudlet.DesiredState.Site;

/// <summary>
/// The reference page of site files in Markdown: every key with its type and description, from the same records as the JSON Schema.
/// </summary>
public static class SiteReference
{
    /// <summary>Name of the page.</summary>
    public const string FileName = "site-keys.md";

    private const int LongestLine = 120;

    /// <summary>The page, with a line break at its end; every call returns the same text.</summary>
    public static string Generate()
    {
        var page = new StringBuilder();
        page.Append("# Keys of a site file\n\n");
        page.Append(
            "Made by `cloudlet schema --markdown`. The rules across keys, layers and defaults are in [site-file.md](site-file.md).\n\n"
        );
        page.Append("## Kinds of resources\n\n| section | id | in a network namespace |\n| --- | --- | --- |\n");
        foreach (var kind in KindDescriptors.WithSection)
        {
            var element = ElementOf(kind.Section!);
            var section = element.Kind == ShapeKind.Section ? $"[`{kind.Section}`](#{NameOf(element)})" : $"`{kind.Section}`";
            var isInNamespaces = kind.IsInNamespaces ? "yes" : "no";
            page.Append(CultureInfo.InvariantCulture, $"| {section} | `{kind.IdOf(kind.NameHint)}` | {isInNamespaces} |\n");
        }

        var written = new HashSet<string>(StringComparer.Ordinal);
        Write(page, "site", Shape.Site, written);
        return page.ToString();
    }

    private static Shape ElementOf(string key) => Shape.Site.Find("hosts")!.Shape.Element.Find(key)!.Shape.Element;

    /// <summary>Writes a section, then its subsections, each once and in the order of the keys.</summary>
    private static void Write(StringBuilder page, string name, Shape section, HashSet<string> written)
    {
        if (!written.Add(name))
            return;
        page.Append(CultureInfo.InvariantCulture, $"\n## {name}\n\n");
        if (section.Type.GetCustomAttribute<DescriptionAttribute>() is { } help)
            page.Append(Wrapped(help.Description)).Append("\n\n");
        page.Append("| key | value | meaning |\n| --- | --- | --- |\n");
        foreach (var property in section.Properties)
            page.Append(
                CultureInfo.InvariantCulture,
                $"| `{property.Name}` | {Value(property.Shape, property)} | {Escaped(HelpOf(property))} |\n"
            );
        foreach (var inner in section.Properties.Select(p => Innermost(p.Shape)).Where(s => s.Kind == ShapeKind.Section))
            Write(page, NameOf(inner), inner, written);
    }

    private static Shape Innermost(Shape shape) =>
        shape.Kind is ShapeKind.List or ShapeKind.Map or ShapeKind.TextOrSection ? Innermost(shape.Element) : shape;

    private static string Value(Shape shape, ShapeProperty property) =>
        shape.Kind switch
        {
            ShapeKind.Section => $"[{NameOf(shape)}](#{NameOf(shape)})",
            ShapeKind.Map => $"name: {Value(shape.Element, property)}",
            ShapeKind.List => $"list of {Value(shape.Element, property)}",
            ShapeKind.Choice => string.Join(", ", shape.Choices.Select(c => $"`{c}`")),
            ShapeKind.Integer when SiteSchema.Attribute<SchemaRangeAttribute>(property) is { } range => $"{range.Min} to {range.Max}",
            ShapeKind.Integer => "whole number",
            ShapeKind.Boolean => "`true`, `false`",
            ShapeKind.Texts => "text or list of texts",
            ShapeKind.TextOrSection => $"text or {Value(shape.Element, property)}",
            ShapeKind.Any => "anything",
            _ => "text",
        };

    private static string NameOf(Shape section) => SiteSchema.NameOf(section);

    private static string HelpOf(ShapeProperty property) => SiteSchema.Attribute<DescriptionAttribute>(property)?.Description ?? "";

    /// <summary>A paragraph in lines of at most <see cref="LongestLine"/> characters.</summary>
    private static string Wrapped(string text)
    {
        var lines = new StringBuilder();
        var length = 0;
        foreach (var word in text.Split(' '))
        {
            var breaks = length + 1 + word.Length > LongestLine;
            if (length > 0)
                lines.Append(breaks ? '\n' : ' ');
            length = breaks ? word.Length : length + 1 + word.Length;
            lines.Append(word);
        }

        return lines.ToString();
    }

    /// <summary>Escapes the column separator for a table cell.</summary>
    private static string Escaped(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
