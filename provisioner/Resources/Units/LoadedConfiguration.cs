using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Units;

/// <summary>
/// Whether the running process of a unit has loaded the files that are on disk. When we started it, a stamp tells what the files held just before; else the times of the files are compared with
/// the time of the start. Looking writes nothing.
/// </summary>
/// <param name="files">The host's files.</param>
/// <param name="folder">Folder of the stamps, one a unit; lost at a reboot, as the processes are.</param>
internal sealed class LoadedConfiguration(IHostFiles files, string folder)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The kernel stamps files with the time of its last tick, at most 10 ms (CONFIG_HZ=100) before the change.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly LoadedFiles loaded = new(files);

    /// <summary>A file that the process has not loaded as it is now; null when there is none.</summary>
    public StaleFile? Judge(UnitInfo unit, IReadOnlyList<string> loads)
    {
        if (ReadStamp(unit.Name) is { } stamp && stamp.InvocationId == unit.InvocationId && unit.InvocationId.Length > 0)
            return Compare(stamp.Digests, unit, loads);
        return unit.Started is { } started ? ChangedSince(started, loads) : null;
    }

    /// <summary>What the files hold now. To be taken before a start: what is edited while the process starts counts as not loaded then.</summary>
    public IReadOnlyDictionary<string, string> Digests(IReadOnlyList<string> loads) => loaded.Digests(loads);

    /// <summary>Records that the unit's present run has loaded what the digests say.</summary>
    public void Stamp(UnitInfo unit, IReadOnlyDictionary<string, string> digests)
    {
        var stamp = new UnitStamp { InvocationId = unit.InvocationId, Digests = digests };
        files.Write(PathOf(unit.Name), JsonSerializer.SerializeToUtf8Bytes(stamp, UnitStampJson.Default.UnitStamp), OwnerOnly);
    }

    /// <summary>Forgets a unit.</summary>
    public void Forget(string unit) => files.Delete(PathOf(unit));

    private StaleFile? ChangedSince(DateTimeOffset started, IReadOnlyList<string> loads)
    {
        foreach (var (path, changed) in loaded.Changes(loads))
            if (changed > started - Tick)
                return new StaleFile(path, $"{path} changed at {changed:u}, the process started at {started:u}");
        return null;
    }

    private StaleFile? Compare(IReadOnlyDictionary<string, string> before, UnitInfo unit, IReadOnlyList<string> loads)
    {
        var now = loaded.Digests(loads);

        // Unit files first: whether a reload is enough depends on them.
        foreach (var path in before.Keys.Union(now.Keys).OrderBy(p => StaleFile.IsUnitFile(p) ? 0 : 1).ThenBy(p => p, StringComparer.Ordinal))
        {
            var (was, has) = (before.GetValueOrDefault(path), now.GetValueOrDefault(path));

            // A path that is in only one of the two may be one that the description names since then, or no longer names.
            if (was is null && unit.Started is { } started && ChangedSince(started, [path]) is not null)
                return new StaleFile(path, $"{path} appeared after the process started");
            if (has is null && loads.Any(l => path == l || path.StartsWith($"{l}/", StringComparison.Ordinal)))
                return new StaleFile(path, $"{path} was loaded and is gone");
            if (was is not null && has is not null && was != has)
                return new StaleFile(path, $"{path} differs from what was loaded");
        }

        return null;
    }

    private UnitStamp? ReadStamp(string unit)
    {
        try
        {
            return files.Read(PathOf(unit)) is { } json ? JsonSerializer.Deserialize(json, UnitStampJson.Default.UnitStamp) : null;
        }
        catch (Exception e) when (e is JsonException or CloudletException { Kind: ErrorKind.PermissionDenied })
        {
            // Without a stamp the times of the files answer.
            return null;
        }
    }

    private string PathOf(string unit) => $"{folder}/{unit}.json";
}

/// <summary>A file that a process has not loaded as it is now.</summary>
/// <param name="Path">The file.</param>
/// <param name="Reason">How that is known.</param>
internal sealed record StaleFile(string Path, string Reason)
{
    /// <summary>True for unit files and drop-ins: those take effect at a start only, never at a reload.</summary>
    public bool NeedsStart => IsUnitFile(Path);

    /// <summary>True in the folders of unit files of an administrator.</summary>
    public static bool IsUnitFile(string path) =>
        path.StartsWith("/etc/systemd/system/", StringComparison.Ordinal) || path.StartsWith("/usr/local/lib/systemd/system/", StringComparison.Ordinal);
}
