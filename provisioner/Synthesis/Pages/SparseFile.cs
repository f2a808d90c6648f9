using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Synthesis.Pages;

/// <summary>A sparse file, such as a disk image or guest memory.</summary>
public sealed partial class SparseFile : IPageReader, IPageWriter, IDisposable
{
    private const int SeekEnd = 2,
        SeekData = 3,
        SeekHole = 4; // lseek(2)
    private const int NoSuchAddress = 6,
        NotForThis = 22; // ENXIO: no data after this offset; EINVAL: a block device has no holes

    private readonly SafeFileHandle _file;
    private readonly string _path;

    /// <summary>Opens a file for reading.</summary>
    public SparseFile(string path)
        : this(path, File.OpenHandle(path, options: FileOptions.RandomAccess)) { }

    private SparseFile(string path, SafeFileHandle file) => (_path, _file, Length) = (path, file, LengthOf(file));

    /// <inheritdoc cref="IPageReader.Length"/>
    public long Length { get; }

    /// <summary>Creates a file that is one hole.</summary>
    /// <param name="path">The new file.</param>
    /// <param name="length">Bytes.</param>
    public static SparseFile Create(string path, long length)
    {
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        RandomAccess.SetLength(file, length);
        return new SparseFile(path, file);
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> into)
    {
        while (into.Length > 0)
        {
            var read = RandomAccess.Read(_file, into, offset);
            if (read == 0)
            {
                into.Clear();
                return;
            }

            offset += read;
            into = into[read..];
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> pages) => RandomAccess.Write(_file, pages, offset);

    /// <summary>
    /// Byte ranges that may hold data, in order; everything else reads as zeros. Without support of the file system it is one range.
    /// </summary>
    public IEnumerable<(long Start, long End)> Data()
    {
        for (var end = 0L; end < Length; )
        {
            var start = Seek(end, SeekData);
            if (start < 0)
                yield break;
            end = Math.Min(Length, Seek(start, SeekHole));
            yield return (start, end);
        }
    }

    /// <summary>Length by fstat(2); by lseek(2) for a block device, for which fstat reports 0.</summary>
    private static long LengthOf(SafeFileHandle file) =>
        RandomAccess.GetLength(file) is > 0 and var length ? length : Math.Max(0, Seek(file, 0, SeekEnd));

    /// <summary>Makes written data durable.</summary>
    public void Flush() => RandomAccess.FlushToDisk(_file);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private long Seek(long offset, int whence)
    {
        var found = Seek(_file, offset, whence);
        var error = Marshal.GetLastPInvokeError();
        if (found >= 0 || error == NoSuchAddress)
            return found;
        if (error == NotForThis)
            return whence == SeekData ? offset : Length;
        throw new CloudletException(ErrorKind.Unexpected, $"can't find the data of {_path}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "lseek64", SetLastError = true)]
    private static partial long Seek(SafeFileHandle file, long offset, int whence);
}
