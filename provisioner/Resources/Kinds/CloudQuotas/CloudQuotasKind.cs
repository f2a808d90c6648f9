using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Kinds.CloudQuotas;
using Cloudlet.OpenStack;
using Cloudlet.Resources.Cloud;

namespace Cloudlet.Resources.Kinds.CloudQuotas;

/// <summary>
/// Quotas of projects, which Nova and Neutron each have a part of. A project always has some: removing them means the usual ones.
/// </summary>
/// <param name="clients">The clouds.</param>
public sealed class CloudQuotasKind(CloudClients clients) : CloudKind<CloudQuotaSpec>(clients)
{
    private const string Compute = "compute:";
    private const string Network = "network:";

    internal override CloudCollection Collection => CloudCollection.Projects;

    /// <summary>The name in the API follows the service that has it.</summary>
    internal override IReadOnlyList<CloudProperty> Properties { get; } =
    [
        new("instances", Compute + "instances"),
        new("cores", Compute + "cores"),
        new("ram", Compute + "ram"),
        new("keyPairs", Compute + "key_pairs"),
        new("serverGroups", Compute + "server_groups"),
        new("networks", Network + "network"),
        new("subnets", Network + "subnet"),
        new("ports", Network + "port"),
        new("routers", Network + "router"),
        new("floatingIps", Network + "floatingip"),
        new("securityGroups", Network + "security_group"),
        new("securityGroupRules", Network + "security_group_rule"),
    ];

    /// <summary>The quotas of both services as one object; null: the project does not exist (yet).</summary>
    internal override async Task<JsonElement?> FindAsync(CloudView cloud, CloudQuotaSpec spec)
    {
        if (await cloud.FindAsync(CloudCollection.Projects, spec.Name) is not { } project)
            return null;
        var all = new JsonObject { ["id"] = CloudView.IdOf(project) };
        foreach (var (prefix, service, path, item) in Parts(CloudView.IdOf(project)))
        {
            if (!await cloud.Client.HasAsync(service, cloud.Ct))
                continue;
            var quotas = (await cloud.Client.SendAsync(new CloudRequest(HttpMethod.Get, service, path), cloud.Ct)).Part(item);
            if (quotas.ValueKind == JsonValueKind.Object)
                foreach (var quota in quotas.EnumerateObject().Where(static q => q.Value.ValueKind == JsonValueKind.Number))
                    all[prefix + quota.Name] = JsonValue.Create(quota.Value);
        }

        return JsonElement.Parse(all.ToJsonString());
    }

    internal override async Task SendChangeAsync(CloudView cloud, JsonElement row, JsonObject body, IReadOnlyList<string> secrets)
    {
        foreach (var (prefix, service, path, item) in Parts(CloudView.IdOf(row)))
        {
            var part = new JsonObject(
                body.Where(p => p.Key.StartsWith(prefix, StringComparison.Ordinal))
                    .Select(p => KeyValuePair.Create(p.Key[prefix.Length..], p.Value?.DeepClone()))
            );
            if (part.Count > 0)
                await cloud.SendAsync(new CloudRequest(HttpMethod.Put, service, path) { Body = new JsonObject { [item] = part } });
        }
    }

    /// <inheritdoc/>
    public override async ValueTask RemoveAsync(CloudQuotaSpec spec, CancellationToken ct)
    {
        var cloud = ViewOf(spec, ct);
        if (await cloud.FindAsync(CloudCollection.Projects, spec.Name) is not { } project)
            return;
        foreach (var (_, service, path, _) in Parts(CloudView.IdOf(project)))
            if (await cloud.Client.HasAsync(service, ct))
                await cloud.SendAsync(new CloudRequest(HttpMethod.Delete, service, path));
    }

    private static (string Prefix, string Service, string Path, string Item)[] Parts(string project) =>
        [
            (Compute, ServiceTypes.Compute, $"/os-quota-sets/{Uri.EscapeDataString(project)}", "quota_set"),
            (Network, ServiceTypes.Network, $"/quotas/{Uri.EscapeDataString(project)}", "quota"),
        ];
}
