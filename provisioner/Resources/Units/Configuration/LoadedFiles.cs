using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.Units.Configuration;

/// <summary>The files behind the paths that a unit loads: a folder stands for all files in it, a symbolic link for its target.</summary>
internal sealed class LoadedFiles(IHostFiles files)
{
    /// <summary>Longest file that is read, 8 MiB. What is longer is no configuration but a program or data: size, change time and inode tell whether it is still the same.</summary>
    public const int MostBytes = 8 << 20;

    /// <summary>As many symbolic links as the kernel follows (path_resolution(7)).</summary>
    private const int MostLinks = 40;

    /// <summary>True when a path is one of these, or in a folder that is one of them.</summary>
    public static bool AreIn(IReadOnlyList<string> loads, string path) => loads.Any(l => path == l || path.StartsWith($"{l.TrimEnd('/')}/", StringComparison.Ordinal));

    /// <summary>Path → what is in it; what is not there is left out.</summary>
    public SortedDictionary<string, LoadedFile> Read(IReadOnlyList<string> loads)
    {
        var found = new SortedDictionary<string, LoadedFile>(StringComparer.Ordinal);
        foreach (var path in loads)
            foreach (var file in Expand(path))
                if (Final(file) is { Type: HostFileType.Regular } info && ReadOne(file, info) is { } content)
                    found[file] = content;
        return found;
    }

    /// <summary>What is at a path, behind its symbolic links; null when there is nothing, or they lead nowhere.</summary>
    public HostFileInfo? Final(string path) => Chain(path).LastOrDefault() is { Info.Type: not HostFileType.Symlink } last ? last.Info : null;

    /// <summary>
    /// Path → when it last changed: the later of content and inode, because programs can set the first back but not the second; of the link and of its target. For a path where nothing is, when its
    /// folder changed: it may have been taken away.
    /// </summary>
    public IEnumerable<(string Path, DateTimeOffset Changed)> Changes(IReadOnlyList<string> loads)
    {
        foreach (var path in loads)
        {
            if (files.Stat(path) is null)
            {
                if (Parent(path) is { } folder && files.Stat(folder) is { } there)
                    yield return (path, there.Modified);
                continue;
            }

            foreach (var link in Chain(path))
                yield return (link.Path, Latest(link.Info));
            foreach (var file in Expand(path))
                foreach (var link in Chain(file))
                    yield return (file, Latest(link.Info));
        }
    }

    private static DateTimeOffset Latest(HostFileInfo info) => info.Modified > info.Changed ? info.Modified : info.Changed;

    private static string? Parent(string path) => path.LastIndexOf('/') is var slash and > 0 ? path[..slash] : null;

    private LoadedFile? ReadOne(string path, HostFileInfo info)
    {
        if (info.Length > MostBytes)
            return new LoadedFile(path, Content: null, $"{info.Length} {info.Changed.UtcTicks} {info.Inode}");
        return files.Read(path) is { } content ? new LoadedFile(path, content, "") : null;
    }

    /// <summary>The path itself, or for a folder everything in it.</summary>
    private IEnumerable<string> Expand(string path) =>
        Final(path)?.Type == HostFileType.Directory ? files.List(path).Select(name => $"{path.TrimEnd('/')}/{name}") : [path];

    /// <summary>The path, and as long as it is a symbolic link, what it points to.</summary>
    private IEnumerable<(string Path, HostFileInfo Info)> Chain(string path)
    {
        for (var i = 0; i < MostLinks && files.Stat(path) is { } info; i++)
        {
            yield return (path, info);
            if (info.Target is not { } target)
                yield break;
            path = System.IO.Path.GetFullPath(target, Parent(path) ?? "/");
        }
    }
}

/// <summary>A file that a unit loads.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Content">Its content, or null when it is too large to read.</param>
/// <param name="Identity">What tells whether a file that is too large to read is still the same.</param>
internal sealed record LoadedFile(string Path, byte[]? Content, string Identity);
