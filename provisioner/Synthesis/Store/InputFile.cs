using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Store;

/// <summary>Checks files that users name as input.</summary>
internal static class InputFile
{
    /// <summary>True for a regular file, and for a link to one.</summary>
    public static bool IsRegular(string path) => KindOf(path) == FileKind.Regular;

    /// <summary>
    /// NotFound when there is no such file; InvalidInput, with what it is instead, unless it is a regular file or a block device: others
    /// can't be read at any position and repeatedly.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it should be, for the message.</param>
    public static void RequireImage(string path, string what)
    {
        var isNot = KindOf(path) switch
        {
            FileKind.Regular or FileKind.BlockDevice => null,
            null => throw new CloudletException(ErrorKind.NotFound, $"there is no {what} {path}"),
            FileKind.Folder => "a folder",
            FileKind.Pipe => "a pipe",
            FileKind.CharacterDevice => "a character device",
            FileKind.Socket => "a socket",
            _ => "not a file with content",
        };
        if (isNot is not null)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{path} is {isNot}, and the {what} has to be a regular file or a block device: write it to a file first"
            );
    }

    /// <summary>The type of a file, following links; null when there is none.</summary>
    public static FileKind? KindOf(string path) =>
        path.Length == 0 || path.Contains('\0', StringComparison.Ordinal) ? null : Syscalls.NodeOf(path)?.Kind;
}
