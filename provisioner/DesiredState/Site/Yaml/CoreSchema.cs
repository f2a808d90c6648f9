using System.Globalization;
using System.Text.Json.Nodes;

namespace Cloudlet.DesiredState.Site.Yaml;

/// <summary>
/// The meaning of plain scalars: the core schema of YAML 1.2.2, section 10.3.2, with one deviation: digits with leading zeros (<c>0644</c>)
/// stay text, because they are permission bits or serial numbers, never the decimal number of the schema.
/// </summary>
internal static class CoreSchema
{
    /// <summary>Booleans: true and false in three spellings, nothing else.</summary>
    public static bool TryBoolean(string text, out bool value)
    {
        value = text is "true" or "True" or "TRUE";
        return value || text is "false" or "False" or "FALSE";
    }

    /// <summary>Spellings that were booleans in YAML 1.1 and are text in YAML 1.2.</summary>
    public static bool WasBoolean(string text, out bool value)
    {
        value = IsOneOf(text, "yes", "on", "y");
        return value || IsOneOf(text, "no", "off", "n");
    }

    /// <summary>Whole numbers: decimal with a sign, <c>0o</c> octal, <c>0x</c> hexadecimal. Also false when it is out of range.</summary>
    public static bool TryInteger(string text, out long value)
    {
        if (text.StartsWith("0x", StringComparison.Ordinal))
            return long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && value >= 0;
        if (text.StartsWith("0o", StringComparison.Ordinal))
            return TryOctal(text.AsSpan(2), out value);
        value = 0;
        return IsDecimal(text) && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>True for a whole number or a floating-point number that JSON can represent (no infinities).</summary>
    public static bool IsNumber(string text) => TryInteger(text, out _) || TryFloat(text, out _);

    /// <summary>The value as a template sees it.</summary>
    public static JsonNode? ToJson(YamlScalar scalar)
    {
        if (!scalar.IsPlain)
            return JsonValue.Create(scalar.Text);
        if (scalar.IsEmpty || scalar.IsRemoval)
            return null;
        if (TryBoolean(scalar.Text, out var boolean))
            return JsonValue.Create(boolean);
        if (TryInteger(scalar.Text, out var integer))
            return JsonValue.Create(integer);
        return TryFloat(scalar.Text, out var number) ? JsonValue.Create(number) : JsonValue.Create(scalar.Text);
    }

    private static bool TryFloat(string text, out double value)
    {
        value = 0;
        var digits = text.AsSpan().TrimStart("+-");
        if (
            digits.IsEmpty
            || text.Length - digits.Length > 1
            || HasLeadingZero(digits)
            || !(char.IsAsciiDigit(digits[0]) || digits[0] == '.')
        )
            return false;
        foreach (var c in digits)
        {
            if (!char.IsAsciiDigit(c) && c is not ('.' or 'e' or 'E' or '+' or '-'))
                return false;
        }

        const NumberStyles style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, style, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    private static bool IsDecimal(string text)
    {
        var digits = text.AsSpan().TrimStart("+-");
        return !digits.IsEmpty && text.Length - digits.Length <= 1 && !HasLeadingZero(digits) && !digits.ContainsAnyExceptInRange('0', '9');
    }

    private static bool HasLeadingZero(ReadOnlySpan<char> digits) => digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]);

    private static bool TryOctal(ReadOnlySpan<char> digits, out long value)
    {
        value = 0;
        if (digits.Length is 0 or > 20 || digits.ContainsAnyExceptInRange('0', '7'))
            return false;
        foreach (var digit in digits)
            value = value * 8 + (digit - '0');
        return true;
    }

    private static bool IsOneOf(string text, string first, string second, string third) =>
        text.Equals(first, StringComparison.OrdinalIgnoreCase)
        || text.Equals(second, StringComparison.OrdinalIgnoreCase)
        || text.Equals(third, StringComparison.OrdinalIgnoreCase);
}
