using System.CommandLine;

namespace Cloudlet.Cli.Verbs;

/// <summary>Options that several verbs share, each defined once.</summary>
internal static class Options
{
    public static Argument<string[]> Site() =>
        new("SITE") { Description = "Site files (YAML). Later ones are layered over earlier ones.", Arity = ArgumentArity.ZeroOrMore };

    public static Option<string[]> Host() =>
        new("--host", "-H")
        {
            Description = "Only this host of the site; may be given several times.",
            AllowMultipleArgumentsPerToken = false,
        };

    public static Option<bool> Json() =>
        new("--json") { Description = "One JSON object a line on standard output, for machines (docs/formats/events.md)." };

    public static Option<FileInfo?> State() =>
        new("--state")
        {
            Description = "A compiled HostState (`cloudlet compile`) for this machine, instead of site files; - for standard input.",
            HelpName = "FILE",
        };

    public static Option<string[]> Ssh() =>
        new("--ssh-option")
        {
            Description = "An option for ssh, as after its -o, e.g. ConnectTimeout=3. May be given several times.",
            HelpName = "NAME=VALUE",
        };

    public static Option<string?> SshConfig() =>
        new("--ssh-config") { Description = "A configuration file for ssh instead of the user's, as after its -F.", HelpName = "FILE" };

    public static Option<bool> TakeOver() =>
        new("--take-over") { Description = "Also take over hosts that another description has: from now on they belong to this one." };

    public static Option<TimeSpan?> Confirm() =>
        Time("--confirm", "Roll back automatically unless `cloudlet confirm` is run within this time, e.g. 60s or 5m.");

    /// <summary>An option that takes a time.</summary>
    public static Option<TimeSpan?> Time(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "TIME",
            CustomParser = result => ParseTime(result.Tokens is [var one] ? one.Value : "") ?? Wrong(result, name),
        };

    /// <summary>
    /// A time such as <c>90</c>, <c>90s</c>, <c>5m</c>, <c>1h</c>, or <c>00:05:00</c> as help prints it, from one second to one day; null
    /// when the text is not valid.
    /// </summary>
    public static TimeSpan? ParseTime(string text)
    {
        if (text.Length == 0)
            return null;
        if (TimeSpan.TryParseExact(text, @"hh\:mm\:ss", System.Globalization.CultureInfo.InvariantCulture, out var clock))
            return clock >= TimeSpan.FromSeconds(1) ? clock : null;
        var unit = text[^1];
        var digits = char.IsAsciiDigit(unit) ? text : text[..^1];
        if (!int.TryParse(digits, System.Globalization.NumberStyles.None, null, out var number) || number < 1)
            return null;
        long? seconds = unit switch
        {
            's' => number,
            'm' => number * 60L,
            'h' => number * 3600L,
            _ when char.IsAsciiDigit(unit) => number,
            _ => null,
        };
        return seconds is <= 86_400 ? TimeSpan.FromSeconds(seconds.Value) : null;
    }

    private static TimeSpan? Wrong(System.CommandLine.Parsing.ArgumentResult result, string name)
    {
        result.AddError(
            $"{name} takes a time from 1s to 24h, such as 60s or 5m; got \"{string.Join(' ', result.Tokens.Select(t => t.Value))}\""
        );
        return null;
    }
}
