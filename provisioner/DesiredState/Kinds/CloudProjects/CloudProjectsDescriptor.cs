using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudProjects;

/// <summary>A project of the cloud, in the domain Default.</summary>
public sealed class CloudProjectsDescriptor : CloudDescriptor<CloudProjectSpec, CloudProjectSection?>
{
    /// <inheritdoc/>
    public override string Word => CloudProjectSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostCloudProjects.Key;

    /// <inheritdoc/>
    public override string Help =>
        "Projects of the cloud, by name; `name:` alone means that it exists and is enabled. One that still has something is not deleted.";

    internal override IJsonTypeInfoResolver Json => CloudProjectsJson.Default;

    internal override string Service => CloudServiceTypes.Identity;

    internal override void Check(string name, CloudProjectSection? section, HostCheck host) =>
        Line(host, name, "description", section?.Description);

    internal override CloudProjectSpec Make(string name, CloudProjectSection? section, CloudApi api, HostSection host) =>
        new()
        {
            Id = CloudProjectSpec.IdOf(name),
            Name = name,
            Api = api,
            Description = section?.Description,
            Enabled = section?.Enabled ?? true,
        };
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, CloudProjectSection?>))]
[JsonSerializable(typeof(CloudProjectSpec))]
internal sealed partial class CloudProjectsJson : JsonSerializerContext;
