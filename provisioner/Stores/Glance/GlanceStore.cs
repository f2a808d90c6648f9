using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudlet.Errors;
using Cloudlet.OpenStack;
using Cloudlet.Stores.Http;
using Cloudlet.Stores.Items;

namespace Cloudlet.Stores.Glance;

/// <summary>
/// The images of a project in Glance. An item is a private image with our tag; its record is in properties. Glance can't continue an upload
/// that was cut off: its image is used again, and the data is sent from the beginning.
/// </summary>
/// <param name="client">The cloud.</param>
/// <param name="name">Its name for messages; empty: the environment's.</param>
/// <param name="options">How long it waits.</param>
public sealed class GlanceStore(CloudClient client, string name, StoreOptions options) : IStore
{
    private const string Tag = "cloudlet-store";
    private const string Prefix = "cloudlet_";

    /// <summary>Set when the data was compared with its digest, as for images that sites describe.</summary>
    private const string Verified = "cloudlet_sha256";

    /// <summary>The digest of data that is being sent.</summary>
    private const string Uploading = "cloudlet_uploading";
    private const string PatchType = "application/openstack-images-v2.1-json-patch";
    private static readonly TimeSpan Limit = TimeSpan.FromHours(6);

    /// <summary>A store of the account that the environment, or clouds.yaml, names.</summary>
    /// <param name="cloud">Name in clouds.yaml; empty: the environment.</param>
    /// <param name="options">The environment.</param>
    public static GlanceStore Connect(string cloud, StoreOptions options) =>
        new(CloudAccount.Find(cloud, options).Connect(), cloud, options);

    /// <inheritdoc/>
    public string Place => $"glance://{name}";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ItemKey>> ListAsync(CancellationToken ct) =>
        [.. (await ImagesAsync("", ct)).Select(ItemOf).OfType<StoredItem>().Select(static i => i.Key)];

    /// <inheritdoc/>
    public async Task<StoredItem?> FindAsync(ItemKey key, CancellationToken ct) => (await ImageAsync(key, ct)).Item;

    /// <inheritdoc/>
    public async Task<Stream> ReadAsync(StoredItem item, long from, CancellationToken ct)
    {
        var id =
            (await ImageAsync(item.Key, ct)).Id
            ?? throw new CloudletException(ErrorKind.NotFound, $"{Place} has no content for {item.Key}");
        return new ResumedRead(OpenAsync, from, item.Length, $"{item.Key} of {Place}", options.Patience);

        async Task<Stream> OpenAsync(long at, CancellationToken stop)
        {
            var answer = await client.OpenAsync(new CloudRequest(HttpMethod.Get, ServiceTypes.Image, $"{PathOf(id)}/file"), at, stop);
            return answer.StatusCode == HttpStatusCode.NoContent
                ? throw new CloudletException(ErrorKind.NotFound, $"{Place}: the image of {item.Key} has no data")
                : await StoreHttp.BodyFromAsync(answer, at, stop);
        }
    }

    /// <inheritdoc/>
    public async Task WriteAsync(
        StoredItem item,
        Func<CancellationToken, Task<Stream>> content,
        IProgress<long>? progress,
        CancellationToken ct
    )
    {
        var images = await ImagesAsync("", ct);
        if (images.Select(ItemOf).FirstOrDefault(i => i?.Sha256 == item.Sha256) is { } there)
        {
            if (there.Key != item.Key)
                throw new CloudletException(
                    ErrorKind.AlreadyExists,
                    $"{Place} keeps one image for a content, and has this one as {there.Key}: use that, or delete it first"
                );
            return;
        }

        var row = images.FirstOrDefault(i =>
            i.Text(Uploading) == item.Sha256 && i.Text("status") == "queued" && i.Text("name") == item.Key.Name
        );
        var id =
            row.Text("id")
            ?? (await client.SendAsync(new CloudRequest(HttpMethod.Post, ServiceTypes.Image, "/images") { Body = BodyOf(item) }, ct)).Text(
                "id"
            )
            ?? throw new CloudletException(ErrorKind.Unexpected, $"{Place}: expected the id of the new image");
        await SendAsync(item, id, content, progress, ct);
    }

