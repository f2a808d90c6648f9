using System.Text.Json;
using Cloudlet.DesiredState.Kinds.CloudProjects;
using Cloudlet.Errors;
using Cloudlet.OpenStack;
using Cloudlet.Resources.Cloud;

namespace Cloudlet.Resources.Kinds.CloudProjects;

/// <summary>Projects of a cloud. Keystone deletes one with everything that Nova, Neutron and Glance have for it; this does not.</summary>
/// <param name="clients">The clouds.</param>
public sealed class CloudProjectsKind(CloudClients clients) : CloudKind<CloudProjectSpec>(clients)
{
    /// <summary>Collections of other services whose objects belong to projects, the filter for them, and their name for people.</summary>
    private static readonly (string Service, string Path, string List, string Noun)[] Belongings =
    [
        (ServiceTypes.Compute, "/servers/detail?all_tenants=true&project_id=", "servers", "server"),
        (ServiceTypes.Image, "/images?owner=", "images", "image"),
        (ServiceTypes.Network, "/networks?project_id=", "networks", "network"),
        (ServiceTypes.Network, "/routers?project_id=", "routers", "router"),
        (ServiceTypes.Network, "/ports?project_id=", "ports", "port"),
    ];

    internal override CloudCollection Collection => CloudCollection.Projects;

    internal override IReadOnlyList<CloudProperty> Properties { get; } = [new("description", "description"), new("enabled", "enabled")];

    internal override async ValueTask<IReadOnlyList<string>> UsesOfAsync(CloudView cloud, JsonElement row, CloudProjectSpec spec)
    {
        var id = CloudView.IdOf(row);
        if (id == await cloud.Client.ProjectIdAsync(cloud.Ct))
            throw new CloudletException(ErrorKind.Obstructed, $"{spec.Id}: it is the project of the account in `cloud`; it is not deleted");
        var uses = new List<string>();
        foreach (var (service, path, list, noun) in Belongings)
            if (await cloud.Client.HasAsync(service, cloud.Ct))
                uses.AddRange(
                    (await cloud.Client.ListAsync(service, path + Uri.EscapeDataString(id), list, cloud.Ct)).Select(o =>
                        $"{noun} {(o.Text("name") is { Length: > 0 } name ? name : o.Text("id"))}"
                    )
                );
        return uses;
    }
}
