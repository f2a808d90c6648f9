using System.Text;

namespace Cloudlet.DesiredState.Kinds.Secrets;

/// <summary>What the value of a secret can be: every program that we give one to reads it as a line.</summary>
public static class SecretText
{
    /// <summary>Longest value in bytes of UTF-8.</summary>
    public const int LongestValue = 16 << 10;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text of bytes that may end in one line break, which editors and programs add.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="problem">Why they are not a value, without any part of them; null: they are one.</param>
    public static string Of(ReadOnlySpan<byte> bytes, out string? problem)
    {
        if (bytes.EndsWith("\r\n"u8))
            bytes = bytes[..^2];
        else if (bytes.EndsWith("\n"u8))
            bytes = bytes[..^1];
        var text = "";
        try
        {
            text = bytes.Length > LongestValue ? "" : Strict.GetString(bytes);
            problem = bytes.Length > LongestValue ? TooLong : ProblemIn(text);
        }
        catch (ArgumentException)
        {
            problem = "the value is not UTF-8 text";
        }

        return problem is null ? text : "";
    }

    /// <summary>Why a text is not a value, without any part of it; null: it is one.</summary>
    public static string? ProblemIn(string text) =>
        text.Length == 0 ? "the value is empty"
        : text.Length > LongestValue || Encoding.UTF8.GetByteCount(text) > LongestValue ? TooLong
        : text.Contains('\0') ? "the value contains a NUL character"
        : text.AsSpan().ContainsAny('\n', '\r') ? "the value has more than one line; a secret is one line"
        : text.Any(char.IsControl) ? "the value contains a control character"
        : null;

    private static string TooLong => $"the value is longer than {LongestValue} bytes";
}
