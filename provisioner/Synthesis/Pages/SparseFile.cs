using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Synthesis.Pages;

/// <summary>A file with holes, as disk images and guest memory are kept.</summary>
public sealed partial class SparseFile : IPageReader, IPageWriter, IDisposable
{
    private const int SeekData = 3, SeekHole = 4; // lseek(2)
    private const int NoSuchAddress = 6; // ENXIO: no data behind this offset

    private readonly SafeFileHandle _file;
    private readonly string _path;

    /// <summary>Opens a file for reading.</summary>
    public SparseFile(string path)
        : this(path, File.OpenHandle(path, options: FileOptions.RandomAccess))
    {
    }

    private SparseFile(string path, SafeFileHandle file) => (_path, _file, Length) = (path, file, RandomAccess.GetLength(file));

    /// <inheritdoc cref="IPageReader.Length"/>
    public long Length { get; }

    /// <summary>Makes a file that is one hole.</summary>
    /// <param name="path">Where; there is none yet.</param>
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

    /// <summary>Where there may be data, as byte ranges in their order; everything else reads as zeros. A file system without holes answers with one range.</summary>
    public IEnumerable<(long Start, long End)> Data()
    {
        for (var end = 0L; end < Length;)
        {
            var start = Seek(end, SeekData);
            if (start < 0)
                yield break;
            end = Seek(start, SeekHole);
            yield return (start, end);
        }
    }

    /// <summary>Makes what was written durable.</summary>
    public void Flush() => RandomAccess.FlushToDisk(_file);

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private long Seek(long offset, int whence)
    {
        var found = Seek(_file, offset, whence);
        if (found >= 0 || Marshal.GetLastPInvokeError() == NoSuchAddress)
            return found;
        throw new CloudletException(ErrorKind.Unexpected, $"asked {_path} where it has data: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "lseek64", SetLastError = true)]
    private static partial long Seek(SafeFileHandle file, long offset, int whence);
}
