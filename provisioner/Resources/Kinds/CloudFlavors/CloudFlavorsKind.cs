using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Kinds.CloudFlavors;
using Cloudlet.OpenStack;
using Cloudlet.Resources.Cloud;

namespace Cloudlet.Resources.Kinds.CloudFlavors;

/// <summary>
/// Flavors of a cloud. Nova changes nothing of one but its extra specs; servers have a copy of theirs, so that another may take its place.
/// </summary>
/// <param name="clients">The clouds.</param>
public sealed class CloudFlavorsKind(CloudClients clients) : CloudKind<CloudFlavorSpec>(clients)
{
    internal override CloudCollection Collection => CloudCollection.Flavors;

    internal override IReadOnlyList<CloudProperty> Properties { get; } =
    [
        new("ram", "ram") { IsFixed = true },
        new("vcpus", "vcpus") { IsFixed = true },
        new("disk", "disk") { IsFixed = true },
        new("public", "os-flavor-access:is_public") { IsFixed = true },
    ];

    internal override ValueTask<CloudFlavorSpec> ReadMoreAsync(
        CloudView cloud,
        JsonElement row,
        CloudFlavorSpec read,
        CloudFlavorSpec desired
    )
    {
        var specs = row.Part("extra_specs");
        string[] pairs =
            specs.ValueKind == JsonValueKind.Object
                ? [.. specs.EnumerateObject().Select(p => KeyValues.Text(p.Name, specs.Text(p.Name) ?? ""))]
                : [];
        return new(read with { ExtraSpecs = pairs });
    }

    internal override async ValueTask ApplyMoreAsync(CloudView cloud, JsonElement row, CloudFlavorSpec desired, CloudFlavorSpec? observed)
    {
        if (desired.ExtraSpecs is null)
            return;
        var path = $"{Collection.Path}/{Uri.EscapeDataString(KeyOf(row))}/os-extra_specs";
        var present = observed?.ExtraSpecs ?? [];
        var wanted = KeyValues.Parse(desired.ExtraSpecs);
        var missing = KeyValues.Parse([.. desired.ExtraSpecs.Except(present, StringComparer.Ordinal)]);
        if (missing.Count > 0)
            await cloud.SendAsync(
                new CloudRequest(HttpMethod.Post, Collection.Service, path)
                {
                    Body = new JsonObject
                    {
                        ["extra_specs"] = new JsonObject(missing.Select(static p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
                    },
                }
            );
        foreach (var key in KeyValues.Parse(present).Keys.Where(key => !wanted.ContainsKey(key)))
            await DeleteAsync(cloud, $"{path}/{Uri.EscapeDataString(key)}");
    }
}
