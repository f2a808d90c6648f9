using System.Globalization;
using Cloudlet.Errors;

namespace Cloudlet.Machine.Netlink;

/// <summary>Converts hardware addresses between bytes and colon notation.</summary>
internal static class MacAddresses
{
    /// <summary>Bytes of an Ethernet address.</summary>
    internal const int Size = 6;

    /// <summary>Parses <c>02:00:00:00:00:01</c> into six bytes.</summary>
    internal static byte[] Parse(string text)
    {
        var bytes = new byte[Size];
        if (text.Length != (Size * 3) - 1)
            throw Invalid(text);
        for (var i = 0; i < Size; i++)
        {
            if (i > 0 && text[(i * 3) - 1] != ':')
                throw Invalid(text);
            if (!byte.TryParse(text.AsSpan(i * 3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[i]))
                throw Invalid(text);
        }

        return bytes;
    }

    /// <summary>Lower-case colon notation of a hardware address of any length; null for none.</summary>
    internal static string? Format(ReadOnlySpan<byte> bytes)
    {
        const string Digits = "0123456789abcdef";
        if (bytes.IsEmpty)
            return null;
        Span<char> text = stackalloc char[32 * 3];
        var length = 0;
        foreach (var b in bytes[..Math.Min(bytes.Length, 32)])
        {
            text[length++] = Digits[b >> 4];
            text[length++] = Digits[b & 15];
            text[length++] = ':';
        }

        return new string(text[..(length - 1)]);
    }

    /// <summary>Six bytes as a number, the first byte the highest.</summary>
    internal static ulong Number(ReadOnlySpan<byte> bytes)
    {
        var number = 0UL;
        foreach (var b in bytes[..Size])
            number = (number << 8) | b;
        return number;
    }

    /// <summary>Lower-case colon notation of a number from <see cref="Number"/>.</summary>
    internal static string? Format(ulong number)
    {
        Span<byte> bytes = stackalloc byte[Size];
        for (var i = Size - 1; i >= 0; i--, number >>= 8)
            bytes[i] = (byte)number;
        return Format(bytes);
    }

    private static CloudletException Invalid(string text) =>
        new(ErrorKind.InvalidInput, $"hardware address \"{text}\": not six bytes in colon notation such as 02:00:00:00:00:01");
}
