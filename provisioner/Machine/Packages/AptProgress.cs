using System.Globalization;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Machine.Packages;

/// <summary>
/// Progress of a running apt, from its status lines (APT::Status-Fd): <c>pmstatus:chrony:40.0000:Configuring chrony (amd64)</c> from the
/// work of dpkg, <c>dlstatus:1:12.5000:Retrieving file 1 of 9</c> from downloads. They share the descriptor of apt's errors: every other
/// descriptor would have to be passed on, and dpkg's output cannot break into a line there, because it has a terminal of its own.
/// </summary>
internal sealed class AptProgress
{
    private static readonly string[] Kinds = ["pmstatus:", "dlstatus:"];

    /// <summary>First words of all status lines; the last three report errors, and questions that we do not answer.</summary>
    private static readonly string[] Starts = [.. Kinds, "pmerror:", "pmconffile:", "media-change:"];

    private volatile string? _text;

    /// <summary>Options that make apt write status lines.</summary>
    public static string[] Options { get; } = ["-o", "APT::Status-Fd=2"];

    /// <summary>What apt does, in apt's words, and how far it is; null: nothing was reported yet.</summary>
    public string? Text => _text;

    /// <summary>Reads one line of apt's errors.</summary>
    public void Read(string line)
    {
        if (TextOf(line) is { } text)
            _text = text;
    }

    /// <summary>The result without the status lines: the errors only.</summary>
    public static ProcessResult WithoutLines(ProcessResult result) =>
        result with
        {
            Error = string.Join('\n', result.Error.Split('\n').Where(static line => !IsStatus(line))),
        };

    private static bool IsStatus(string line) => Array.Exists(Starts, start => line.StartsWith(start, StringComparison.Ordinal));

    /// <summary>The message and percentage of a status line; a package's name may have a colon and its architecture.</summary>
    internal static string? TextOf(string line)
    {
        if (!Array.Exists(Kinds, kind => line.StartsWith(kind, StringComparison.Ordinal)))
            return null;
        var fields = line.TrimEnd('\r').Split(':');
        for (var i = 2; i < fields.Length - 1; i++)
            if (
                fields[i].Contains('.')
                && double.TryParse(fields[i], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent)
            )
            {
                var message = string.Join(':', fields[(i + 1)..]).Trim();
                return message.Length == 0
                    ? null
                    : string.Create(CultureInfo.InvariantCulture, $"{message}, {Math.Floor(Math.Min(percent, 100))} %");
            }
        return null;
    }
}
