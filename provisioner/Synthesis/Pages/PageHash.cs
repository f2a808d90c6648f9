using System.IO.Hashing;

namespace Cloudlet.Synthesis.Pages;

/// <summary>
/// Hash to find equal pages (XXH3, 64 bits). Pages with equal hashes are compared, because a guest may have crafted a collision.
/// </summary>
internal static class PageHash
{
    /// <summary>The hash of a page.</summary>
    public static ulong Of(ReadOnlySpan<byte> page) => XxHash3.HashToUInt64(page);
}
