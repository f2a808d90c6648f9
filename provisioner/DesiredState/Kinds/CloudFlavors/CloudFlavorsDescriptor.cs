using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudFlavors;

/// <summary>A flavor (size of servers) of a cloud.</summary>
public sealed class CloudFlavorsDescriptor : CloudDescriptor<CloudFlavorSpec, CloudFlavorSection>
{
    /// <inheritdoc/>
    public override string Word => CloudFlavorSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostCloudFlavors.Key;

    /// <inheritdoc/>
    public override string Help =>
        "Flavors (sizes of servers) of the cloud, by name. Nova cannot change one, so another size is another flavor of the same name.";

    internal override IJsonTypeInfoResolver Json => CloudFlavorsJson.Default;

    internal override string Service => CloudServiceTypes.Compute;

    /// <summary>Largest number that Nova takes.</summary>
    internal const int Most = int.MaxValue;

    internal override void Check(string name, CloudFlavorSection section, HostCheck host)
    {
        if (section.Ram is null)
            host.Report.Missing("a flavor needs `ram`, in MiB", Section, name);
        if (section.Vcpus is null)
            host.Report.Missing("a flavor needs `vcpus`", Section, name);
        Range(host, name, "ram", section.Ram, 1, Most);
        Range(host, name, "vcpus", section.Vcpus, 1, 1024);
        Range(host, name, "disk", section.Disk, 0, Most);
        Pairs(host, name, "extraSpecs", section.ExtraSpecs);
    }

    internal override CloudFlavorSpec Make(string name, CloudFlavorSection section, CloudApi api, HostSection host) =>
        new()
        {
            Id = CloudFlavorSpec.IdOf(name),
            Name = name,
            Api = api,
            Ram = section.Ram,
            Vcpus = section.Vcpus,
            Disk = section.Disk ?? 0,
            Public = section.Public ?? true,
            ExtraSpecs = Pairs(section.ExtraSpecs) ?? [],
        };

    internal override CloudFlavorSpec Sort(CloudFlavorSpec spec) => spec with { ExtraSpecs = Set(spec.ExtraSpecs) };

    internal override bool IsWholeSpec(CloudFlavorSpec spec) => IsWhole(spec.ExtraSpecs);
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, CloudFlavorSection>))]
[JsonSerializable(typeof(CloudFlavorSpec))]
internal sealed partial class CloudFlavorsJson : JsonSerializerContext;
