using System.Text;
using System.Text.Json.Nodes;

namespace Cloudlet.DesiredState.Tests.Site;

/// <summary>
/// Writes JSON values as YAML in random styles: block or flow, quoted or plain, in any order of keys. <paramref name="seed"/> determines
/// the style, so that a failing case can be repeated.
/// </summary>
internal sealed class YamlEmitter(int seed)
{
    private readonly Random _random = new(seed);

    /// <summary>A whole document.</summary>
    public string Write(JsonNode node)
    {
        var text = new StringBuilder();
        Block(text, node, 0);
        return text.ToString();
    }

    private void Block(StringBuilder text, JsonNode? node, int indentation)
    {
        if (node is JsonObject { Count: > 0 } mapping && _random.Next(6) > 0)
        {
            foreach (var (key, value) in mapping.OrderBy(_ => _random.Next()).ToList())
            {
                text.Append(' ', indentation).Append(Scalar(key, isKey: true)).Append(':');
                Below(text, value, indentation);
            }
        }
        else if (node is JsonArray { Count: > 0 } list && _random.Next(3) > 0)
        {
            foreach (var item in list)
            {
                text.Append(' ', indentation).Append('-');
                Below(text, item, indentation);
            }
        }
        else
        {
            text.Append(' ', indentation);
            Flow(text, node);
            text.Append('\n');
        }
    }

    private void Below(StringBuilder text, JsonNode? value, int indentation)
    {
        if (value is JsonObject { Count: > 0 } or JsonArray { Count: > 0 } && _random.Next(4) > 0)
        {
            text.Append(_random.Next(5) == 0 ? " # a comment\n" : "\n");
            Block(text, value, indentation + 1 + _random.Next(4));
            return;
        }

        text.Append(' ');
        Flow(text, value);
        text.Append('\n');
    }

    private void Flow(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject mapping:
                text.Append('{')
                    .AppendJoin(
                        ", ",
                        mapping.OrderBy(_ => _random.Next()).Select(pair => $"{Scalar(pair.Key, isKey: true)}: {Inline(pair.Value)}")
                    )
                    .Append('}');
                break;
            case JsonArray list:
                text.Append('[').AppendJoin(", ", list.Select(Inline)).Append(']');
                break;
            case JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.String:
                text.Append(Scalar(value.GetValue<string>(), isKey: false));
                break;
            default:
                text.Append(node?.ToJsonString() ?? "");
                break;
        }
    }

    private string Inline(JsonNode? node)
    {
        var text = new StringBuilder();
        Flow(text, node);
        return text.ToString();
    }

    private string Scalar(string value, bool isKey)
    {
        var isPlain =
            value.Length > 0
            && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_')
            && !char.IsAsciiDigit(value[0])
            && value[0] != '.'
            && value.ToUpperInvariant() is not ("TRUE" or "FALSE" or "NULL");
        if (isPlain && _random.Next(3) > 0)
            return value;
        var canBeSingle = value.All(c => c is >= ' ' and <= '~');
        return canBeSingle && _random.Next(2) == 0 && !isKey
            ? $"'{value.Replace("'", "''", StringComparison.Ordinal)}'"
            : DoubleQuoted(value);
    }

    private static string DoubleQuoted(string value)
    {
        var text = new StringBuilder("\"");
        foreach (var c in value)
        {
            text.Append(
                c switch
                {
                    '\n' => "\\n",
                    '\t' => "\\t",
                    '"' => "\\\"",
                    '\\' => "\\\\",
                    _ => c.ToString(),
                }
            );
        }

        return text.Append('"').ToString();
    }
}
