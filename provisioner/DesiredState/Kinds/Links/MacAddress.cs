using System.Globalization;

namespace Cloudlet.DesiredState.Kinds.Links;

/// <summary>Reads and writes 48-bit hardware addresses.</summary>
public static class MacAddress
{
    /// <summary>The six bytes of <c>aa:bb:cc:dd:ee:ff</c>, upper or lower case; null for any other text.</summary>
    public static byte[]? Parse(string text)
    {
        if (text.Length != 17)
            return null;
        var bytes = new byte[6];
        for (var i = 0; i < 6; i++)
        {
            if (i > 0 && text[3 * i - 1] != ':')
                return null;
            if (!byte.TryParse(text.AsSpan(3 * i, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[i]))
                return null;
        }

        return bytes;
    }

    /// <summary>Lower-case colon notation.</summary>
    public static string Format(ReadOnlySpan<byte> bytes)
    {
        var hex = Convert.ToHexStringLower(bytes);
        return $"{hex[..2]}:{hex[2..4]}:{hex[4..6]}:{hex[6..8]}:{hex[8..10]}:{hex[10..]}";
    }
}
