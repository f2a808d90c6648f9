using System.Text;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site.Yaml;

namespace Cloudlet.DesiredState.Site.Structure;

/// <summary>
/// Checks one file against the shape of a site: unknown keys, values of the wrong type. The result is the same tree without the invalid
/// parts, so that the checks of meaning can continue with the rest, and with empty sections written out as empty mappings.
/// </summary>
internal sealed class StructureCheck
{
    private readonly List<Problem> _problems;
    private readonly StringBuilder _path = new();

    private StructureCheck(List<Problem> problems) => _problems = problems;

    /// <summary>Checks the root of a file; null when it is not a mapping.</summary>
    public static YamlMapping? Check(YamlNode root, List<Problem> problems) =>
        new StructureCheck(problems).Value(Shape.Site, root) as YamlMapping;

    /// <summary>Checks a single host.</summary>
    public static YamlMapping CheckHost(YamlMapping host, List<Problem> problems) =>
        new StructureCheck(problems).Mapping(Shape.Site.Find("hosts")!.Shape.Element, host);

    /// <summary>The node without its invalid parts, or null when it is invalid as a whole.</summary>
    private YamlNode? Value(Shape shape, YamlNode node) =>
        shape.Kind switch
        {
            ShapeKind.Any => node,
            _ when node.IsRemoval => node,
            ShapeKind.Section or ShapeKind.Map when node is YamlScalar { IsEmpty: true } => new YamlMapping(node.Place, []),
            ShapeKind.Section or ShapeKind.Map when node is YamlMapping mapping => Mapping(shape, mapping),
            ShapeKind.List or ShapeKind.Texts when node is YamlSequence list => List(shape, list),
            ShapeKind.Section or ShapeKind.Map => Report(node, $"expected a mapping (key: value), found {node.Noun}"),
            ShapeKind.TextOrSection when node is YamlMapping mapping => Mapping(shape.Element, mapping),
            ShapeKind.List => Report(node, $"expected a list{Empty(node)}"),
            _ when node is not YamlScalar => Report(node, $"expected {Noun(shape)}, found {node.Noun}"),
            _ when node is YamlScalar { IsEmpty: true } => Report(node, $"expected {Noun(shape)}{Empty(node)}"),
            ShapeKind.Text or ShapeKind.Texts or ShapeKind.TextOrSection => node,
            ShapeKind.Integer => Integer((YamlScalar)node),
            ShapeKind.Boolean => Boolean((YamlScalar)node),
            _ => Choice(shape, (YamlScalar)node),
        };

    private YamlMapping Mapping(Shape shape, YamlMapping mapping)
    {
        var kept = new List<YamlEntry>(mapping.Entries.Count);
        var length = _path.Length;
        foreach (var entry in mapping.Entries)
        {
            _path.AppendKey(entry.Key);
            var inner = shape.Kind == ShapeKind.Map ? shape.Element : KnownKey(shape, entry);
            if (inner is not null && Value(inner, entry.Value) is { } value)
                kept.Add(entry with { Value = value });
            _path.Length = length;
        }

        return new YamlMapping(mapping.Place, kept, isDamaged: mapping.IsDamaged || kept.Count < mapping.Entries.Count);
    }

    private Shape? KnownKey(Shape section, YamlEntry entry)
    {
        if (section.Find(entry.Key) is { } property)
            return property.Shape;
        var names = new List<string>();
        foreach (var known in section.Properties)
            names.Add(known.Name);
        var hint = Spelling.Hint(entry.Key, names);
        Report(entry.KeyPlace, $"unknown key \"{entry.Key}\"" + (hint.Length > 0 ? hint : "; allowed here: " + string.Join(", ", names)));
        return null;
    }

    private YamlSequence List(Shape shape, YamlSequence list)
    {
        var kept = new List<YamlNode>(list.Items.Count);
        var length = _path.Length;
        for (var i = 0; i < list.Items.Count; i++)
        {
            _path.AppendIndex(i);
            var item = list.Items[i];
            var value = item.IsRemoval
                ? Report(item, $"expected {Noun(shape.Element)}, found null; remove the item")
                : Value(shape.Element, item);
            // Null replaces an invalid item, so that the items after it keep their numbers in messages.
            kept.Add(value ?? new YamlScalar(item.Place, "~", isPlain: true));
            _path.Length = length;
        }

        return new YamlSequence(list.Place, kept);
    }

    private YamlScalar? Integer(YamlScalar scalar)
    {
        if (CoreSchema.TryInteger(scalar.Text, out var value))
        {
            if (!scalar.IsPlain)
                return Report(scalar, $"expected a whole number, found text; write {scalar.Text} without quotes");
            return value is >= int.MinValue and <= int.MaxValue ? scalar : Report(scalar, $"{scalar.Text} is out of range");
        }

        return Report(scalar, $"\"{scalar.Text}\" is not a whole number");
    }

    private YamlScalar? Boolean(YamlScalar scalar)
    {
        if (CoreSchema.TryBoolean(scalar.Text, out _))
            return scalar.IsPlain ? scalar : Report(scalar, $"expected true or false, found text; write {scalar.Text} without quotes");
        if (CoreSchema.WasBoolean(scalar.Text, out var meant))
            return Report(scalar, $"\"{scalar.Text}\" is text in YAML 1.2; write {(meant ? "true" : "false")}");
        return Report(scalar, $"expected true or false, found \"{scalar.Text}\"");
    }

    private YamlScalar? Choice(Shape shape, YamlScalar scalar)
    {
        foreach (var choice in shape.Choices)
        {
            if (choice == scalar.Text)
                return scalar;
        }

        return Report(
            scalar,
            $"expected one of {string.Join(", ", shape.Choices)}; found \"{scalar.Text}\"{Spelling.Hint(scalar.Text, shape.Choices)}"
        );
    }

    private YamlScalar? Report(YamlNode node, string message)
    {
        Report(node.Place, message);
        return null;
    }

    private void Report(SourcePlace place, string message) => _problems.Add(new Problem(place, _path.ToString(), message));

    private static string Empty(YamlNode node) =>
        node is YamlScalar { IsEmpty: true } ? ", found nothing; write a value, or ~ to remove an inherited one" : $", found {node.Noun}";

    private static string Noun(Shape shape) =>
        shape.Kind switch
        {
            ShapeKind.Text => "text",
            ShapeKind.Texts => "text or a list of texts",
            ShapeKind.TextOrSection => "text or a mapping (key: value)",
            ShapeKind.Integer => "a whole number",
            ShapeKind.Boolean => "true or false",
            ShapeKind.Choice => "one of " + string.Join(", ", shape.Choices),
            ShapeKind.List => "a list",
            _ => "a mapping (key: value)",
        };
}
