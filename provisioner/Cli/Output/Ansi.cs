namespace Cloudlet.Cli.Output;

/// <summary>The colours of the reports.</summary>
internal enum Colour
{
    Red = 31,
    Green = 32,
    Yellow = 33,
    Grey = 90,
}

/// <summary>SGR sequences of ECMA-48. Loading a console library would take longer than a no-op run.</summary>
internal static class Ansi
{
    public static string Paint(Colour colour, string text) => $"\e[{(int)colour}m{text}\e[0m";

    /// <summary>True for a terminal, unless the user has disabled colours (https://no-color.org).</summary>
    public static bool Wanted(bool redirected) =>
        !redirected
        && Environment.GetEnvironmentVariable("NO_COLOR") is null or ""
        && Environment.GetEnvironmentVariable("TERM") is not ("dumb" or null);
}
