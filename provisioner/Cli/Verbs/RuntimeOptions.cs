using System.CommandLine;
using System.Globalization;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Cli.Verbs;

/// <summary>Options that the verbs of the runtime (<c>base</c>, <c>vm</c>) share.</summary>
internal static class RuntimeOptions
{
    public static Option<string> Store() =>
        new("--store")
        {
            Description = "Folder of bases and VMs.",
            DefaultValueFactory = _ => RuntimeStore.DefaultPath,
            Recursive = true,
            HelpName = "FOLDER",
        };

    public static Option<bool> Json() => new("--json") { Description = "One JSON object a line on standard output, for machines." };

    public static Option<string?> Name(string what) =>
        new("--name") { Description = $"A name for the {what}: lower-case letters, digits and dashes.", HelpName = "NAME" };

    public static Option<TimeSpan> Timeout(string description, TimeSpan standard) =>
        new("--timeout")
        {
            Description = description,
            HelpName = "TIME",
            DefaultValueFactory = _ => standard,
            CustomParser = result =>
            {
                if (Options.ParseTime(result.Tokens is [var one] ? one.Value : "") is { } time)
                    return time;
                result.AddError("--timeout takes a time from 1s to 24h, such as 90s, 5m or 00:05:00");
                return default;
            },
        };

    /// <summary>Parses a size such as <c>512M</c> or <c>2G</c>; returns bytes. InvalidInput for anything else.</summary>
    public static long ParseSize(string text)
    {
        var shift =
            text.Length == 0
                ? 0
                : text[^1] switch
                {
                    'M' => 20,
                    'G' => 30,
                    _ => 0,
                };
        return
            shift > 0
            && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is > 0 and < 1 << 24
            ? number << shift
            : throw new CloudletException(ErrorKind.InvalidInput, $"'{text}' is not a valid size: write a number and M or G, such as 512M");
    }
}
