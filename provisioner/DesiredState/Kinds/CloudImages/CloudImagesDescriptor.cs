using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudImages;

/// <summary>An image of a cloud, with the data that its checksum names.</summary>
public sealed class CloudImagesDescriptor : CloudDescriptor<CloudImageSpec, CloudImageSection>
{
    /// <inheritdoc/>
    public override string Word => CloudImageSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostCloudImages.Key;

    /// <inheritdoc/>
    public override string Help =>
        "Images of the cloud, by name, uploaded from a file of this host or a URL. One that a server uses is not deleted.";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> RenamedKeys { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["source"] = "file" };

    internal override IJsonTypeInfoResolver Json => CloudImagesJson.Default;

    internal override string Service => CloudServiceTypes.Image;

    private static readonly string[] DiskFormats = ["aki", "ami", "ari", "iso", "qcow2", "raw", "vdi", "vhd", "vhdx", "vmdk"];
    private static readonly string[] ContainerFormats = ["aki", "ami", "ari", "bare", "docker", "ova"];
    private static readonly string[] Visibilities = ["community", "private", "public", "shared"];

    internal override void Check(string name, CloudImageSection section, HostCheck host)
    {
        if (section.File is null == section.Url is null)
            host.Report.Missing("an image needs exactly one of `file` and `url`", Section, name);
        if (section.File is { } file && Names.PathError(file) is { } error)
            host.Report.Value(error, Section, name, "file");
        Url(host, name, "url", section.Url);
        if (section.Sha256 is not { } sum)
            host.Report.Missing("an image needs `sha256`: what is uploaded is compared with it", Section, name);
        else if (sum.Length != 64 || !sum.All(char.IsAsciiHexDigitLower))
            host.Report.Value("sha256 has 64 hexadecimal digits in lower case, as sha256sum prints them", Section, name, "sha256");
        OneOf(host, name, "diskFormat", section.DiskFormat, DiskFormats);
        OneOf(host, name, "containerFormat", section.ContainerFormat, ContainerFormats);
        OneOf(host, name, "visibility", section.Visibility, Visibilities);
        Range(host, name, "minRam", section.MinRam, 0, int.MaxValue);
        Range(host, name, "minDisk", section.MinDisk, 0, int.MaxValue);
        Pairs(host, name, "properties", section.Properties);
    }

    internal override CloudImageSpec Make(string name, CloudImageSection section, CloudApi api, HostSection host) =>
        new()
        {
            Id = CloudImageSpec.IdOf(name),
            Name = name,
            Api = api,
            Source = section.File ?? section.Url ?? "",
            Sha256 = section.Sha256,
            DiskFormat = section.DiskFormat ?? "qcow2",
            ContainerFormat = section.ContainerFormat ?? (section.DiskFormat is "aki" or "ari" or "ami" ? section.DiskFormat : "bare"),
            Visibility = section.Visibility ?? "public",
            MinRam = section.MinRam ?? 0,
            MinDisk = section.MinDisk ?? 0,
            Kernel = section.Kernel,
            Ramdisk = section.Ramdisk,
            Properties = Pairs(section.Properties) ?? [],
        };

    internal override IEnumerable<string> NeededBy(CloudImageSpec spec) =>
        new[] { spec.Kernel, spec.Ramdisk }.OfType<string>().Select(CloudImageSpec.IdOf).Append(FileSpec.IdOf(spec.Source));

    internal override CloudImageSpec Sort(CloudImageSpec spec) => spec with { Properties = Set(spec.Properties) };

    internal override bool IsWholeSpec(CloudImageSpec spec) => spec.Source is { Length: > 0 } && IsWhole(spec.Properties);
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, CloudImageSection>))]
[JsonSerializable(typeof(CloudImageSpec))]
internal sealed partial class CloudImagesJson : JsonSerializerContext;
