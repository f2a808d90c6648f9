using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Synthesis.Pages;

/// <summary>A sparse file, such as a disk image or guest memory.</summary>
public sealed class SparseFile : IPageReader, IPageWriter, IDisposable
{
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
            var start = Seek(end, FileCalls.SEEK_DATA);
            if (start < 0)
                yield break;
            end = Math.Min(Length, Seek(start, FileCalls.SEEK_HOLE));
            yield return (start, end);
        }
    }

    /// <summary>Length by fstat(2); by lseek(2) for a block device, for which fstat reports 0.</summary>
    private static long LengthOf(SafeFileHandle file) =>
        RandomAccess.GetLength(file) is > 0 and var length ? length : Math.Max(0, FileCalls.Seek(file, 0, FileCalls.SEEK_END));

    /// <summary>Makes written data durable.</summary>
    public void Flush() => RandomAccess.FlushToDisk(_file);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private long Seek(long offset, int whence)
    {
        var found = FileCalls.Seek(_file, offset, whence);
        var error = Errno.Last;
        if (found >= 0 || error == Errno.ENXIO) // no data after this offset
            return found;
        if (error == Errno.EINVAL) // a block device has no holes
            return whence == FileCalls.SEEK_DATA ? offset : Length;
        throw new CloudletException(ErrorKind.Unexpected, $"can't find the data of {_path}: {Marshal.GetLastPInvokeErrorMessage()}");
    }
}
