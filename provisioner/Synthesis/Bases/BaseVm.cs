using Cloudlet.Synthesis.Manifests;

namespace Cloudlet.Synthesis.Bases;

/// <summary>A base in a store.</summary>
/// <param name="Id">64 hexadecimal digits: SHA-256 of the manifest.</param>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Folder">Folder of its files. Only seals, name and index in it ever change.</param>
public sealed record BaseVm(string Id, BaseManifest Manifest, string Folder)
{
    internal const string ManifestFile = "base.json",
        DiskFile = "disk.raw",
        MemoryFile = "memory.raw",
        DevicesFile = "devices.bin",
        SealFile = "sealed.json",
        NameFile = "name",
        IndexFile = "pages.index";

    /// <summary>Its name, or null.</summary>
    public string? Name { get; init; }

    /// <summary>The projects that can use it; null: all of them, it is public.</summary>
    public IReadOnlyList<string>? Projects { get; init; }

    /// <summary>The disk, raw.</summary>
    public string DiskPath => Path.Combine(Folder, DiskFile);

    /// <summary>Index of its pages by content.</summary>
    public string IndexPath => Path.Combine(Folder, IndexFile);

    /// <summary>Guest memory; missing in a disk-only base.</summary>
    public string MemoryPath => Path.Combine(Folder, MemoryFile);

    /// <summary>Device state; missing in a disk-only base.</summary>
    public string DevicesPath => Path.Combine(Folder, DevicesFile);

    /// <summary>The first 12 digits of the id, for messages.</summary>
    public string ShortId => Id[..12];
}
