using System.Runtime.InteropServices;

namespace Cloudlet.Synthesis.Pages;

/// <summary>Reads a disk or guest memory by position. Thread-safe.</summary>
public interface IPageReader
{
    /// <summary>Bytes; a multiple of <see cref="PageSize.Bytes"/>.</summary>
    long Length { get; }

    /// <summary>Fills <paramref name="into"/> from byte <paramref name="offset"/> on; what was never written is zero.</summary>
    void Read(long offset, Span<byte> into);
}

/// <summary>Receives the pages of a disk or guest memory. Thread-safe for different pages.</summary>
public interface IPageWriter
{
    /// <summary>Bytes; a multiple of <see cref="PageSize.Bytes"/>.</summary>
    long Length { get; }

    /// <summary>Writes whole pages from byte <paramref name="offset"/> on.</summary>
    void Write(long offset, ReadOnlySpan<byte> pages);
}

/// <summary>Consecutive pages.</summary>
/// <param name="Start">Number of the first.</param>
/// <param name="Count">Number of pages, at least 1.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PageRun(long Start, long Count)
{
    /// <summary>Number after the last.</summary>
    public long End => Start + Count;
}

/// <summary>Unit of comparison and transfer: the page of x86-64, and the usual block of ext4.</summary>
public static class PageSize
{
    /// <summary>Bytes of a page.</summary>
    public const int Bytes = 4096;
}
