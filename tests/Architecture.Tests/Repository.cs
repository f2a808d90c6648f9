namespace Cloudlet.Architecture.Tests;

/// <summary>The source tree that these specs read.</summary>
internal static class Repository
{
    private static readonly string[] Skipped = ["bin", "obj", "artifacts", "node_modules", ".git"];

    /// <summary>Its top folder.</summary>
    public static string Root { get; } = Find();

    /// <summary>Path below <see cref="Root"/>.</summary>
    public static string At(params ReadOnlySpan<string> parts) => Path.Join(Root, Path.Join([.. parts]));

    /// <summary>Files with an extension, without build output, relative to <see cref="Root"/>.</summary>
    public static IEnumerable<string> Files(string extension) =>
        Below(Root, extension).Select(file => Path.GetRelativePath(Root, file)).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Below(string folder, string extension) =>
        Directory
            .EnumerateFiles(folder, $"*{extension}")
            .Concat(
                Directory
                    .EnumerateDirectories(folder)
                    .Where(d => !Skipped.Contains(Path.GetFileName(d)))
                    .SelectMany(d => Below(d, extension))
            );

    private static string Find()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Join(folder, "Directory.Packages.props")))
            folder =
                Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException($"no repository above {AppContext.BaseDirectory}");
        return folder;
    }
}
