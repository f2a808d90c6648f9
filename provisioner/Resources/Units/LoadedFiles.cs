using System.Security.Cryptography;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.Units;

/// <summary>The files behind the paths that a unit loads: a folder stands for all files in it, a symbolic link for its target.</summary>
internal sealed class LoadedFiles(IHostFiles files)
{
    /// <summary>As many symbolic links as the kernel follows (path_resolution(7)).</summary>
    private const int MostLinks = 40;

    /// <summary>Path → SHA-256 of what can be read there; what is not there is left out.</summary>
    public SortedDictionary<string, string> Digests(IReadOnlyList<string> loads)
    {
        var digests = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in loads)
            foreach (var file in Expand(path))
                if (Final(file)?.Type == HostFileType.Regular && files.Read(file) is { } content)
                    digests[file] = Convert.ToHexStringLower(SHA256.HashData(content));
        return digests;
    }

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

    /// <summary>The path itself, or for a folder everything in it.</summary>
    private IEnumerable<string> Expand(string path) =>
        Final(path)?.Type == HostFileType.Directory ? files.List(path).Select(name => $"{path.TrimEnd('/')}/{name}") : [path];

    private HostFileInfo? Final(string path) => Chain(path).LastOrDefault() is { Info.Type: not HostFileType.Symlink } last ? last.Info : null;

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
