using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Store;

/// <summary>
/// The path of an output file. A regular file is replaced atomically, a character device is written to, anything else is refused.
/// </summary>
public sealed record OutputPath
{
    private OutputPath(string shown, string path, bool isStream) => (Shown, Path, IsStream) = (shown, path, isStream);

    /// <summary>As the user gave it.</summary>
    public string Shown { get; }

    /// <summary>The file itself, with symbolic links resolved.</summary>
    public string Path { get; }

    /// <summary>True: it is written to as a stream, not replaced.</summary>
    public bool IsStream { get; }

    /// <summary>True for a regular file that a process has open; its content is kept.</summary>
    internal bool IsRegular => InputFile.KindOf(Path) == FileKind.Regular;

    /// <summary>True when it is the standard output of this process.</summary>
    public bool IsStandardOutput => IsStream && Syscalls.IsSame(Shown, "/proc/self/fd/1");

    /// <summary>
    /// Checks a path before any work is done. InvalidInput when it is a folder, a block device, a named pipe or a socket, NotFound when its
    /// folder is missing; both with what to do instead.
    /// </summary>
    /// <param name="path">The path.</param>
    public static OutputPath Of(string path)
    {
        if (path.Length == 0 || System.IO.Path.EndsInDirectorySeparator(path))
            throw Refused(path, "it is a folder: give a file in it");
        var full = System.IO.Path.GetFullPath(path);
        switch (InputFile.KindOf(full))
        {
            case FileKind.Regular when IsOpenFile(full):
            case FileKind.CharacterDevice:
            case FileKind.Pipe when IsOpenFile(full):
                return new OutputPath(path, full, isStream: true);
            case FileKind.Regular or null:
                return new OutputPath(path, WithFolder(path, Behind(path, full)), isStream: false);
            case FileKind.Folder:
                throw Refused(path, "it is a folder: give a file in it");
            case FileKind.BlockDevice:
                throw Refused(path, "it is a block device, whose content would be lost: write to a file, and copy that if intended");
            case FileKind.Pipe:
                throw Refused(
                    path,
                    "it is a named pipe, whose reader could stop at any time: write to a file, or to /dev/stdout with the reader after a |"
                );
            default:
                throw Refused(path, "it is neither a regular file nor a character device: give a file");
        }
    }

    /// <summary>True for the kernel's names of a process's open files: the file may have no name, or be partly written.</summary>
    private static bool IsOpenFile(string full)
    {
        var folder = System.IO.Path.GetDirectoryName(full)!;
        return full is "/dev/stdout" or "/dev/stderr"
            || folder == "/dev/fd"
            || (folder.StartsWith("/proc/", StringComparison.Ordinal) && System.IO.Path.GetFileName(folder) == "fd");
    }

    /// <summary>The target of a chain of symbolic links, which may not exist yet.</summary>
    private static string Behind(string shown, string full)
    {
        try
        {
            return new FileInfo(full) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName : full;
        }
        catch (IOException e)
        {
            throw Refused(shown, $"its symbolic links can't be resolved ({e.Message}): give the file itself");
        }
    }

    private static string WithFolder(string shown, string path) =>
        InputFile.KindOf(System.IO.Path.GetDirectoryName(path)!) switch
        {
            FileKind.Folder => path,
            null => throw new CloudletException(
                ErrorKind.NotFound,
                $"{shown} can't be written: there is no folder {System.IO.Path.GetDirectoryName(path)}; create it first"
            ),
            _ => throw Refused(shown, $"{System.IO.Path.GetDirectoryName(path)} is not a folder"),
        };

    private static CloudletException Refused(string shown, string why) => new(ErrorKind.InvalidInput, $"'{shown}' can't be written: {why}");
}