    /// <inheritdoc/>
    public async Task<bool> RemoveAsync(StoredItem item, CancellationToken ct)
    {
        if ((await ImageAsync(item.Key, ct)).Id is not { } id)
            return false;
        await client.SendAsync(new CloudRequest(HttpMethod.Delete, ServiceTypes.Image, PathOf(id)), ct);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();

    private static string PathOf(string id) => $"/images/{Uri.EscapeDataString(id)}";

    private Task<IReadOnlyList<JsonElement>> ImagesAsync(string filter, CancellationToken ct) =>
        client.ListAsync(ServiceTypes.Image, $"/images?tag={Tag}{filter}", "images", ct);

    private async Task<(string? Id, StoredItem? Item)> ImageAsync(ItemKey key, CancellationToken ct)
    {
        foreach (var image in await ImagesAsync($"&name={Uri.EscapeDataString(key.Name)}", ct))
            if (ItemOf(image) is { } item && item.Key == key)
                return (image.Text("id"), item);
        return (null, null);
    }

    private static StoredItem? ItemOf(JsonElement image) =>
        image.Text("status") == "active" && image.Part("size").ValueKind == JsonValueKind.Number
            ? new ItemRecord
            {
                Format = ItemRecord.CurrentFormat,
                Kind = image.Text($"{Prefix}kind"),
                Id = image.Text($"{Prefix}id"),
                Name = image.Text("name"),
                Sha256 = image.Text(Verified),
                Length = image.Part("size").TryGetInt64(out var size) ? size : 0,
                Base = image.Text($"{Prefix}base"),
                QemuVersion = image.Text($"{Prefix}qemu"),
                Pushed = DateTimeOffset.TryParse(image.Text("created_at"), out var created) ? created : null,
            }.ToItem()
            : null;

    private static JsonObject BodyOf(StoredItem item)
    {
        var body = new JsonObject
        {
            ["name"] = item.Key.Name,
            ["disk_format"] = "raw",
            ["container_format"] = "bare",
            ["visibility"] = "private",
            ["tags"] = new JsonArray(Tag),
            [$"{Prefix}kind"] = item.Key.KindName,
            [$"{Prefix}id"] = item.Key.Id,
            [Uploading] = item.Sha256,
        };
        if (item.BaseId is { } baseId)
            body[$"{Prefix}base"] = baseId;
        if (item.QemuVersion is { } version)
            body[$"{Prefix}qemu"] = version;
        return body;
    }

    private async Task SendAsync(
        StoredItem item,
        string id,
        Func<CancellationToken, Task<Stream>> content,
        IProgress<long>? progress,
        CancellationToken ct
    )
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using (var from = await content(ct))
            await client.SendAsync(
                new CloudRequest(HttpMethod.Put, ServiceTypes.Image, $"{PathOf(id)}/file")
                {
                    Content = () => new DigestedContent(from, digest, progress),
                    Limit = Limit,
                },
                ct
            );
        if (Convert.ToHexStringLower(digest.GetHashAndReset()) != item.Sha256)
        {
            await client.SendAsync(new CloudRequest(HttpMethod.Delete, ServiceTypes.Image, PathOf(id)), ct);
            throw new CloudletException(ErrorKind.InvalidInput, $"{item.Key} changed while it was sent to {Place}; push it again");
        }

        var done = new JsonArray(
            new JsonObject
            {
                ["op"] = "add",
                ["path"] = $"/{Verified}",
                ["value"] = item.Sha256,
            },
            new JsonObject { ["op"] = "remove", ["path"] = $"/{Uploading}" }
        );
        await client.SendAsync(
            new CloudRequest(HttpMethod.Patch, ServiceTypes.Image, PathOf(id)) { Body = done, MediaType = PatchType },
            ct
        );
    }
}
