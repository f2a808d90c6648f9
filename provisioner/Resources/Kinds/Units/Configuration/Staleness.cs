namespace Cloudlet.Resources.Kinds.Units.Configuration;

/// <summary>Changes that a process has not loaded.</summary>
/// <param name="Files">The changed files, at least one.</param>
internal sealed record Staleness(IReadOnlyList<StaleFile> Files)
{
    private const int MostFiles = 3;

    /// <summary>A message for people. It contains no values of options.</summary>
    public string Reason =>
        string.Join("; ", Files.Take(MostFiles).Select(f => f.Reason))
        + (Files.Count > MostFiles ? $"; and {Files.Count - MostFiles} more files" : "");

    /// <summary>True when a reload is not enough, whichever options changed.</summary>
    public bool NeedsStart => Files.Any(f => f.IsEnvironment || StaleFile.IsUnitFile(f.Path));

    /// <summary>The files, when all of them are named only by EnvironmentFile=; else null.</summary>
    public IReadOnlyList<string>? OnlyEnvironment(IReadOnlyList<string>? described) =>
        Files.All(f => f.IsEnvironment && described?.Contains(f.Path) != true) ? [.. Files.Select(f => f.Path)] : null;

    /// <summary>
    /// True when every change is known and is one of these options: <c>section.key</c>, or <c>section.*</c> for a whole section.
    /// </summary>
    public bool IsOnly(IReadOnlyList<string> mutable) =>
        !NeedsStart
        && Files.All(f =>
            f.Options is { } options
            && options.All(o =>
                mutable.Any(m => m == o || (m.EndsWith(".*", StringComparison.Ordinal) && o.StartsWith(m[..^1], StringComparison.Ordinal)))
            )
        );
}

/// <summary>A file whose present version a process has not loaded.</summary>
/// <param name="Path">The file.</param>
/// <param name="Reason">The evidence.</param>
/// <param name="Options">The changed options, or null when they are not known.</param>
internal sealed record StaleFile(string Path, string Reason, IReadOnlyList<string>? Options = null)
{
    private const int MostNames = 5;

    /// <summary>
    /// True for a file that EnvironmentFile= names: the manager reads it when it starts a process, and never for a running one.
    /// </summary>
    public bool IsEnvironment { get; init; }

    /// <summary>
    /// True for unit files and drop-ins, in /etc, /run, /lib or /usr: they take effect only at a start, never at a reload.
    /// </summary>
    public static bool IsUnitFile(string path) => path.Contains("/systemd/system/", StringComparison.Ordinal);

    /// <summary>A file whose options differ from those of the process.</summary>
    public static StaleFile Of(string path, IReadOnlyList<string> options, string than)
    {
        var names =
            string.Join(", ", options.Take(MostNames)) + (options.Count > MostNames ? $" and {options.Count - MostNames} more" : "");
        return new StaleFile(path, $"{path}: {names} {(options.Count == 1 ? "differs" : "differ")} from {than}", options);
    }
}
