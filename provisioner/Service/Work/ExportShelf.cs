using System.Security.Cryptography;
using Cloudlet.Errors;

namespace Cloudlet.Service.Work;

/// <summary>Exported bases that wait to be fetched, for a day.</summary>
/// <param name="folder">Their folder.</param>
/// <param name="clock">Tells which are old.</param>
public sealed class ExportShelf(string folder, TimeProvider clock)
{
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);

    /// <summary>Makes a file.</summary>
    /// <param name="project">The only project that can fetch it.</param>
    /// <param name="write">Writes it to a path.</param>
    /// <returns>Its id.</returns>
    public async Task<string> AddAsync(string project, Func<string, Task> write)
    {
        Collect();
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        var path = PathOf(project, id);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await write(path);
        return id;
    }

    /// <summary>The file of an export; NotFound when the project has none of that id.</summary>
    /// <param name="project">The project; null for any.</param>
    /// <param name="id">The export.</param>
    public string Get(string? project, string id)
    {
        var paths = id.Length == 16 && id.All(char.IsAsciiHexDigitLower) ? Candidates(project, id) : [];
        return paths.FirstOrDefault(File.Exists)
            ?? throw new CloudletException(ErrorKind.NotFound, "no such export is kept here: exports are removed after a day");
    }

    /// <summary>Removes old exports.</summary>
    public void Collect()
    {
        if (!Directory.Exists(folder))
            return;
        var oldest = clock.GetUtcNow().UtcDateTime - Kept;
        foreach (var file in new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
            if (file.LastWriteTimeUtc < oldest)
                file.Delete();
    }

    private IEnumerable<string> Candidates(string? project, string id) =>
        project is not null ? [PathOf(project, id)]
        : Directory.Exists(folder) ? Directory.EnumerateDirectories(folder).Select(f => Path.Combine(f, id))
        : [];

    private string PathOf(string project, string id) => Path.Combine(folder, project, id);
}
