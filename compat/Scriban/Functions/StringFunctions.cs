using System.Globalization;
using System.Text;
using Scriban.Runtime;

namespace Scriban.Functions;

internal static class StringFunctions
{
    public static ScriptObject CreateModule()
    {
        var module = new ScriptObject();
        module.Define("append", 2, a => a.Text(0) + a.Text(1));
        module.Define("capitalize", 1, a => Capitalize(a.Text(0) ?? ""));
        module.Define("contains", 2, a => Test(a, (text, part) => text.Contains(part, StringComparison.Ordinal)));
        module.Define("downcase", 1, a => a.Text(0)?.ToLowerInvariant());
        module.Define("empty", 1, a => string.IsNullOrEmpty(a.Text(0)));
        module.Define("ends_with", 2, a => Test(a, (text, part) => text.EndsWith(part, StringComparison.Ordinal)));
        module.Define("escape", 1, a => a.Text(0) is { } text ? Escape(text) : null);
        module.Define("handleize", 1, a => Handleize(a.Text(0) ?? ""));
        module.Define("index_of", 2, a => (a.Text(0) ?? "").IndexOf(a.Text(1) ?? "", StringComparison.Ordinal));
        module.Define("literal", 1, a => a.Text(0) is { } text ? $"\"{Escape(text)}\"" : null);
        module.Define("lstrip", 1, a => a.Text(0)?.TrimStart());
        module.Define("pad_left", 2, a => (a.Text(0) ?? "").PadLeft(a.Int(1)));
        module.Define("pad_right", 2, a => (a.Text(0) ?? "").PadRight(a.Int(1)));
        module.Define("prepend", 2, a => a.Text(1) + a.Text(0));
        module.Define("remove", 2, a => Remove(a.Text(0), a.Text(1)));
        module.Define("replace", 3, a => Replace(a.Text(0), a.Text(1) ?? "", a.Text(2) ?? ""));
        module.Define("replace_first", 3, a => ReplaceFirst(a.Text(0), a.Text(1), a.Text(2) ?? ""));
        module.Define("rstrip", 1, a => a.Text(0)?.TrimEnd());
        module.Define("size", 1, a => a.Text(0)?.Length ?? 0);
        module.Define("slice", 2, a => Slice(a.Text(0) ?? "", a.Int(1), a[2] is null ? null : a.Int(2)), optional: 1);
        module.Define("split", 2, a => Split(a.Text(0), a.Text(1) ?? ""));
        module.Define("starts_with", 2, a => Test(a, (text, part) => text.StartsWith(part, StringComparison.Ordinal)));
        module.Define("strip", 1, a => a.Text(0)?.Trim());
        module.Define("to_int", 1, ToInt);
        module.Define("truncate", 2, a => Truncate(a.Text(0) ?? "", a.Int(1), a.Text(2) ?? "..."), optional: 1);
        module.Define("upcase", 1, a => a.Text(0)?.ToUpperInvariant());
        module.Define("whitespace", 1, a => string.IsNullOrWhiteSpace(a.Text(0)));
        return module.Sealed();
    }

    /// <summary>The text between the quotes of a literal that means <paramref name="text"/>.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            _ = letter switch
            {
                '\\' => escaped.Append("\\\\"),
                '"' => escaped.Append("\\\""),
                '\0' => escaped.Append("\\0"),
                '\b' => escaped.Append("\\b"),
                '\f' => escaped.Append("\\f"),
                '\n' => escaped.Append("\\n"),
                '\r' => escaped.Append("\\r"),
                '\t' => escaped.Append("\\t"),
                '\v' => escaped.Append("\\v"),
                _ when char.IsControl(letter) => escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
                _ => escaped.Append(letter),
            };
        }

        return escaped.ToString();
    }

    // Nothing contains, starts with or ends with the empty string.
    private static bool Test(Arguments a, Func<string, string, bool> test) =>
        a.Text(0) is { Length: > 0 } text && a.Text(1) is { Length: > 0 } part && test(text, part);

    private static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    private static string Handleize(string text)
    {
        var handle = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            if (char.IsLetterOrDigit(letter))
                handle.Append(char.ToLowerInvariant(letter));
            else if (handle.Length == 0 || handle[^1] != '-')
                handle.Append('-');
        }

        if (handle.Length > 0 && handle[^1] == '-') handle.Length--;
        return handle.ToString();
    }

    private static string? Remove(string? text, string? part) =>
        string.IsNullOrEmpty(text) || string.IsNullOrEmpty(part) ? text : text.Replace(part, "", StringComparison.Ordinal);

    private static string Replace(string? text, string match, string replacement) =>
        string.IsNullOrEmpty(text) ? "" : text.Replace(match, replacement, StringComparison.Ordinal);

    private static string ReplaceFirst(string? text, string? match, string replacement)
    {
        if (string.IsNullOrEmpty(text) || string.IsNullOrEmpty(match)) return text ?? "";
        var index = text.IndexOf(match, StringComparison.OrdinalIgnoreCase); // unlike `replace`, this one ignores case
        return index < 0 ? text : string.Concat(text.AsSpan(0, index), replacement, text.AsSpan(index + match.Length));
    }

    private static string Slice(string text, int start, int? length)
    {
        if (start >= text.Length) return "";
        var from = start < 0 ? start + text.Length : start;
        var to = Math.Min(text.Length, (long)from + (length ?? text.Length));
        from = Math.Max(0, from);
        return to <= from ? "" : text[from..(int)to];
    }

    private static ScriptArray Split(string? text, string separator) =>
        new(string.IsNullOrEmpty(text) ? [] : text.Split(separator, StringSplitOptions.RemoveEmptyEntries));

    private static object? ToInt(Arguments a) =>
        int.TryParse(a.Text(0), NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Truncate(string text, int length, string ellipsis) =>
        text.Length <= length ? text : text[..Math.Clamp(length - ellipsis.Length, 0, text.Length)] + ellipsis;
}
