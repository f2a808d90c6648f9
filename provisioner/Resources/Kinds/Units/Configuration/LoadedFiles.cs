using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.Kinds.Units.Configuration;

/// <summary>Finds the files that a unit loads: a folder means all files in it, a symbolic link means its target.</summary>
internal sealed class LoadedFiles(IHostFiles files)
{
    /// <summary>
    /// Largest file that is read, 8 MiB. A larger one is not configuration but a program or data: it is compared by size, change time and
    /// inode.
    /// </summary>
    public const int MostBytes = 8 << 20;

    /// <summary>Same limit as the kernel's for symbolic links (path_resolution(7)).</summary>
    private const int MostLinks = 40;

    /// <summary>True when a path is in the list, or inside a folder in the list.</summary>
    public static bool AreIn(IReadOnlyList<string> loads, string path) =>
        loads.Any(l => path == l || path.StartsWith($"{l.TrimEnd('/')}/", StringComparison.Ordinal));

    /// <summary>Path → its content; missing files are left out.</summary>
    public SortedDictionary<string, LoadedFile> Read(IReadOnlyList<string> loads)
    {
        var found = new SortedDictionary<string, LoadedFile>(StringComparer.Ordinal);
        foreach (var path in loads)
        foreach (var file in Expand(path))
            if (Final(file) is { Type: HostFileType.Regular } info && ReadOne(file, info) is { } content)
                found[file] = content;
        return found;
    }

    /// <summary>The target of a path after following symbolic links; null when it does not exist.</summary>
    public HostFileInfo? Final(string path) =>
        Chain(path).LastOrDefault() is { Info.Type: not HostFileType.Symlink } last ? last.Info : null;

    /// <summary>
    /// Path → when it last changed: the later of content and inode, because programs can set back the first but not the second; of the link
    /// and of its target. For a missing path, the time when its folder changed: the file may have been removed then.
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

    /// <summary>The path, and while it is a symbolic link, its target.</summary>
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
/// <param name="Path">Its path.</param>
/// <param name="Content">Its content, or null when it is too large to read.</param>
/// <param name="Identity">Identifies the content of a file that is too large to read.</param>
internal sealed record LoadedFile(string Path, byte[]? Content, string Identity);
