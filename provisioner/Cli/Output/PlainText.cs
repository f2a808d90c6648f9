using System.Text;

namespace Cloudlet.Cli.Output;

/// <summary>
/// Makes text from a host safe to show: control characters are escaped, because they could move the terminal's cursor or worse.
/// </summary>
internal static class PlainText
{
    public static string Of(string text, bool keepLines = false)
    {
        if (!text.AsSpan().ContainsAnyInRange('\0', '\x1f') && !text.AsSpan().ContainsAnyInRange('\x7f', '\x9f'))
            return text;
        var shown = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (char.IsControl(c) && !(c == '\t' || (keepLines && c == '\n')))
                shown.Append($"\\x{(int)c:x2}");
            else
                shown.Append(c);
        }

        return shown.ToString();
    }
}
