using Cloudlet.Machine.Files;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Kinds.Units.Configuration;

/// <summary>
/// Whether the running process of a unit has loaded the files that are on disk. A stamp of its run records the contents of the files when
/// it started; without one, the times of the files are compared with the time of the start. Checking writes nothing.
/// </summary>
/// <param name="files">The host's files.</param>
/// <param name="folder">Folder of the stamps; lost at a reboot, like the processes.</param>
internal sealed class LoadedConfiguration(IHostFiles files, string folder)
{
    /// <summary>The kernel stamps files with the time of its last tick, at most 10 ms (CONFIG_HZ=100) before the change.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly LoadedFiles _loaded = new(files);
    private readonly UnitStamps _stamps = new(files, folder);

    /// <summary>True when the unit's present run has a stamp, so that the result does not depend on times.</summary>
    public bool Knows(UnitInfo unit) => StampOf(unit) is not null;

    /// <summary>The changes that the process has not loaded; null when there are none.</summary>
    public Staleness? Judge(UnitInfo unit, IReadOnlyList<string> loads)
    {
        List<StaleFile> stale = [];
        if (StampOf(unit) is { } known)
            stale = [.. Compare(known.Stamp, known.Key, unit, loads)];
        else if (unit.Started is { } started && ChangedSince(started, loads) is { } changed)
            stale = [changed];
        return stale.Count > 0 ? new Staleness(stale) : null;
    }

    /// <summary>True when a file or folder exists at the path, after following links.</summary>
    public bool IsThere(string path) => _loaded.Final(path) is not null;

    /// <summary>
    /// The present content of the files. Call it before a start: an edit during the start then counts as not loaded.
    /// </summary>
    public UnitStamp Take(IReadOnlyList<string> loads)
    {
        var key = _stamps.KeyOrNew();
        return new UnitStamp
        {
            InvocationId = "",
            Key = key.Fingerprint,
            Loads = loads,
            Files = _loaded.Read(loads).ToDictionary(f => f.Key, f => key.Stamp(f.Value)),
        };
    }

    /// <summary>
    /// Records that the unit's present run has loaded the contents that were read before its start. Files that changed since then are
    /// unknown, and stay stale until the next start.
    /// </summary>
    public void Stamp(UnitInfo unit, UnitStamp before)
    {
        var after = Take(before.Loads).Files;
        string[] unsettled = [.. before.Files.Keys.Union(after.Keys).Where(IsUnsettled).Order(StringComparer.Ordinal)];
        _stamps.Write(unit.Name, before with { InvocationId = unit.InvocationId, Unsettled = unsettled.Length > 0 ? unsettled : null });

        bool IsUnsettled(string path) =>
            !(before.Files.TryGetValue(path, out var was) && after.TryGetValue(path, out var has) && was.Equivalent(has));
    }

    /// <summary>
    /// Stamps a run that was started by others and whose files are older than it, so that later checks need no times. Writes nothing when
    /// a file changed after the start, even during this call, or when the run ended during this call.
    /// </summary>
    /// <param name="unit">A running unit.</param>
    /// <param name="loads">The files it loads.</param>
    /// <param name="again">Queries the unit again.</param>
    public void RecordLoaded(UnitInfo unit, IReadOnlyList<string> loads, Func<UnitInfo> again)
    {
        var known = StampOf(unit)?.Stamp;
        string[] unknown = [.. loads.Where(path => known?.Covers(path) != true)];
        if (
            unknown.Length == 0
            || unit.InvocationId.Length == 0
            || unit.Started is not { } started
            || ChangedSince(started, unknown) is not null
        )
            return;
        var taken = Take(unknown);
        var now = again();
        if (
            ChangedSince(started, unknown) is not null
            || now.InvocationId != unit.InvocationId
            || now.Started != started
            || !now.IsRunning()
        )
            return;
        if (known is null)
            _stamps.Write(unit.Name, taken with { InvocationId = unit.InvocationId });
        else
            _stamps.Write(
                unit.Name,
                known with
                {
                    Loads = [.. known.Loads, .. unknown],
                    Files = known.Files.Concat(taken.Files).DistinctBy(f => f.Key).ToDictionary(),
                }
            );
    }

