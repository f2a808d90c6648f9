using Cloudlet.Errors;

namespace Cloudlet.Benchmarks.Overlay;

/// <summary>A disk whose files changed by moving bytes; <c>peers/moved.py</c> makes it without a guest.</summary>
/// <param name="Name">As shown in the table.</param>
/// <param name="What">A description.</param>
/// <param name="Key">Its name for the script.</param>
internal sealed record MovedCorpus(string Name, string What, string Key)
{
    /// <summary>All corpora.</summary>
    public static IReadOnlyList<MovedCorpus> All { get; } =
    [
        new("moved: database", "1,500 of 100,000 rows of an SQLite database are updated", "database"),
        new("moved: database, vacuumed", "3 % of its rows are deleted, and it is vacuumed", "vacuum"),
        new("moved: logs", "logs are rotated, one of them compressed with gzip", "logs"),
        new("moved: package index", "an index of 25,000 packages is rewritten: 4 % changed, 1 % new, 1 % gone", "index"),
        new("moved: program", "a program is compiled again with 1 % of its 3,000 functions changed", "program"),
        new("moved: mail folder", "a mail folder is compacted: 3 % of 9,000 messages gone, 60 new", "mail"),
    ];

    /// <summary>In the form of the reports.</summary>
    public OverlayCorpus AsCorpus => new(Name, What, "", MemoryMiB: 0);

    /// <summary>Makes both images.</summary>
    public async Task<(string Before, string After)> MakeAsync(string folder, CancellationToken ct)
    {
        var maker = Path.Combine(AppContext.BaseDirectory, "Overlay", "peers", "moved.py");
        var run = await MeasuredProcess.RunAsync("python3", [maker, folder, Key], null, ct);
        return run.ExitCode == 0
            ? (Path.Combine(folder, $"{Key}.before"), Path.Combine(folder, $"{Key}.after"))
            : throw new CloudletException(ErrorKind.ProcessFailed, $"{Name} could not be made: {run.Error}");
    }
}
