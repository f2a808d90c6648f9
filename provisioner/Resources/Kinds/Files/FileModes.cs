using System.Globalization;
using Cloudlet.Errors;

namespace Cloudlet.Resources.Kinds.Files;

/// <summary>Permission bits as four octal digits.</summary>
internal static class FileModes
{
    private const int AllBits = 0xfff; // 07777

    /// <summary><c>0644</c>.</summary>
    public static string Text(UnixFileMode mode) => Convert.ToString((int)mode, toBase: 8).PadLeft(4, '0');

    /// <summary>Reads octal digits; null for null.</summary>
    /// <exception cref="CloudletException">InvalidInput: not an octal number, or more than 7777.</exception>
    public static UnixFileMode? Parse(string? text, string id)
    {
        if (text is null)
            return null;
        var bits = 0;
        foreach (var digit in text)
            bits = digit is >= '0' and <= '7' && bits <= AllBits ? (bits << 3) + CharUnicodeInfo.GetDecimalDigitValue(digit) : AllBits + 1;
        return text.Length > 0 && bits <= AllBits
            ? (UnixFileMode)bits
            : throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{id}: mode {text} is not a valid set of permission bits; write four octal digits, as 0644"
            );
    }
}
