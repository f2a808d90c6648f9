using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site;

namespace Cloudlet.DesiredState.Tests.Site;

/// <summary>Reads files relative to a folder, so that paths in messages do not depend on the place of the repository.</summary>
internal sealed class FolderSiteFiles(string folder) : ISiteFiles
{
    private readonly DiskSiteFiles _disk = new();

    public string? ReadText(string path) => _disk.ReadText(Path.Combine(folder, path));
}

/// <summary>Files in memory.</summary>
internal sealed class MemorySiteFiles : ISiteFiles
{
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    public string this[string path]
    {
        set => _texts[path] = value;
    }

    public string? ReadText(string path) => _texts.GetValueOrDefault(path);

    /// <summary>Loads one text as <c>site.yaml</c>.</summary>
    public static SiteLoadResult Load(string text) => SiteLoader.Load(["site.yaml"], new MemorySiteFiles { ["site.yaml"] = text });

    /// <summary>Loads texts that are layered, as <c>1.yaml</c>, <c>2.yaml</c> ….</summary>
    public static SiteLoadResult Load(params string[] texts)
    {
        var files = new MemorySiteFiles();
        var paths = new List<string>();
        foreach (var text in texts)
        {
            paths.Add($"{paths.Count + 1}.yaml");
            files[paths[^1]] = text;
        }

        return SiteLoader.Load(paths, files);
    }
}
