namespace Cloudlet.ServiceApi.Contracts;

/// <summary>An overlay that this service keeps.</summary>
/// <param name="Id">12 hexadecimal digits.</param>
/// <param name="Digest">64 hexadecimal digits: the address of its content.</param>
/// <param name="Base">Id of its base.</param>
/// <param name="Bytes">Size of its file.</param>
/// <param name="DiskBytes">Size of the disk that it describes.</param>
/// <param name="MemoryBytes">Size of the memory that it describes.</param>
/// <param name="CarriedPages">Pages of 4 KiB whose content is in the file.</param>
/// <param name="Created">When it was stored.</param>
public sealed record OverlayView(
    string Id,
    string Digest,
    string Base,
    long Bytes,
    long DiskBytes,
    long MemoryBytes,
    long CarriedPages,
    DateTimeOffset Created
)
{
    /// <summary>Its name.</summary>
    public string? Name { get; init; }

    /// <summary>Its project.</summary>
    public string? Project { get; init; }

    /// <summary>The QEMU that wrote its device state.</summary>
    public string? QemuVersion { get; init; }
}

/// <summary>Stores an overlay, of a VM or from an upload.</summary>
public sealed record CreateOverlayRequest
{
    /// <summary>Name or id of a VM.</summary>
    public string? Vm { get; init; }

    /// <summary>Id of a complete upload that is an overlay.</summary>
    public string? Upload { get; init; }

    /// <summary>Its name: lower-case letters, digits and dashes, at most 40.</summary>
    public string? Name { get; init; }

    /// <summary>True: fewer bytes instead of less time.</summary>
    public bool Small { get; init; }

    /// <summary>True: the guest first discards deleted files and fills its free memory with zeros; needs its guest agent.</summary>
    public bool Trim { get; init; }

    /// <summary>True: the VM ends when the overlay is complete.</summary>
    public bool End { get; init; }
}

/// <summary>Where what an overlay carries lies: one letter for each of equal parts of disk and memory.</summary>
/// <param name="DiskBytesPerCell">Bytes of disk that one letter stands for.</param>
/// <param name="Disk">Letters: b as the base, z zero, r like another page, c carried; the most costly of a part wins.</param>
/// <param name="MemoryBytesPerCell">Bytes of memory that one letter stands for.</param>
/// <param name="Memory">The same for memory.</param>
/// <param name="Zero">Pages of zeros.</param>
/// <param name="Referenced">Pages that are copies of others.</param>
/// <param name="Carried">Pages whose content is in the file.</param>
/// <param name="Unchanged">Pages as in the base.</param>
public sealed record OverlayMapView(
    long DiskBytesPerCell,
    string Disk,
    long MemoryBytesPerCell,
    string Memory,
    long Zero,
    long Referenced,
    long Carried,
    long Unchanged
);
