using System.Collections.Concurrent;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Kinds.Units.Configuration;

/// <summary>
/// Gets the loaded configuration of an OpenStack process: on SIGUSR2 it writes a Guru Meditation Report into the folder <c>[oslo_reports]
/// log_dir</c> and continues. Without that folder the report would go to the journal, so it is not requested. A busy process is not asked
/// either: the handler of oslo.reports walks over all frames of the program, and with Python 3.11 it fails at a frame between two lines
/// (its f_lineno is None), which ends the process. A sleeping process is inside a call, and all its frames have lines.
/// </summary>
/// <param name="systemd">Finds the unit's process.</param>
/// <param name="files">The host's files.</param>
/// <param name="signals">Sends the signal; a process without a handler, such as a starting one, is left alone.</param>
/// <param name="clock">Source of time and delays.</param>
/// <param name="settled">
/// A process that has run for less than this is left alone; null: a minute. It has just loaded the present files, and the caller
/// should record that at once, before an edit comes in between, and not wait for a report.
/// </param>
internal sealed class GuruMeditation(
    ISystemd systemd,
    IHostFiles files,
    IProcessSignals signals,
    TimeProvider clock,
    TimeSpan? settled = null
)
{
    private const int SIGUSR2 = 12;
    private const string FolderOption = "oslo_reports.log_dir";

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    /// <summary>One pass asks twice, to plan and to apply.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(10);

    private readonly LoadedFiles _loaded = new(files);
    private readonly ConcurrentDictionary<string, (long Time, GuruReport? Report)> _answers = new(StringComparer.Ordinal);

    /// <summary>The options in which the process differs from the files; null when it does not answer within three seconds.</summary>
    public async ValueTask<IReadOnlyList<string>?> AskAsync(UnitInfo unit, IReadOnlyList<string> loads, CancellationToken ct)
    {
        List<ConfigurationText> texts = [];
        foreach (var file in loads.Where(path => !StaleFile.IsUnitFile(path)).SelectMany(path => _loaded.Read([path]).Values))
            if (file.Content is { } content && ConfigurationText.Parse(content) is { } text)
                texts.Add(text);
        if (texts.LastOrDefault(t => t.Options.ContainsKey(FolderOption))?.Options[FolderOption][^1].Text is not ['/', ..] folder)
            return null;
        if (!_answers.TryGetValue(unit.InvocationId, out var answer) || clock.GetElapsedTime(answer.Time) > GoodFor)
            _answers[unit.InvocationId] = answer = (clock.GetTimestamp(), await ReportAsync(unit, folder.TrimEnd('/'), ct));
        return answer.Report?.Differences(texts);
    }

    private async ValueTask<GuruReport?> ReportAsync(UnitInfo unit, string folder, CancellationToken ct)
    {
        var before = Reports(folder).ToHashSet();
        if (!signals.SendIfCaught(unit.MainPid, SIGUSR2, () => IsStillIt() && signals.IsIdle(unit.MainPid, settled ?? Settled)))
            return null;
        var sent = clock.GetTimestamp();
        (string Path, string Text)? seen = null;
        while (clock.GetElapsedTime(sent) < Longest)
        {
            await Task.Delay(Pause, clock, ct);

            // The report is complete when it stops growing.
            var last = seen;
            seen = Reports(folder)
                .Where(r => !before.Contains(r))
                .Select(r => (r.Path, Text: TextOf(r.Path)))
                .FirstOrDefault(r => GuruReport.IsOf(unit.MainPid, r.Text));
            if (seen is not { Path: not null } found || found != last || GuruReport.Parse(found.Text) is not { IsComplete: true } report)
                continue;
            TakeAway(found.Path);
            return report;
        }

        return null;

        bool IsStillIt() => systemd.Get(unit.Name) is var now && now.MainPid == unit.MainPid && now.InvocationId == unit.InvocationId;
    }

    private IEnumerable<(string Path, DateTimeOffset Changed, long Length)> Reports(string folder) =>
        files
            .List(folder)
            .Where(name => name.Contains("_gurumeditation_", StringComparison.Ordinal))
            .Select(name => $"{folder}/{name}")
            .Select(path => files.Stat(path) is { Type: HostFileType.Regular } info ? (path, info.Changed, info.Length) : default)
            .Where(report => report.path is not null);

    private string TextOf(string path) => files.Read(path) is { } content && ConfigurationText.Decode(content) is { } text ? text : "";

    /// <summary>Deletes a report that we requested and nothing else needs; a failure to delete it is ignored.</summary>
    private void TakeAway(string path)
    {
        try
        {
            files.Delete(path);
        }
        catch (CloudletException)
        {
            // The report is only a few kilobytes.
        }
    }
}
