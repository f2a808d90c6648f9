using System.CommandLine;
using System.Globalization;
using Cloudlet.Cli.Output;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet man</c>: writes the manual pages.</summary>
internal static class ManVerb
{
    /// <summary>Date of reproducible builds, in seconds since 1970 (reproducible-builds.org).</summary>
    private const string DateVariable = "SOURCE_DATE_EPOCH";

    /// <summary>Makes the verb.</summary>
    /// <param name="version">Version of this program.</param>
    public static Command Create(string version)
    {
        var folder = new Argument<DirectoryInfo>("FOLDER") { Description = "Folder for the pages; it is created when it does not exist." };
        var verb = new VerbCommand("man", "Write the manual pages of `cloudlet` and its verbs to a folder. Packages contain them already.")
        {
            Examples =
            [
                (
                    "cloudlet man /usr/local/share/man/man1",
                    "after an installation from source or from an archive; then `man cloudlet-apply`"
                ),
            ],
        };
        verb.Arguments.Add(folder);
        verb.SetAction(parsed =>
        {
            var target = parsed.GetValue(folder)!;
            target.Create();
            var date = Date(Environment.GetEnvironmentVariable(DateVariable), TimeProvider.System);
            // Without the commit, so that the pages of one version are the same.
            var pages = new ManPages(parsed.RootCommandResult.Command, version.Split('+')[0], date);
            foreach (var (file, text) in pages.All())
                File.WriteAllText(Path.Combine(target.FullName, file), text);
            return ExitCodes.Ok;
        });
        return verb;
    }

    /// <summary>The day of a number of seconds since 1970, or today without a valid one.</summary>
    internal static DateOnly Date(string? seconds, TimeProvider time) =>
        DateOnly.FromDateTime(
            long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var since) && since <= uint.MaxValue
                ? DateTimeOffset.FromUnixTimeSeconds(since).UtcDateTime
                : time.GetUtcNow().UtcDateTime
        );
}
