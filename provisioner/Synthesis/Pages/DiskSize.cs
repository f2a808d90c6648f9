namespace Cloudlet.Synthesis.Pages;

/// <summary>Limits of disk sizes, for import, exported bases, overlays and layers.</summary>
public static class DiskSize
{
    /// <summary>Bytes of a sector: the smallest disk, and the granularity of disk sizes.</summary>
    public const int Sector = 512;

    /// <summary>Bytes of the largest disk, which one cluster of a layer's first table covers.</summary>
    public const long Most = 16L << 40;

    /// <summary>Most pages of a disk.</summary>
    public const long MostPages = Most / PageSize.Bytes;

    /// <summary>What is wrong with a disk's size, as message; null when it is valid.</summary>
    /// <param name="bytes">The size.</param>
    public static string? Problem(long bytes) =>
        bytes is < Sector or > Most ? $"its disk has {bytes} bytes: expected {Sector} bytes to {Most >> 40} TiB"
        : bytes % Sector != 0 ? $"its disk has {bytes} bytes: expected a multiple of {Sector}"
        : null;
}
