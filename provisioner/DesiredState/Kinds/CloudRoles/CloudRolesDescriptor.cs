using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudRoles;

/// <summary>A role of the cloud, which accounts have in projects.</summary>
public sealed class CloudRolesDescriptor : CloudDescriptor<CloudRoleSpec, CloudRoleSection?>
{
    /// <inheritdoc/>
    public override string Word => CloudRoleSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostCloudRoles.Key;

    /// <inheritdoc/>
    public override string Help => "Roles of the cloud, by name; `name:` alone means that it exists. One that is held is not deleted.";

    internal override IJsonTypeInfoResolver Json => CloudRolesJson.Default;

    internal override string Service => CloudServiceTypes.Identity;

    internal override void Check(string name, CloudRoleSection? section, HostCheck host) =>
        Line(host, name, "description", section?.Description);

    internal override CloudRoleSpec Make(string name, CloudRoleSection? section, CloudApi api, HostSection host) =>
        new()
        {
            Id = CloudRoleSpec.IdOf(name),
            Name = name,
            Api = api,
            Description = section?.Description,
        };
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, CloudRoleSection?>))]
[JsonSerializable(typeof(CloudRoleSpec))]
internal sealed partial class CloudRolesJson : JsonSerializerContext;
