using System.Globalization;

namespace Cloudlet.Service.Console.Parts;

/// <summary>Numbers and times for people.</summary>
public static class Format
{
    /// <summary>A size, such as <c>1.5 GiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        ReadOnlySpan<string> units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double value = bytes;
        var unit = 0;
        for (; value >= 1024 && unit < units.Length - 1; unit++)
            value /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }

    /// <summary>A count, such as <c>12 345</c>.</summary>
    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', '\u202f');

    /// <summary>A point in time.</summary>
    public static string Time(DateTimeOffset time) =>
        time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>How long ago something was.</summary>
    public static string Ago(DateTimeOffset time, DateTimeOffset now) =>
        (now - time) switch
        {
            { TotalSeconds: < 10 } => "just now",
            { TotalMinutes: < 2 } t => $"{t.TotalSeconds:0} s ago",
            { TotalHours: < 2 } t => $"{t.TotalMinutes:0} min ago",
            { TotalDays: < 2 } t => $"{t.TotalHours:0} h ago",
            var t => $"{t.TotalDays:0} days ago",
        };

    /// <summary>The beginning of an id.</summary>
    public static string Head(string id) => id.Length > 12 ? id[..12] : id;
}
