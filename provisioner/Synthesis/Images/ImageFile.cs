using System.Buffers.Binary;
using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Images;

/// <summary>
/// An image file that may be truncated, damaged or malicious. Reading past its end is an error, where qemu-img would read zeros.
/// </summary>
internal sealed class ImageFile : IDisposable
{
    private const int MostTable = 256 << 20; // limit of a table, which is read at once

    private readonly FileStream _file;

    /// <summary>Opens it for reading.</summary>
    public ImageFile(string path) =>
        (_file, Length) = (
            new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0),
            new FileInfo(path).Length
        );

    /// <summary>Length in bytes.</summary>
    public long Length { get; }

    /// <summary>InvalidInput, with what is wrong with the image.</summary>
    public static CloudletException Damaged(string what) => new(ErrorKind.InvalidInput, what);

    /// <summary>Reads bytes of the file; InvalidInput when some are past its end.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">How many.</param>
    /// <param name="what">What they are, for the message.</param>
    public byte[] Read(long offset, long length, string what)
    {
        Require(offset, length, what);
        if (length > MostTable)
            throw Damaged($"{what} is {length} bytes long: expected {MostTable} at most");
        var bytes = new byte[length];
        RandomAccess.Read(_file.SafeFileHandle, bytes, offset);
        return bytes;
    }

    /// <summary>Reads bytes of the file, with zeros past its end.</summary>
    public byte[] ReadPadded(long offset, int length)
    {
        var bytes = new byte[length];
        if (offset >= 0 && offset < Length)
            RandomAccess.Read(_file.SafeFileHandle, bytes, offset);
        return bytes;
    }

    /// <summary>InvalidInput when a part that a table refers to is past the end of the file.</summary>
    public void Require(long offset, long length, string what)
    {
        if (offset < 0 || length < 0 || offset > Length - length)
            throw Damaged(
                $"it was cut short or is damaged: {what} lies at byte {offset} to {(ulong)offset + (ulong)length}, and the file has "
                    + $"{Length}"
            );
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}

/// <summary>Result of the check of an image.</summary>
/// <param name="DiskLength">Bytes of the disk in it.</param>
/// <param name="DataLength">Upper bound of the bytes that are stored; the rest is zero.</param>
internal sealed record ImageFacts(long DiskLength, long DataLength);

/// <summary>Reads numbers from the tables of images.</summary>
internal static class Numbers
{
    public static uint Little32(this byte[] bytes, long at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan((int)at));

    public static ulong Little64(this byte[] bytes, long at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan((int)at));

    public static uint Big32(this byte[] bytes, long at) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan((int)at));

    public static ulong Big64(this byte[] bytes, long at) => BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan((int)at));

    /// <summary>Divides and rounds up.</summary>
    public static long Parts(long whole, long part) => (whole / part) + (whole % part == 0 ? 0 : 1);
}
