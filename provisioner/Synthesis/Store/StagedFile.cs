using Cloudlet.Linux;

namespace Cloudlet.Synthesis.Store;

/// <summary>
/// A temporary file next to the one that it replaces atomically. A target that is not a regular file is written to once the temporary file
/// is complete (<see cref="OutputPath"/>).
/// </summary>
/// <param name="to">The target.</param>
public sealed class StagedFile(OutputPath to) : IDisposable
{
    /// <summary>Suffix of the names of temporary files.</summary>
    internal const string Suffix = ".partial";

    private readonly string _staged =
        $"{(to.IsStream ? Path.Combine(Path.GetTempPath(), "cloudlet") : to.Path)}.{Guid.NewGuid():n}{Suffix}";

    /// <summary>Describes a temporary file; InvalidInput when the target can't be written.</summary>
    /// <param name="path">The target.</param>
    public StagedFile(string path)
        : this(OutputPath.Of(path)) { }

    /// <summary>Creates it, accessible by its owner only.</summary>
    public FileStream Open() =>
        new(
            _staged,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );

    /// <summary>Makes it durable and renames it to the target; it has to be closed.</summary>
    public void Publish()
    {
        if (to.IsStream)
        {
            using var from = File.OpenRead(_staged);
            using var stream = new FileStream(
                to.Path,
                to.IsRegular ? FileMode.Append : FileMode.Open,
                FileAccess.Write,
                FileShare.ReadWrite,
                bufferSize: 0
            );
            from.CopyTo(stream, 1 << 20);
            return;
        }

        FileReplacement.Publish(_staged, to.Path);
    }

    /// <summary>Removes it unless it was published.</summary>
    public void Dispose() => File.Delete(_staged);
}
