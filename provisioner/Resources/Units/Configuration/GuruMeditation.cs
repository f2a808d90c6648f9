using System.Collections.Concurrent;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Units.Configuration;

/// <summary>
/// Asks a process of OpenStack what it has loaded: on SIGUSR2 it writes a Guru Meditation Report into the folder <c>[oslo_reports] log_dir</c> and goes on. Without that folder the report goes to the journal, where
/// it is of no use to anybody: then it is not asked. Nor is one at work: the handler of oslo.reports walks over all frames of the program, and with Python 3.11 it fails at one that is between two lines (its f_lineno is
/// None), which ends the process. One that sleeps is in the middle of a call, and its frames all have lines.
/// </summary>
/// <param name="systemd">Says which process is the unit's.</param>
/// <param name="files">The host's files.</param>
/// <param name="signals">Reaches the process; one that has no handler, as while it starts, is left alone.</param>
/// <param name="clock">For waits.</param>
/// <param name="settled">
/// A process that has not run for this long is left alone; null: a minute. It has just loaded what is there, and whoever looks should record that at once, before an edit comes in between, and not wait for a report.
/// </param>
internal sealed class GuruMeditation(ISystemd systemd, IHostFiles files, IProcessSignals signals, TimeProvider clock, TimeSpan? settled = null)
{
    private const int SIGUSR2 = 12;
    private const string FolderOption = "oslo_reports.log_dir";

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    /// <summary>One look asks twice, to plan and to apply.</summary>
    private static readonly TimeSpan GoodFor = TimeSpan.FromSeconds(10);

    private readonly LoadedFiles loaded = new(files);
    private readonly ConcurrentDictionary<string, (long Time, GuruReport? Report)> answers = new(StringComparer.Ordinal);

    /// <summary>The options that the process has other than the files say; null when it gives no answer within three seconds.</summary>
    public async ValueTask<IReadOnlyList<string>?> AskAsync(UnitInfo unit, IReadOnlyList<string> loads, CancellationToken ct)
    {
        List<ConfigurationText> texts = [];
        foreach (var file in loads.Where(path => !StaleFile.IsUnitFile(path)).SelectMany(path => loaded.Read([path]).Values))
            if (file.Content is { } content && ConfigurationText.Parse(content) is { } text)
                texts.Add(text);
        if (texts.LastOrDefault(t => t.Options.ContainsKey(FolderOption))?.Options[FolderOption][^1].Text is not ['/', ..] folder)
            return null;
        if (!answers.TryGetValue(unit.InvocationId, out var answer) || clock.GetElapsedTime(answer.Time) > GoodFor)
            answers[unit.InvocationId] = answer = (clock.GetTimestamp(), await ReportAsync(unit, folder.TrimEnd('/'), ct));
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

            // It is complete when it does not grow any more.
            var last = seen;
            seen = Reports(folder).Where(r => !before.Contains(r)).Select(r => (r.Path, Text: TextOf(r.Path))).FirstOrDefault(r => GuruReport.IsOf(unit.MainPid, r.Text));
            if (seen is not { Path: not null } found || found != last || GuruReport.Parse(found.Text) is not { IsComplete: true } report)
                continue;
            TakeAway(found.Path);
            return report;
        }

        return null;

        bool IsStillIt() => systemd.Get(unit.Name) is var now && now.MainPid == unit.MainPid && now.InvocationId == unit.InvocationId;
    }

    private IEnumerable<(string Path, DateTimeOffset Changed, long Length)> Reports(string folder) =>
        files.List(folder).Where(name => name.Contains("_gurumeditation_", StringComparison.Ordinal)).Select(name => $"{folder}/{name}")
            .Select(path => files.Stat(path) is { Type: HostFileType.Regular } info ? (path, info.Changed, info.Length) : default)
            .Where(report => report.path is not null);

    private string TextOf(string path) => files.Read(path) is { } content && ConfigurationText.Decode(content) is { } text ? text : "";

    /// <summary>A report that we asked for is nobody else's; a folder that does not let it go is no reason to fail.</summary>
    private void TakeAway(string path)
    {
        try
        {
            files.Delete(path);
        }
        catch (CloudletException)
        {
            // It is a few kilobytes.
        }
    }
}
