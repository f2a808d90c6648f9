namespace Cloudlet.Synthesis.Bases;

/// <summary>A base in a store.</summary>
/// <param name="Id">64 hexadecimal digits; what its manifest says follows from it.</param>
/// <param name="Manifest">What it is.</param>
/// <param name="Folder">Where its files are. Nothing in it ever changes but what is remembered about it.</param>
public sealed record BaseVm(string Id, BaseManifest Manifest, string Folder)
{
    internal const string ManifestFile = "base.json", DiskFile = "disk.raw", MemoryFile = "memory.raw", DevicesFile = "devices.bin", SealFile = "sealed.json", NameFile = "name", IndexFile = "pages.index";

    /// <summary>What people call it, or null.</summary>
    public string? Name { get; init; }

    /// <summary>The disk, raw.</summary>
    public string DiskPath => Path.Combine(Folder, DiskFile);

    /// <summary>Where its pages are found by their content.</summary>
    public string IndexPath => Path.Combine(Folder, IndexFile);

    /// <summary>Guest memory; there is none in a base that is a disk alone.</summary>
    public string MemoryPath => Path.Combine(Folder, MemoryFile);

    /// <summary>Device state; there is none in a base that is a disk alone.</summary>
    public string DevicesPath => Path.Combine(Folder, DevicesFile);

    /// <summary>The first digits of the id, enough for people.</summary>
    public string ShortId => Id[..12];
}
