using Cloudlet.DesiredState.Kinds.Cloud;

namespace Cloudlet.DesiredState.Kinds.CloudImages;

/// <summary>An image of a cloud, with the data that its checksum names.</summary>
public sealed record CloudImageSpec : CloudSpec
{
    /// <summary>Word of the kind.</summary>
    public const string Word = "cloud-image";

    /// <summary>The value of <see cref="Sha256"/> when it is not known what the data is.</summary>
    public const string Unknown = "unknown";

    /// <summary>The id of the one that is named <paramref name="name"/>.</summary>
    public static string IdOf(string name) => $"{Word}:{name}";

    /// <summary>Absolute path or URL of its data.</summary>
    public required string Source { get; init; }

    /// <summary>SHA-256 of its data. Observed: <see cref="Unknown"/> for data that we did not upload.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Format of the disk.</summary>
    public string? DiskFormat { get; init; }

    /// <summary>Format of the container.</summary>
    public string? ContainerFormat { get; init; }

    /// <summary>Who may use it.</summary>
    public string? Visibility { get; init; }

    /// <summary>Least memory of a server, in MiB.</summary>
    public int? MinRam { get; init; }

    /// <summary>Least disk of a server, in GiB.</summary>
    public int? MinDisk { get; init; }

    /// <summary>Name of the image with its kernel.</summary>
    public string? Kernel { get; init; }

    /// <summary>Name of the image with its initial RAM disk.</summary>
    public string? Ramdisk { get; init; }

    /// <summary>Its properties, each as <c>KEY=VALUE</c>.</summary>
    public IReadOnlyList<string>? Properties { get; init; }
}
