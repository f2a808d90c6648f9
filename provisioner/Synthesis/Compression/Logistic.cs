namespace Cloudlet.Synthesis.Compression;

/// <summary>
/// The logistic domain in which probabilities are mixed: <see cref="Stretch"/> is ln(p / (1 - p)), <see cref="Squash"/> its inverse.
/// Probabilities have 12 bits, stretched ones 8 fractional bits. Both are integers from tables, so every machine gets the same values.
/// </summary>
internal static class Logistic
{
    /// <summary>Largest stretched probability.</summary>
    public const int Most = 2047;

    private static readonly short[] Squashed = SquashTable();
    private static readonly short[] Stretched = StretchTable();

    /// <summary>The probability, 1 to 4095, of a stretched one.</summary>
    public static int Squash(int stretched) => Squashed[Math.Clamp(stretched, -Most, Most) + Most];

    /// <summary>The stretched probability of one of 12 bits.</summary>
    public static int Stretch(int probability) => Stretched[probability];

    private static short[] SquashTable()
    {
        var table = new short[(2 * Most) + 1];
        for (var i = 0; i < table.Length; i++)
            table[i] = (short)Math.Clamp((int)Math.Round(4096 / (1 + Math.Exp((Most - i) / 256.0))), 1, 4095);
        return table;
    }

    /// <summary>For each probability the least number whose squashed value is not below it.</summary>
    private static short[] StretchTable()
    {
        var table = new short[4096];
        var at = 0;
        for (var p = 0; p < table.Length; p++)
        {
            while (at < Squashed.Length - 1 && Squashed[at] < p)
                at++;
            table[p] = (short)(at - Most);
        }

        return table;
    }
}
