namespace Cloudlet.Synthesis.Store;

/// <summary>A file in the making, beside the one that it will replace in one step.</summary>
internal sealed class StagedFile(string path) : IDisposable
{
    /// <summary>How the names of all of them end.</summary>
    internal const string Suffix = ".partial";

    private readonly string _staged = $"{path}.{Guid.NewGuid():n}{Suffix}";

    /// <summary>Creates it, for its owner alone.</summary>
    public FileStream Open() => new(_staged, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });

    /// <summary>Makes it durable and gives it its name; it is closed.</summary>
    public void Publish()
    {
        Native.SyncFile(_staged);
        File.Move(_staged, path, overwrite: true);
        Native.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    /// <summary>Takes it away unless it was published.</summary>
    public void Dispose() => File.Delete(_staged);
}
