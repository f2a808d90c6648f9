using Cloudlet.Linux;

namespace Cloudlet.Synthesis.Store;

/// <summary>
/// A folder that is being made: it is published by one rename, or removed. Its lock file shows the garbage collector that it is in use.
/// </summary>
public sealed class StagedFolder : IDisposable
{
    /// <summary>Name of the lock file in it.</summary>
    internal const string LockName = ".making";

    private readonly FileStream _lock;
    private bool _isPublished;

    internal StagedFolder(string path)
    {
        Path = path;
        _lock = new FileStream(this[LockName], FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>Its current path.</summary>
    public string Path { get; private set; }

    /// <summary>Path of a file in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>
    /// Makes its files durable and renames the folder. False when the name exists already: where names derive from content, that is the
    /// same content. NoSpace and others as the file system reports.
    /// </summary>
    /// <param name="path">The new path; its parent is created.</param>
    /// <param name="durable">Names of the files that must survive a power cut; empty: all. Files that are useless after a power cut need no
    /// fsync.</param>
    public bool Publish(string path, params IReadOnlyList<string> durable)
    {
        File.Delete(this[LockName]);
        foreach (var file in durable.Count == 0 ? Directory.EnumerateFiles(Path) : durable.Select(name => this[name]))
            FileReplacement.Sync(file);
        var parent = Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!).FullName;
        Directory.SetLastWriteTimeUtc(Path, DateTime.UtcNow);
        try
        {
            Directory.Move(Path, path);
        }
        catch (IOException) when (Directory.Exists(path))
        {
            return false;
        }

        (Path, _isPublished) = (path, true);
        FileReplacement.SyncFolder(parent);
        return true;
    }

    /// <summary>Removes the folder unless it was published.</summary>
    public void Dispose()
    {
        _lock.Dispose();
        if (!_isPublished && Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}
