using System.Globalization;
using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Situations;

/// <summary>A line of a log.</summary>
/// <param name="Exhibit">Exhibit that contains it.</param>
/// <param name="Text">The line.</param>
/// <param name="Pid">Process that wrote it; null where the line does not say.</param>
internal sealed record LogLine(string Exhibit, string Text, int? Pid)
{
    public bool Has(string words) => Text.Contains(words, StringComparison.OrdinalIgnoreCase);

    public bool HasAny(ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            if (Has(word))
                return true;
        }

        return false;
    }
}

/// <summary>Lines of one service, from its log file and its journal.</summary>
internal sealed class LogText
{
    private readonly IReadOnlyList<LogLine> _file;
    private readonly IReadOnlyList<LogLine> _journal;

    private LogText(IReadOnlyList<LogLine> file, IReadOnlyList<LogLine> journal)
    {
        _file = file;
        _journal = journal;
    }

    /// <summary>Every line: the journal first, which is shorter and, where both report the same, older.</summary>
    public IEnumerable<LogLine> All => _journal.Concat(_file);

    /// <summary>
    /// Lines of the running process, or of the last one. Problems of an earlier process are over. A log that names no process counts as a
    /// whole.
    /// </summary>
    /// <param name="pid">Main process, or null when there is none.</param>
    public IReadOnlyList<LogLine> Of(int? pid)
    {
        // A process that has written nothing yet looks like one that writes another number: that of a wrapper, or inside a container.
        var writer =
            pid is not null && All.Any(l => l.Pid == pid)
                ? pid
                : _file.LastOrDefault(l => l.Pid is not null)?.Pid ?? _journal.LastOrDefault(l => l.Pid is not null)?.Pid;
        if (writer is not { } process)
            return [.. pid is null ? LastRun(_journal) : _journal, .. _file];
        // What a program prints before it has set up its log, such as a parse error, is in the journal without a number.
        return [.. pid is null ? LastRun(_journal) : After(_journal, process), .. After(_file, process)];
    }

    public static LogText Read(string service, Notes notes) =>
        new(
            Lines(notes.Answer(ExhibitIds.Log(service), isNeeded: false)),
            Lines(notes.Answer(ExhibitIds.Journal($"{service}.service"), isNeeded: false))
        );

    /// <summary>From the first line of that process on, including the lines of its workers and traces.</summary>
    private static IEnumerable<LogLine> After(IReadOnlyList<LogLine> lines, int pid) => lines.SkipWhile(l => l.Pid != pid);

    /// <summary>From systemd's last message about a start on.</summary>
    private static IEnumerable<LogLine> LastRun(IReadOnlyList<LogLine> lines)
    {
        var start = lines.Count - 1;
        while (
            start > 0
            && !lines[start].Text.StartsWith("Starting ", StringComparison.Ordinal)
            && !lines[start].Text.StartsWith("Started ", StringComparison.Ordinal)
        )
            start--;
        return lines.Skip(start);
    }

    private static IReadOnlyList<LogLine> Lines(Exhibit? exhibit) =>
        exhibit is null
            ? []
            :
            [
                .. exhibit
                    .Text.Split('\n')
                    .Select(l => l.TrimEnd())
                    .Where(l => l.Length > 0)
                    .Select(l => new LogLine(exhibit.Id, l, PidOf(l))),
            ];

    /// <summary>oslo.log: <c>2026-03-04 12:00:00.000 1234 ERROR …</c>.</summary>
    private static int? PidOf(string line)
    {
        var words = line.Split(' ', 4);
        return
            words.Length == 4
            && words[0].Length == 10
            && words[0][4] == '-'
            && words[1].Length >= 8
            && words[1][2] == ':'
            && int.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
            ? pid
            : null;
    }
}
