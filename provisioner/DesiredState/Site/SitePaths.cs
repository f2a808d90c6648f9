namespace Cloudlet.DesiredState.Site;

/// <summary>Paths that site files name.</summary>
internal static class SitePaths
{
    /// <summary>A path as it is reached from where the program was started, when <paramref name="path"/> stands in <paramref name="siteFile"/> and is relative to its folder.</summary>
    public static string Resolve(string siteFile, string path)
    {
        var folder = Path.GetDirectoryName(siteFile);
        return string.IsNullOrEmpty(folder) ? path : Path.Combine(folder, path);
    }
}
