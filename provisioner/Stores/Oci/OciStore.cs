using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cloudlet.Errors;
using Cloudlet.Stores.Http;
using Cloudlet.Stores.Items;

namespace Cloudlet.Stores.Oci;

/// <summary>
/// A repository of an OCI registry. Each item is an artifact with two tags: <c>KIND-NAME</c> for people, and <c>KIND.ID.NAME</c>, so
/// that the list of tags is a list of items.
/// </summary>
public sealed partial class OciStore : IStore
{
    private const int MostPages = 1000;

    private readonly RegistryClient _client;
    private readonly UploadNotes _notes;
    private readonly StoreOptions _options;

    /// <summary>Describes a repository.</summary>
    /// <param name="registry">Scheme, host and port.</param>
    /// <param name="repository">Its name.</param>
    /// <param name="options">The account is in files that its environment names.</param>
    public OciStore(Uri registry, string repository, StoreOptions options)
    {
        (_client, _notes, _options) = (new RegistryClient(registry, repository, options), new UploadNotes(options), options);
        Place = $"oci://{registry.Authority}/{repository}";
    }

    /// <summary>Bytes of a chunk of an upload.</summary>
    public int ChunkLength { get; init; } = 16 << 20;

    /// <inheritdoc/>
    public string Place { get; }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ItemKey>> ListAsync(CancellationToken ct)
    {
        var keys = new List<ItemKey>();
        var url = "tags/list?n=1000";
        for (var page = 0; page < MostPages; page++)
        {
            using var answer = await _client.GetAsync(url, prepare: null, ct);
            if (answer.StatusCode == HttpStatusCode.NotFound)
                return []; // a repository begins with its first tag
            if (answer.StatusCode != HttpStatusCode.OK)
                throw StoreHttp.Refused(answer, "expected the tags of the repository");
            keys.AddRange((await TagsAsync(answer, ct)).Select(KeyOf).OfType<ItemKey>());
            if (NextOf(answer) is not { } next)
                return keys;
            url = next;
        }

        throw new CloudletException(ErrorKind.InvalidInput, $"{Place}: the list of tags does not end after {MostPages} pages");
    }

    /// <inheritdoc/>
    public async Task<StoredItem?> FindAsync(ItemKey key, CancellationToken ct) => (await ManifestAsync(key, ct)).Item;

    /// <inheritdoc/>
    public Task<Stream> ReadAsync(StoredItem item, long from, CancellationToken ct) =>
        Task.FromResult<Stream>(
            new ResumedRead((at, stop) => OpenAsync(item, at, stop), from, item.Length, $"{item.Key} of {Place}", _options.Patience)
        );

    /// <inheritdoc/>
    public async Task WriteAsync(
        StoredItem item,
        Func<CancellationToken, Task<Stream>> content,
        IProgress<long>? progress,
        CancellationToken ct
    )
    {
        var upload = new BlobUpload(_client, _notes, ChunkLength);
        if (!await HasAsync($"sha256:{item.Sha256}", ct))
            await using (var from = await content(ct))
                await upload.SendAsync(item, from, progress, ct);
        if (!await HasAsync(OciManifest.EmptyDigest, ct))
        {
            var empty = item with { Sha256 = OciManifest.EmptyDigest[7..], Length = OciManifest.EmptyContent.Length };
            await upload.SendAsync(empty, new MemoryStream(OciManifest.EmptyContent.ToArray()), progress: null, ct);
        }

        progress?.Report(item.Length);
        var manifest = JsonSerializer.SerializeToUtf8Bytes(OciManifest.Of(item), OciJson.Default.OciManifest);
        await PutAsync($"{item.Key.KindName}-{item.Key.Name}", manifest, ct);
        await PutAsync(TagOf(item.Key), manifest, ct);
    }

