using System.IO.Hashing;

namespace Cloudlet.Synthesis.Pages;

/// <summary>A hash by which equal pages are found (XXH3, 64 bits). Two pages with one hash are compared: a guest may have made them so.</summary>
internal static class PageHash
{
    /// <summary>The hash of a page.</summary>
    public static ulong Of(ReadOnlySpan<byte> page) => XxHash3.HashToUInt64(page);
}
