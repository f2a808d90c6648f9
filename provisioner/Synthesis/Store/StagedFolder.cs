namespace Cloudlet.Synthesis.Store;

/// <summary>A folder in the making: published by one rename, or gone. Its lock file tells a collector that its maker lives.</summary>
public sealed class StagedFolder : IDisposable
{
    /// <summary>Name of the lock inside of it.</summary>
    internal const string LockName = ".making";

    private readonly FileStream _lock;
    private bool _isPublished;

    internal StagedFolder(string path)
    {
        Path = path;
        _lock = new FileStream(this[LockName], FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
    }

    /// <summary>The folder as it is named now.</summary>
    public string Path { get; private set; }

    /// <summary>Path of something in it.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>
    /// Makes its files durable and gives the folder its name. False when there is something of that name already: with names that follow from content, that is the same thing. NoSpace and others as the file system says.
    /// </summary>
    /// <param name="path">The name; its parent is created.</param>
    /// <param name="durable">Names of the files that must survive a power cut; none named: all. What dies with a running machine anyway need not wait for the drive.</param>
    public bool Publish(string path, params IReadOnlyList<string> durable)
    {
        File.Delete(this[LockName]);
        foreach (var file in durable.Count == 0 ? Directory.EnumerateFiles(Path) : durable.Select(name => this[name]))
            Native.SyncFile(file);
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
        Native.SyncFolder(parent);
        return true;
    }

    /// <summary>Takes the folder away unless it was published.</summary>
    public void Dispose()
    {
        _lock.Dispose();
        if (!_isPublished && Directory.Exists(Path))
            Directory.Delete(Path, recursive: true);
    }
}
