using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudServices;

/// <summary>A service in the catalog of the cloud, with its endpoints in one region.</summary>
public sealed class CloudServicesDescriptor : CloudDescriptor<CloudServiceSpec, CloudServiceSection>
{
    /// <summary>The region that nearly every cloud has.</summary>
    private const string UsualRegion = "RegionOne";

    /// <inheritdoc/>
    public override string Word => CloudServiceSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostCloudServices.Key;

    /// <inheritdoc/>
    public override string Help => "Services in the catalog of the cloud, by name: type and endpoints.";

    internal override IJsonTypeInfoResolver Json => CloudServicesJson.Default;

    internal override string Service => CloudServiceTypes.Identity;

    internal override void Check(string name, CloudServiceSection section, HostCheck host)
    {
        if (section.Type is not { Length: > 0 } type)
            host.Report.Missing("a service needs `type`, e.g. compute, image, network or placement", Section, name);
        else if (type.Length > 64 || !type.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
            host.Report.Value($"\"{type}\" is not a valid type of a service: lower-case letters, digits and '-'", Section, name, "type");
        if (section is { Url: null, Public: null, Internal: null, Admin: null })
            host.Report.Missing("a service needs `url`, or at least one of `public`, `internal` and `admin`", Section, name);
        Url(host, name, "url", section.Url);
        Url(host, name, "public", section.Public);
        Url(host, name, "internal", section.Internal);
        Url(host, name, "admin", section.Admin);
        Line(host, name, "region", section.Region);
        Line(host, name, "description", section.Description);
    }

    internal override CloudServiceSpec Make(string name, CloudServiceSection section, CloudApi api, HostSection host) =>
        new()
        {
            Id = CloudServiceSpec.IdOf(name),
            Name = name,
            Api = api,
            Type = section.Type,
            Region = section.Region ?? api.Region ?? UsualRegion,
            Public = section.Public ?? section.Url,
            Internal = section.Internal ?? section.Url,
            Admin = section.Admin ?? section.Url,
            Description = section.Description,
        };

    internal override bool IsWholeSpec(CloudServiceSpec spec) => spec.Region is { Length: > 0 };
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, CloudServiceSection>))]
[JsonSerializable(typeof(CloudServiceSpec))]
internal sealed partial class CloudServicesJson : JsonSerializerContext;
