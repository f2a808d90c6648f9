namespace Cloudlet.Resources.Units.Configuration;

/// <summary>What a process has not loaded as it is now.</summary>
/// <param name="Files">The files, at least one.</param>
internal sealed record Staleness(IReadOnlyList<StaleFile> Files)
{
    private const int MostFiles = 3;

    /// <summary>For people. No value of an option is in it.</summary>
    public string Reason => string.Join("; ", Files.Take(MostFiles).Select(f => f.Reason)) + (Files.Count > MostFiles ? $"; and {Files.Count - MostFiles} more files" : "");

    /// <summary>True when a reload is not enough, whatever the options.</summary>
    public bool NeedsStart => Files.Any(f => StaleFile.IsUnitFile(f.Path));

    /// <summary>True when every change is known and is one of these options: <c>section.key</c>, or <c>section.*</c> for a whole section.</summary>
    public bool IsOnly(IReadOnlyList<string> mutable) =>
        !NeedsStart && Files.All(f => f.Options is { } options && options.All(o => mutable.Any(m => m == o || (m.EndsWith(".*", StringComparison.Ordinal) && o.StartsWith(m[..^1], StringComparison.Ordinal)))));
}

/// <summary>A file that a process has not loaded as it is now.</summary>
/// <param name="Path">The file.</param>
/// <param name="Reason">How that is known.</param>
/// <param name="Options">The options that changed, or null when that is not known.</param>
internal sealed record StaleFile(string Path, string Reason, IReadOnlyList<string>? Options = null)
{
    private const int MostNames = 5;

    /// <summary>True for unit files and drop-ins in the folders of an administrator: those take effect at a start only, never at a reload.</summary>
    public static bool IsUnitFile(string path) =>
        path.StartsWith("/etc/systemd/system/", StringComparison.Ordinal) || path.StartsWith("/usr/local/lib/systemd/system/", StringComparison.Ordinal);

    /// <summary>A file with other options than the process has.</summary>
    public static StaleFile Of(string path, IReadOnlyList<string> options, string than)
    {
        var names = string.Join(", ", options.Take(MostNames)) + (options.Count > MostNames ? $" and {options.Count - MostNames} more" : "");
        return new StaleFile(path, $"{path}: {names} {(options.Count == 1 ? "differs" : "differ")} from {than}", options);
    }
}
