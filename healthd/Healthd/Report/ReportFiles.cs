using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.Errors;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Machine.Files;

namespace Cloudlet.Healthd.Report;

/// <summary>
/// Reports as files: the status and the active alarms, always complete, and the last heals and alarms, one per line.
/// docs/formats/health.md describes them.
/// </summary>
/// <param name="files">The host's files.</param>
/// <param name="paths">The daemon's paths.</param>
public sealed class ReportFiles(IHostFiles files, HealthPaths paths) : IHealthReports
{
    /// <summary>Size in bytes after which a file of lines is rotated; one older file is kept.</summary>
    public const int Limit = 1 << 20;

    /// <summary>
    /// Longer lines are written without values, so that one heal of a thousand resources does not push out all others.
    /// </summary>
    private const int LongestLine = Limit / 4;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnersFolder = OwnerOnly | UnixFileMode.UserExecute;
    private const UnixFileMode Folder =
        OwnersFolder | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <inheritdoc/>
    public void Publish(HealthStatus status)
    {
        files.CreateDirectory(paths.RunFolder, Folder);
        files.Write(paths.Status, JsonSerializer.SerializeToUtf8Bytes(status, ReportJson.Readable.HealthStatus), OwnerOnly);
    }

    /// <inheritdoc/>
    public void Healed(HealRecord record)
    {
        var plain = Redaction.Of(record);
        var line = ReportJson.Line(plain);
        Append(paths.Records, line.Length <= LongestLine ? line : ReportJson.Line(Redaction.Brief(plain)));
    }

    /// <inheritdoc/>
    public void Alarmed(Alarm alarm, IReadOnlyList<Alarm> active)
    {
        files.CreateDirectory(paths.Folder, OwnersFolder);
        files.Write(paths.ActiveAlarms, JsonSerializer.SerializeToUtf8Bytes(active, ReportJson.Readable.IReadOnlyListAlarm), OwnerOnly);
        Append(paths.Alarms, ReportJson.Line(alarm));
    }

    /// <inheritdoc/>
    public void Note(string message)
    {
        // Notes only go to the journal.
    }

    /// <summary>The status, or null when there is no readable one.</summary>
    public HealthStatus? ReadStatus() => Parse(Read(paths.Status), ReportJson.Readable.HealthStatus);

    /// <summary>The last heals, oldest first; damaged lines are skipped.</summary>
    public IReadOnlyList<HealRecord> ReadRecords(int last) => ReadLines(paths.Records, last, ReportJson.Readable.HealRecord);

    /// <summary>The last alarms raised and cleared, oldest first; damaged lines are skipped.</summary>
    public IReadOnlyList<Alarm> ReadAlarms(int last) => ReadLines(paths.Alarms, last, ReportJson.Readable.Alarm);

    /// <summary>The alarms that were active at the daemon's last write; empty when they cannot be read.</summary>
    public IReadOnlyList<Alarm> ReadActive() =>
        Parse(Read(paths.ActiveAlarms), ReportJson.Readable.IReadOnlyListAlarm)?.Where(a => a is not null).ToList() ?? [];

    private void Append(string path, byte[] line)
    {
        files.CreateDirectory(paths.Folder, OwnersFolder);
        files.Append(path, [.. line, (byte)'\n'], OwnerOnly, Limit);
    }

    private List<T> ReadLines<T>(string path, int last, JsonTypeInfo<T> type)
        where T : class
    {
        List<T> found = [];
        foreach (var file in (string[])[path, $"{path}.1"])
        {
            if (found.Count < last)
                found.InsertRange(0, Lines(Read(file), type).TakeLast(last - found.Count));
        }

        return found;
    }

    private static List<T> Lines<T>(byte[]? content, JsonTypeInfo<T> type)
        where T : class
    {
        List<T> lines = [];
        var bytes = content.AsSpan();
        foreach (var range in bytes.Split((byte)'\n'))
        {
            if (Parse(bytes[range], type) is { } line)
                lines.Add(line);
        }

        return lines;
    }

    private static T? Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return json.IsEmpty ? null : JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private byte[]? Read(string path)
    {
        try
        {
            return files.Read(path);
        }
        catch (CloudletException)
        {
            return null;
        }
    }
}
