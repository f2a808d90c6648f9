using System.Text;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.Schemas;

/// <summary>
/// What the migrations of an installed package lead to, read from their files: the command of the service that answers this starts Python
/// for seconds.
/// </summary>
/// <param name="files">The host's files.</param>
internal sealed class AlembicHeads(IHostFiles files)
{
    /// <summary>Where Debian's packages put the modules of Python 3.</summary>
    public const string Python = "/usr/lib/python3/dist-packages";

    private const int LongestFile = 1 << 20;
    private const int DeepestFolder = 4;

    /// <summary>Files that name the heads of a package with two branches.</summary>
    private static readonly string[] HeadFiles = ["CONTRACT_HEAD", "EXPAND_HEAD"];

    /// <summary>
    /// The revisions that a migrated database has, as its table alembic_version lists them; null: the package is not installed.
    /// </summary>
    /// <param name="folder">Folder of the migrations, below <see cref="Python"/>.</param>
    public IReadOnlySet<string>? Find(string folder)
    {
        var path = $"{Python}/{folder}";
        if (files.Stat(path) is not { Type: HostFileType.Directory })
            return null;
        var named = HeadFiles.Select(name => files.Read($"{path}/{name}", LongestFile)).ToList();
        return named.TrueForAll(static n => n is not null)
            ? named.Select(static n => Encoding.UTF8.GetString(n!).Trim()).ToHashSet(StringComparer.Ordinal)
            : Of(Revisions(path));
    }

    /// <summary>True when a database has a revision that the installed package does not know: a newer package made it.</summary>
    public bool IsNewer(string folder, IEnumerable<string> versions)
    {
        var known = Revisions($"{Python}/{folder}").Select(static r => r.Id).ToHashSet(StringComparer.Ordinal);
        return known.Count > 0 && versions.Any(v => !known.Contains(v));
    }

    /// <summary>
    /// The revisions that no other one follows or depends on: a database names only these, because they imply all others.
    /// </summary>
    internal static HashSet<string> Of(IReadOnlyList<AlembicRevision> revisions)
    {
        var before = revisions.SelectMany(static r => r.Before).ToHashSet(StringComparer.Ordinal);
        return revisions.Select(static r => r.Id).Where(id => !before.Contains(id)).ToHashSet(StringComparer.Ordinal);
    }

    private List<AlembicRevision> Revisions(string path) =>
        [
            .. FilesBelow(path, 0)
                .Select(f => files.Read(f, LongestFile))
                .OfType<byte[]>()
                .Select(Encoding.UTF8.GetString)
                .Select(AlembicRevision.Parse)
                .OfType<AlembicRevision>(),
        ];

    private IEnumerable<string> FilesBelow(string folder, int depth)
    {
        foreach (var name in files.List(folder))
            if (name.EndsWith(".py", StringComparison.Ordinal))
                yield return $"{folder}/{name}";
            else if (depth < DeepestFolder && name[0] != '_' && files.Stat($"{folder}/{name}") is { Type: HostFileType.Directory })
                foreach (var file in FilesBelow($"{folder}/{name}", depth + 1))
                    yield return file;
    }
}
