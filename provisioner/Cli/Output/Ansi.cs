namespace Cloudlet.Cli.Output;

/// <summary>The few colours that the reports use.</summary>
internal enum Colour
{
    Red = 31,
    Green = 32,
    Yellow = 33,
    Grey = 90,
}

/// <summary>SGR sequences of ECMA-48; a whole console library would cost a no-op run more than its work does.</summary>
internal static class Ansi
{
    public static string Paint(Colour colour, string text) => $"\e[{(int)colour}m{text}\e[0m";

    /// <summary>Colours are for a person at a terminal who has not asked for none (https://no-color.org).</summary>
    public static bool Wanted(bool redirected) =>
        !redirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "" && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or null);
}
