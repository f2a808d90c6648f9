using Cloudlet.Errors;
using Cloudlet.Linux;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Files;

/// <summary>A file that grows line by line and is rotated at its limit. See <see cref="IHostFiles.Append"/> for the guarantees.</summary>
internal static class AppendedFile
{
    public const string Action = "append to";

    /// <summary>Rotates the file if necessary, and appends.</summary>
    /// <param name="folder">The open folder of the file; the caller closes it.</param>
    /// <param name="name">Its name.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="line">The line to append.</param>
    /// <param name="mode">Permission bits of a new file.</param>
    /// <param name="limit">Limit of the file in bytes.</param>
    public static void Append(SafeFileHandle folder, string name, string path, ReadOnlySpan<byte> line, uint mode, long limit)
    {
        using var file = Open(folder, name, path, mode);
        var length = RandomAccess.GetLength(file);
        var isTorn = length > 0 && LastByte(file, length) != '\n';
        if (length > 0 && length + line.Length + (isTorn ? 1 : 0) > limit)
        {
            if (FileCalls.RenameAt(folder, name, folder, $"{name}.1") < 0)
                throw FileErrors.Last("rotate", path);
            using var next = Open(folder, name, path, mode);
            Write(next, line, path);
        }
        else
        {
            Write(file, isTorn ? [(byte)'\n', .. line] : line, path);
        }
    }

    private static SafeFileHandle Open(SafeFileHandle folder, string name, string path, uint mode)
    {
        // Without O_NONBLOCK, opening a fifo would wait for its reader.
        var flags =
            FileCalls.O_RDWR | FileCalls.O_CREAT | FileCalls.O_APPEND | FileCalls.O_NOFOLLOW | FileCalls.O_NONBLOCK | FileCalls.O_CLOEXEC;
        var file = FileCalls.OpenAt(folder, name, flags, mode);
        if (file.IsInvalid)
            throw FileErrors.Last(Action, path);
        if (FileCalls.Stat(file, out var stat) == 0 && stat.IsRegular)
            return file;
        file.Dispose();
        throw new CloudletException(
            ErrorKind.InvalidInput,
            $"Cannot append to {path}: it is not a regular file. Remove it or choose another path."
        );
    }

    private static byte LastByte(SafeFileHandle file, long length)
    {
        Span<byte> last = stackalloc byte[1];
        return RandomAccess.Read(file, last, length - 1) == 1 ? last[0] : (byte)'\n';
    }

    private static void Write(SafeFileHandle file, ReadOnlySpan<byte> line, string path)
    {
        if (!FileCalls.WriteAll(file, line))
            throw FileErrors.Last(Action, path);
    }
}
