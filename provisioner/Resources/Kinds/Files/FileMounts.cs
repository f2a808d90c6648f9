using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.Kinds.Files;

/// <summary>
/// The mount of each described file when it was last seen as described, for the health daemon. A later mount over its folder hides the
/// file and was made for a reason: the daemon does not write there and does not unmount it. After an apply, the mounts are recorded
/// again.
/// </summary>
/// <param name="files">The host's files.</param>
/// <param name="path">Path of the record; lost at a reboot, like mounts that are not described.</param>
/// <param name="journal">The journal of the last apply: after another apply, files may be on other mounts.</param>
public sealed class FileMounts(IHostFiles files, string path, string journal)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly Lock _turn = new();
    private MountRecord? _record;

    /// <summary>Records the mount of a file that is as described.</summary>
    public void Learn(FileSpec seen)
    {
        // A folder or a link proves less: a mount point is a folder as well.
        if (seen.Kind != FileKind.File)
            return;
        lock (_turn)
        {
            var known = Current();
            if (known.Mounts.ContainsKey(seen.Path) || files.MountOf(seen.Path) is not { } mount)
                return;
            known.Mounts[seen.Path] = Key(mount);
            files.Write(path, JsonSerializer.SerializeToUtf8Bytes(known, MountRecordJson.Default.MountRecord), OwnerOnly);
        }
    }

    /// <summary>The mount that hides the file, with what to do; null: none is known.</summary>
    public string? ObstacleTo(FileSpec desired)
    {
        // A folder may be the mount point itself, or be below it: the records of the files in it and beside it show that.
        string[] places = desired.Kind == FileKind.Directory ? [$"{desired.Path}/.", desired.Path] : [desired.Path];
        lock (_turn)
        {
            return places.Select(HiddenBy).FirstOrDefault(static mount => mount is not null) is { } mount
                ? $"{mount.What} is mounted at {mount.Point} since the file was last seen as described, and hides it; nothing was "
                    + "written there: "
                    + $"`umount {mount.Point}` uncovers the file; `cloudlet apply` writes to the mounted file system, if that "
                    + "is intended"
                : null;
        }
    }

    private FolderMount? HiddenBy(string place) =>
        files.MountOf(place) is { } mount && Known(place) is { } before && before != Key(mount) ? mount : null;

    /// <summary>The mount of the path, or of another described file in the same folder.</summary>
    private string? Known(string desired)
    {
        var known = Current().Mounts;
        if (known.TryGetValue(desired, out var own))
            return own;
        var folder = Path.GetDirectoryName(desired);
        return known.Where(k => Path.GetDirectoryName(k.Key) == folder).Select(k => k.Value).FirstOrDefault();
    }

    private MountRecord Current()
    {
        _record ??= Read();
        if (files.Stat(journal)?.Modified.UtcTicks is { } run && run != _record.Run)
            _record = new MountRecord { Run = run };
        return _record;
    }

    private MountRecord Read()
    {
        try
        {
            return
                files.Read(path) is { } json
                && JsonSerializer.Deserialize(json, MountRecordJson.Default.MountRecord) is { Mounts: not null } found
                ? found
                : new MountRecord();
        }
        catch (JsonException)
        {
            return new MountRecord();
        }
    }

    private static string Key(FolderMount mount) => $"{mount.Point} {mount.What}";
}

/// <summary>The recorded mounts of described files.</summary>
internal sealed record MountRecord
{
    /// <summary>When the journal was written, in ticks (UTC).</summary>
    public long Run { get; init; }

    /// <summary>Path of a file → its mount.</summary>
    public Dictionary<string, string> Mounts { get; init; } = [];
}

/// <summary>JSON settings of the record.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(MountRecord))]
internal sealed partial class MountRecordJson : JsonSerializerContext;
