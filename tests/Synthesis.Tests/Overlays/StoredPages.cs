using Cloudlet.Synthesis.Pages;

namespace Cloudlet.Synthesis.Tests.Overlays;

/// <summary>A disk or a memory in an array.</summary>
internal sealed class StoredPages(byte[] content) : IPageReader, IPageWriter
{
    public byte[] Content => content;

    public long Length => content.Length;

    public void Read(long offset, Span<byte> into) => content.AsSpan((int)offset, into.Length).CopyTo(into);

    public void Write(long offset, ReadOnlySpan<byte> pages) => pages.CopyTo(content.AsSpan((int)offset));

    public StoredPages Copy() => new([.. content]);

    public Span<byte> Page(int number) => content.AsSpan(number * PageSize.Bytes, PageSize.Bytes);
}
