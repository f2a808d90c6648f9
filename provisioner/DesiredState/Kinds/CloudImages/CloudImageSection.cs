using System.ComponentModel;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudImages;

/// <summary>One image of the cloud: exactly one of file and url.</summary>
[Description("One image of the cloud: exactly one of file and url.")]
public sealed record CloudImageSection
{
    /// <summary>File.</summary>
    [Description("Absolute path on this host of the file with its data.")]
    [SchemaPattern("^/.+")]
    public string? File { get; init; }

    /// <summary>Url.</summary>
    [Description("URL that its data is downloaded from.")]
    [SchemaPattern("^https?://.+")]
    public string? Url { get; init; }

    /// <summary>Sha256.</summary>
    [Description("SHA-256 of its data, 64 hexadecimal digits; another one means another image.")]
    [SchemaPattern("^[0-9a-f]{64}$")]
    public string? Sha256 { get; init; }

    /// <summary>DiskFormat.</summary>
    [Description("Format of the disk: qcow2, raw, iso, vmdk, vdi, vhd, vhdx, aki, ari or ami (default: qcow2).")]
    public string? DiskFormat { get; init; }

    /// <summary>ContainerFormat.</summary>
    [Description("Format of the container: bare, aki, ari, ami, ova or docker (default: bare, or as the disk for aki, ari and ami).")]
    public string? ContainerFormat { get; init; }

    /// <summary>Visibility.</summary>
    [Description("Who may use it: public, private, shared or community (default: public).")]
    public string? Visibility { get; init; }

    /// <summary>MinRam.</summary>
    [Description("Least memory of a server, in MiB (default: 0).")]
    [SchemaRange(0, int.MaxValue)]
    public int? MinRam { get; init; }

    /// <summary>MinDisk.</summary>
    [Description("Least disk of a server, in GiB (default: 0).")]
    [SchemaRange(0, int.MaxValue)]
    public int? MinDisk { get; init; }

    /// <summary>Kernel.</summary>
    [Description("Name of the image with its kernel.")]
    public string? Kernel { get; init; }

    /// <summary>Ramdisk.</summary>
    [Description("Name of the image with its initial RAM disk.")]
    public string? Ramdisk { get; init; }

    /// <summary>Properties.</summary>
    [Description("Its properties, e.g. `os_distro: debian`; it has no others.")]
    public IReadOnlyDictionary<string, string>? Properties { get; init; }
}

/// <summary>The section <c>cloudImages</c> of a host.</summary>
public static class HostCloudImages
{
    /// <summary>Key of the section.</summary>
    public const string Key = "cloudImages";

    extension(HostSection host)
    {
        /// <summary>Name → image.</summary>
        public IReadOnlyDictionary<string, CloudImageSection>? CloudImages
        {
            get => host.Section<CloudImageSection>(Key);
            internal set => host.SetSection(Key, value);
        }
    }
}
