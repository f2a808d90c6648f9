namespace Cloudlet.Synthesis.Refusals;

/// <summary>
/// Codes of <see cref="OverlayRefusal"/>. Programs decide on them, so a code never changes its meaning. The table in
/// docs/formats/overlay.md has one line for each.
/// </summary>
public static class OverlayRefusalCode
{
    /// <summary>The file does not begin with the magic of overlays.</summary>
    public const string BadMagic = "bad-magic";

    /// <summary>The version in the prelude is not one that this program reads.</summary>
    public const string UnknownVersion = "unknown-version";

    /// <summary>The version in the prelude is not that of the segments.</summary>
    public const string VersionMismatch = "version-mismatch";

    /// <summary>The header length is out of range, or does not match the number of segments.</summary>
    public const string HeaderLength = "header-length";

    /// <summary>Header or segment do not match their SHA-256.</summary>
    public const string DigestMismatch = "digest-mismatch";

    /// <summary>The file ends before its last segment does.</summary>
    public const string Truncated = "truncated";

    /// <summary>The file has bytes after its last segment.</summary>
    public const string TrailingData = "trailing-data";

    /// <summary>The number of disk pages is out of range.</summary>
    public const string DiskPages = "disk-pages";

    /// <summary>The number of memory pages is out of range.</summary>
    public const string MemoryPages = "memory-pages";

    /// <summary>The number of carried pages is out of range, or not that of the segments.</summary>
    public const string CarriedPages = "carried-pages";

    /// <summary>There are fewer segments than the header needs.</summary>
    public const string SegmentCount = "segment-count";

    /// <summary>A segment is not of the kind that belongs in its place.</summary>
    public const string SegmentKind = "segment-kind";

    /// <summary>A segment has a codec that its kind can't have.</summary>
    public const string SegmentCodec = "segment-codec";

    /// <summary>The length of a segment, or of its content, is out of range.</summary>
    public const string SegmentLength = "segment-length";

    /// <summary>The content of a segment can't be decoded.</summary>
    public const string SegmentContent = "segment-content";

    /// <summary>More bytes are modelled than a reader decodes.</summary>
    public const string TooMuchModelled = "too-much-modelled";

    /// <summary>The origin can't be read.</summary>
    public const string BadOrigin = "bad-origin";

    /// <summary>The manifest of an exported base is damaged, or does not fit the file.</summary>
    public const string BadManifest = "bad-manifest";

    /// <summary>The page map is not valid.</summary>
    public const string BadPageMap = "bad-page-map";

    /// <summary>The page map has more runs or ranges than a reader accepts.</summary>
    public const string PageMapTooLarge = "page-map-too-large";

    /// <summary>An exported base was given in place of an overlay.</summary>
    public const string NotAnOverlay = "not-an-overlay";

    /// <summary>An overlay was given in place of an exported base.</summary>
    public const string NotABase = "not-a-base";

    /// <summary>The content of an exported base does not yield its id.</summary>
    public const string BaseIdMismatch = "base-id-mismatch";

    /// <summary>The base of the overlay is not in the store.</summary>
    public const string BaseMissing = "base-missing";

    /// <summary>The base of the overlay is a disk alone.</summary>
    public const string BaseNotSealed = "base-not-sealed";

    /// <summary>The base was changed since it was sealed.</summary>
    public const string BaseChanged = "base-changed";

    /// <summary>The overlay belongs to another base, or to one with other sizes.</summary>
    public const string WrongBase = "wrong-base";

    /// <summary>The device layout of the base is unknown to this program.</summary>
    public const string UnknownLayout = "unknown-layout";

    /// <summary>The accelerator of the base is unknown to this program.</summary>
    public const string UnknownAccelerator = "unknown-accelerator";

    /// <summary>Another property of the base's machine is not valid.</summary>
    public const string BadMachine = "bad-machine";

    /// <summary>The installed QEMU is older than the one that wrote the device state.</summary>
    public const string QemuOlder = "qemu-older";

    /// <summary>The installed QEMU does not have the machine type.</summary>
    public const string MachineMissing = "machine-missing";

    /// <summary>The installed QEMU does not have the CPU model.</summary>
    public const string CpuMissing = "cpu-missing";

    /// <summary>The host lacks features of the CPU model.</summary>
    public const string CpuFeaturesMissing = "cpu-features-missing";

    /// <summary>KVM can't run the machine here.</summary>
    public const string KvmUnavailable = "kvm-unavailable";

    /// <summary>QEMU did not accept the device state.</summary>
    public const string DeviceStateRejected = "device-state-rejected";
}
