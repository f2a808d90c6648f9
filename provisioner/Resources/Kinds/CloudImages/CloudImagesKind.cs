using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.CloudImages;
using Cloudlet.Errors;
using Cloudlet.OpenStack;
using Cloudlet.Resources.Cloud;

namespace Cloudlet.Resources.Kinds.CloudImages;

/// <summary>
/// Images of a cloud. An image is private until its data was compared with its checksum; then it gets a property with the checksum, which
/// is how its data is known later.
/// </summary>
/// <param name="clients">The clouds.</param>
public sealed class CloudImagesKind(CloudClients clients)
    : CloudKind<CloudImageSpec>(clients),
        IPreflight<CloudImageSpec>,
        IShowsProgress<CloudImageSpec>
{
    private const string Verified = "cloudlet_sha256";

    /// <summary>On an image whose upload has begun and was not verified: after a crash it is still known as ours.</summary>
    private const string Uploading = "cloudlet_uploading";
    private const string PatchType = "application/openstack-images-v2.1-json-patch";
    private static readonly TimeSpan Limit = TimeSpan.FromHours(1);

    internal override CloudCollection Collection => CloudCollection.Images;

    internal override IReadOnlyList<CloudProperty> Properties { get; } =
    [
        new("diskFormat", "disk_format") { IsFixed = true },
        new("containerFormat", "container_format") { IsFixed = true },
        new("visibility", "visibility"),
        new("minRam", "min_ram"),
        new("minDisk", "min_disk"),
        new("kernel", "kernel_id") { Refers = CloudCollection.Images },
        new("ramdisk", "ramdisk_id") { Refers = CloudCollection.Images },
        new("sha256", Verified) { IsFixed = true },
    ];

    /// <inheritdoc/>
    public string? Doing(CloudImageSpec changing) => $"uploads {changing.Source} (at most {Limit.TotalMinutes:0} min)";

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> CheckAsync(CloudImageSpec desired, CloudImageSpec? observed, Plan plan, CancellationToken ct) =>
        new(
            desired.Sha256 is not null && observed?.Sha256 == CloudImageSpec.Unknown
                ?
                [
                    $"{desired.Id}: the cloud has an image of this name that was not uploaded by Provision, so its data is not known; "
                        + "rename or delete it, or choose another name",
                ]
                : (IReadOnlyList<string>)[]
        );

    internal override ValueTask<CloudImageSpec> ReadMoreAsync(
        CloudView cloud,
        JsonElement row,
        CloudImageSpec read,
        CloudImageSpec desired
    ) =>
        new(
            read with
            {
                Sha256 =
                    row.Text("status") != "active" || (read.Sha256 is null && row.Text(Uploading) is not null)
                        ? null
                        : read.Sha256 ?? CloudImageSpec.Unknown,
                Properties = [.. ImageProperties.Own(row).Select(static p => KeyValues.Text(p.Key, p.Value))],
            }
        );

    internal override IReadOnlyList<string> AddTo(JsonObject body, CloudImageSpec desired, CloudImageSpec? observed)
    {
        var wanted = KeyValues.Parse(desired.Properties);
        if (observed is null)
        {
            body.Remove(Verified);
            body[Uploading] = desired.Sha256;
            body["visibility"] = "private";
            foreach (var (key, value) in wanted)
                body[key] = value;
            return [];
        }

        if (desired.Properties is null)
            return [];
        var present = KeyValues.Parse(observed.Properties);
        foreach (var (key, value) in wanted.Where(p => present.GetValueOrDefault(p.Key) != p.Value))
            body[key] = value;
        foreach (var key in present.Keys.Where(key => !wanted.ContainsKey(key)))
            body[key] = null;
        return [];
    }

    internal override async ValueTask ApplyMoreAsync(CloudView cloud, JsonElement row, CloudImageSpec desired, CloudImageSpec? observed)
    {
        if (observed is not null)
            return;
        var path = $"{Collection.Path}/{Uri.EscapeDataString(KeyOf(row))}";
        var found = await UploadAsync(cloud, path, desired);
        if (found != desired.Sha256)
        {
            await DeleteAsync(cloud, path);
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{desired.Id}: expected data with the SHA-256 {desired.Sha256}, found {found} in {desired.Source}; the image was deleted. "
                    + "Fetch the data again, or correct `sha256`"
            );
        }

        await SendChangeAsync(
            cloud,
            row,
            new JsonObject
            {
                [Verified] = desired.Sha256,
                [Uploading] = null,
                ["visibility"] = desired.Visibility,
            },
            []
        );
    }

    /// <summary>Glance takes changes as operations on single properties.</summary>
    internal override Task SendChangeAsync(CloudView cloud, JsonElement row, JsonObject body, IReadOnlyList<string> secrets)
    {
        var operations = new JsonArray();
        foreach (var (key, value) in body)
        {
            var path = $"/{key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
            var isThere = row.Part(key).ValueKind != JsonValueKind.Undefined;
            if (value is null && !isThere)
                continue;
            var operation = new JsonObject
            {
                ["op"] =
                    value is null ? "remove"
                    : isThere ? "replace"
                    : "add",
                ["path"] = path,
            };
            if (value is not null)
                operation["value"] = value.DeepClone();
            operations.Add((JsonNode)operation);
        }

        return cloud.SendAsync(
            new CloudRequest(HttpMethod.Patch, Collection.Service, $"{Collection.Path}/{Uri.EscapeDataString(KeyOf(row))}")
            {
                Body = operations,
                MediaType = PatchType,
            }
        );
    }

    internal override async ValueTask<IReadOnlyList<string>> UsesOfAsync(CloudView cloud, JsonElement row, CloudImageSpec spec)
    {
        var id = CloudView.IdOf(row);
        var uses = (await cloud.ListAsync(Collection))
            .Where(i => i.Text("kernel_id") == id || i.Text("ramdisk_id") == id)
            .Select(static i => $"image {i.Text("name")}")
            .ToList();
        if (await cloud.Client.HasAsync(ServiceTypes.Compute, cloud.Ct))
            uses.AddRange(
                (
                    await cloud.Client.ListAsync(
                        ServiceTypes.Compute,
                        $"/servers/detail?all_tenants=true&image={Uri.EscapeDataString(id)}",
                        "servers",
                        cloud.Ct
                    )
                ).Select(static s => $"server {s.Text("name")} ({s.Text("id")})")
            );
        return uses;
    }

    private async Task<string> UploadAsync(CloudView cloud, string path, CloudImageSpec desired)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (data, length) = await new ImageSource(desired.Source, desired.Id).OpenAsync(cloud.Ct);
        await using (data)
            await cloud.SendAsync(
                new CloudRequest(HttpMethod.Put, Collection.Service, $"{path}/file")
                {
                    Content = () => ImageSource.ContentOf(data, length, digest),
                    Limit = Limit,
                }
            );
        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }
}
