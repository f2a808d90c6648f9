using System.Globalization;
using System.Text;

namespace Cloudlet.Wire.Values;

/// <summary>Formats values for people; secrets are hidden.</summary>
internal static class PropertyText
{
    public static void Append(StringBuilder text, PropertyValue value)
    {
        _ = value switch
        {
            NullValue => text.Append("null"),
            BooleanValue { Value: var b } => text.Append(b ? "true" : "false"),
            NumberValue { Value: var n } => text.Append(n.ToString(CultureInfo.InvariantCulture)),
            TextValue { Value: var t } => text.Append('"').Append(t).Append('"'),
            SecretValue or OutputValue { IsSecret: true } => text.Append("[secret]"),
            UnknownValue or OutputValue { Value: null } => text.Append("[unknown]"),
            OutputValue { Value: { } inner } => text.Append(inner),
            ResourceValue resource => text.Append(resource.Urn),
            AssetValue { IsArchive: var isArchive } => text.Append(isArchive ? "[archive]" : "[asset]"),
            ListValue { Items: var items } => AppendAll(text, '[', ']', items.Select(i => ((string?)null, i))),
            MapValue { Entries: var entries } => AppendAll(text, '{', '}', entries.Select(e => ((string?)e.Key, e.Value))),
            _ => throw new NotSupportedException(value.GetType().Name),
        };
    }

    private static StringBuilder AppendAll(StringBuilder text, char open, char close, IEnumerable<(string? Key, PropertyValue Value)> parts)
    {
        text.Append(open);
        var isFirst = true;
        foreach (var (key, part) in parts)
        {
            text.Append(isFirst ? "" : ", ");
            isFirst = false;
            if (key is not null)
                text.Append(key).Append(": ");
            Append(text, part);
        }

        return text.Append(close);
    }
}
