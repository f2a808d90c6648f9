using System.Text.Json;
using Cloudlet.DesiredState.Kinds.CloudRoles;
using Cloudlet.OpenStack;
using Cloudlet.Resources.Cloud;

namespace Cloudlet.Resources.Kinds.CloudRoles;

/// <summary>Roles of a cloud.</summary>
/// <param name="clients">The clouds.</param>
public sealed class CloudRolesKind(CloudClients clients) : CloudKind<CloudRoleSpec>(clients)
{
    internal override CloudCollection Collection => CloudCollection.Roles;

    internal override IReadOnlyList<CloudProperty> Properties { get; } = [new("description", "description")];

    internal override async ValueTask<IReadOnlyList<string>> UsesOfAsync(CloudView cloud, JsonElement row, CloudRoleSpec spec)
    {
        var held = await cloud.Client.ListAsync(
            Keystone.Type,
            $"/role_assignments?role.id={Uri.EscapeDataString(CloudView.IdOf(row))}",
            "role_assignments",
            cloud.Ct
        );
        var uses = new List<string>();
        foreach (var holder in held)
            uses.Add(
                holder.Part("user").Text("id") is { } user
                    ? $"account {await cloud.NameOfAsync(CloudCollection.Users, user)}"
                    : $"group {holder.Part("group").Text("id")}"
            );
        return [.. uses.Distinct(StringComparer.Ordinal)];
    }
}
