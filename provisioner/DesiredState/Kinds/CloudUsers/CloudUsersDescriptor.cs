using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Cloudlet.DesiredState.Kinds.Cloud;
using Cloudlet.DesiredState.Kinds.CloudProjects;
using Cloudlet.DesiredState.Kinds.CloudRoles;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.CloudUsers;

/// <summary>An account of the cloud with a password, in the domain Default.</summary>
public sealed class CloudUsersDescriptor : CloudDescriptor<CloudUserSpec, CloudUserSection>
{
    /// <inheritdoc/>
    public override string Word => CloudUserSpec.Word;

    /// <inheritdoc/>
    public override string Section => HostCloudUsers.Key;

    /// <inheritdoc/>
    public override string Help =>
        "Accounts of the cloud, by name: password, project and roles. All other roles in projects of such an account go.";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string> RenamedKeys { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["secretFile"] = "secret" };

    internal override IJsonTypeInfoResolver Json => CloudUsersJson.Default;

    internal override string Service => CloudServiceTypes.Identity;

    internal override void Check(string name, CloudUserSection section, HostCheck host)
    {
        SecretFiles.Check(section.Secret, host, Section, name);
        Line(host, name, "description", section.Description);
        foreach (var (project, roles) in section.Roles ?? new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal))
            if (roles.Count == 0 || roles.Any(static r => r.Length == 0))
                host.Report.Value($"name at least one role in {project}, or remove this key", Section, name, "roles", project);
    }

    internal override CloudUserSpec Make(string name, CloudUserSection section, CloudApi api, HostSection host) =>
        new()
        {
            Id = CloudUserSpec.IdOf(name),
            Name = name,
            Api = api,
            SecretFile = SecretFiles.PathOf(section.Secret, host),
            Login = section.Enabled == false ? null : CloudUserSpec.Current,
            Project = section.Project,
            Roles =
            [
                .. (section.Roles ?? new Dictionary<string, IReadOnlyList<string>>()).SelectMany(static r =>
                    r.Value.Select(role => CloudUserSpec.RoleOn(role, r.Key))
                ),
            ],
            Description = section.Description,
            Enabled = section.Enabled ?? true,
        };

    internal override IEnumerable<string> NeededBy(CloudUserSpec spec)
    {
        if (spec.Project is { } project)
            yield return CloudProjectSpec.IdOf(project);
        foreach (var text in spec.Roles ?? [])
            if (CloudUserSpec.Parse(text) is var (role, on))
            {
                yield return CloudRoleSpec.IdOf(role);
                yield return CloudProjectSpec.IdOf(on);
            }
    }

    internal override IEnumerable<string> SecretsOf(CloudUserSpec spec) => [spec.SecretFile];

    internal override CloudUserSpec Sort(CloudUserSpec spec) => spec with { Roles = Set(spec.Roles) };

    internal override bool IsWholeSpec(CloudUserSpec spec) => spec.SecretFile is ['/', ..] && IsWhole(spec.Roles);
}

/// <summary>JSON metadata of the kind's section and spec, generated at build time.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(IReadOnlyDictionary<string, CloudUserSection>))]
[JsonSerializable(typeof(CloudUserSpec))]
internal sealed partial class CloudUsersJson : JsonSerializerContext;
