namespace Cloudlet.DesiredState.Sections;

/// <summary>Paths in site files.</summary>
internal static class SitePaths
{
    /// <summary>
    /// Resolves <paramref name="path"/> in <paramref name="siteFile"/>: if it is relative to that file's folder, the result is relative to
    /// the program's working directory.
    /// </summary>
    public static string Resolve(string siteFile, string path)
    {
        var folder = Path.GetDirectoryName(siteFile);
        return string.IsNullOrEmpty(folder) ? path : Path.Combine(folder, path);
    }
}