    /// <inheritdoc/>
    public async Task<bool> RemoveAsync(StoredItem item, CancellationToken ct)
    {
        if (await ManifestAsync(item.Key, ct) is not (not null, { } digest))
            return false;
        using var answer = await _client.SendAsync($"manifests/{digest}", static at => new HttpRequestMessage(HttpMethod.Delete, at), ct);
        return answer.StatusCode switch
        {
            HttpStatusCode.Accepted or HttpStatusCode.OK or HttpStatusCode.NoContent => true,
            HttpStatusCode.NotFound => false,
            _ => throw StoreHttp.Refused(answer, "the registry has to allow deletion (Debian's docker-registry: storage.delete.enabled)"),
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static string TagOf(ItemKey key) => $"{key.KindName}.{key.Id}.{key.Name}";

    private static ItemKey? KeyOf(string? tag) =>
        tag?.Split('.') is [var kind, var id, var name] ? ItemKey.TryCreate(kind, id, name) : null;

    private async Task<(StoredItem? Item, string? Digest)> ManifestAsync(ItemKey key, CancellationToken ct)
    {
        using var answer = await _client.GetAsync(
            $"manifests/{TagOf(key)}",
            static r => r.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(OciManifest.Type)),
            ct
        );
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return (null, null);
        if (answer.StatusCode != HttpStatusCode.OK)
            throw StoreHttp.Refused(answer, $"expected the manifest of {key}");
        var bytes = await _client.BytesAsync(answer, ct);
        try
        {
            var item = JsonSerializer.Deserialize(bytes, OciJson.Default.OciManifest)?.ToItem();
            return item?.Key == key ? (item, $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}") : (null, null);
        }
        catch (JsonException)
        {
            return (null, null);
        }
    }

    private async Task<bool> HasAsync(string digest, CancellationToken ct)
    {
        using var answer = await _client.SendAsync($"blobs/{digest}", static at => new HttpRequestMessage(HttpMethod.Head, at), ct);
        if ((int)answer.StatusCode is 200 or (>= 300 and < 400))
            return true;
        return answer.StatusCode == HttpStatusCode.NotFound
            ? false
            : throw StoreHttp.Refused(answer, "expected whether it has the content");
    }

    private async Task<Stream> OpenAsync(StoredItem item, long from, CancellationToken ct)
    {
        var answer = await _client.GetAsync(
            $"blobs/sha256:{item.Sha256}",
            r => r.Headers.Range = from > 0 ? new RangeHeaderValue(from, null) : null,
            ct
        );
        if (answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent)
            return await StoreHttp.BodyFromAsync(answer, from, ct);
        using (answer)
            throw StoreHttp.Refused(answer, $"expected the content of {item.Key}");
    }

    private async Task PutAsync(string tag, byte[] manifest, CancellationToken ct)
    {
        using var answer = await _client.SendAsync(
            $"manifests/{tag}",
            at =>
            {
                var content = new ByteArrayContent(manifest);
                content.Headers.ContentType = new MediaTypeHeaderValue(OciManifest.Type);
                return new HttpRequestMessage(HttpMethod.Put, at) { Content = content };
            },
            ct
        );
        if (answer.StatusCode is not (HttpStatusCode.Created or HttpStatusCode.Accepted or HttpStatusCode.OK))
            throw StoreHttp.Refused(answer, $"expected that the manifest {tag} is accepted");
    }

    private async Task<List<string?>> TagsAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        try
        {
            return JsonSerializer.Deserialize(await _client.BytesAsync(answer, ct), OciJson.Default.RegistryTags)?.Tags ?? [];
        }
        catch (JsonException e)
        {
            throw new CloudletException(ErrorKind.InvalidInput, $"{Place}: expected a list of tags; is another program there?", e);
        }
    }

    /// <summary>The next page; it has to be at the same registry.</summary>
    private string? NextOf(HttpResponseMessage answer)
    {
        var link = answer.Headers.TryGetValues("Link", out var values) ? Next().Match(values.First()) : Match.Empty;
        return link.Success && Uri.TryCreate(_client.Root, link.Groups["url"].Value, out var url) && StoreHttp.IsSame(url, _client.Root)
            ? url.ToString()
            : null;
    }

    [GeneratedRegex("""^<(?<url>[^>]+)>\s*;\s*rel="?next"?""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Next();
}