    /// <summary>Problems of the files that must keep a process from loading them; empty when there are none.</summary>
    /// <param name="unit">Unit whose last stamp, of any run, shows how the files were when they were good.</param>
    /// <param name="loads">The files it loads.</param>
    /// <param name="absent">Paths that may be missing.</param>
    public IReadOnlyList<string> Lint(string unit, IReadOnlyList<string> loads, IReadOnlyList<string> absent) =>
        [.. new ConfigurationLint(files, _loaded, _stamps.Read(unit)?.Stamp).Check(loads, absent)];

    /// <summary>Forgets a unit.</summary>
    public void Forget(string unit) => _stamps.Forget(unit);

    private (UnitStamp Stamp, StampKey Key)? StampOf(UnitInfo unit) =>
        unit.InvocationId.Length > 0 && _stamps.Read(unit.Name) is { } known && known.Stamp.InvocationId == unit.InvocationId
            ? known
            : null;

    private StaleFile? ChangedSince(DateTimeOffset started, IReadOnlyList<string> loads)
    {
        foreach (var (path, changed) in _loaded.Changes(loads))
            if (changed > started - Tick)
                return new StaleFile(path, $"{path} changed at {changed:u}, the process started at {started:u}");
        return null;
    }

    private IEnumerable<StaleFile> Compare(UnitStamp stamp, StampKey key, UnitInfo unit, IReadOnlyList<string> loads)
    {
        var now = _loaded.Read(loads);
        foreach (var path in stamp.Files.Keys.Union(now.Keys).Order(StringComparer.Ordinal))
        {
            var (was, has) = (stamp.Files.GetValueOrDefault(path), now.GetValueOrDefault(path));
            var stale = (was, has) switch
            {
                (null, { } file) => Appeared(path, stamp.Covers(path), key.Stamp(file), unit),
                ({ } file, null) => Gone(path, file, loads),
                _ => Differs(path, was!, has!, key),
            };
            if (stale is not null)
                yield return stale;
            else if (stamp.Unsettled?.Contains(path) == true && LoadedFiles.AreIn(loads, path))
                yield return new StaleFile(path, $"{path} was edited while the process started");
        }
    }

    private static StaleFile? Differs(string path, FileStamp was, LoadedFile file, StampKey key)
    {
        if (key.Bytes(file) == was.Bytes)
            return null;
        var has = key.Stamp(file);
        if (was.Equivalent(has))
            return null;
        return was.Changed(has) is { } options
            ? StaleFile.Of(path, options, "the loaded version")
            : new StaleFile(path, $"{path} differs from the loaded version");
    }

    /// <summary>
    /// A file that the stamp does not name: new in a folder, or added to the description since then and perhaps older than the process.
    /// </summary>
    private StaleFile? Appeared(string path, bool isNew, FileStamp has, UnitInfo unit) =>
        has.Options?.Count != 0 && (isNew || (unit.Started is { } started && ChangedSince(started, [path]) is not null))
            ? new StaleFile(path, $"{path} appeared after the process started", has.Options?.Keys.Order(StringComparer.Ordinal).ToList())
            : null;

    /// <summary>
    /// A file that is missing now, unless it was empty, or the description no longer names it. The manager no longer names a missing
    /// drop-in either.
    /// </summary>
    private static StaleFile? Gone(string path, FileStamp was, IReadOnlyList<string> loads) =>
        was.Options?.Count != 0 && (LoadedFiles.AreIn(loads, path) || StaleFile.IsUnitFile(path))
            ? new StaleFile(path, $"{path} was loaded and is now missing", was.Options?.Keys.Order(StringComparer.Ordinal).ToList())
            : null;
}
