using System.Runtime.InteropServices;

namespace Cloudlet.Synthesis.Pages;

/// <summary>Disk or guest memory by position. Safe to use from several threads.</summary>
public interface IPageReader
{
    /// <summary>Bytes; a multiple of <see cref="PageSize.Bytes"/>.</summary>
    long Length { get; }

    /// <summary>Fills <paramref name="into"/> from byte <paramref name="offset"/> on; what was never written is zero.</summary>
    void Read(long offset, Span<byte> into);
}

/// <summary>Disk or guest memory that is being made out of a base and an overlay. Safe to use from several threads on different pages.</summary>
public interface IPageWriter
{
    /// <summary>Bytes; a multiple of <see cref="PageSize.Bytes"/>.</summary>
    long Length { get; }

    /// <summary>Writes whole pages from byte <paramref name="offset"/> on.</summary>
    void Write(long offset, ReadOnlySpan<byte> pages);
}

/// <summary>Pages that follow each other.</summary>
/// <param name="Start">Number of the first.</param>
/// <param name="Count">How many, at least 1.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PageRun(long Start, long Count)
{
    /// <summary>Number behind the last.</summary>
    public long End => Start + Count;
}

/// <summary>What is compared, referred to and moved: the page of x86-64, which is the block of ext4 as well.</summary>
public static class PageSize
{
    /// <summary>Bytes of a page.</summary>
    public const int Bytes = 4096;
}
