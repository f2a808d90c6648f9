using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Stores.Http;
using Cloudlet.Stores.Items;

namespace Cloudlet.Stores.Web;

/// <summary>A folder (<see cref="Folders.FolderStore"/>) behind a web server. It can only be read.</summary>
/// <param name="root">URL of the folder, with a slash at its end.</param>
/// <param name="options">Where it may connect to, and how long it waits.</param>
public sealed class WebStore(Uri root, StoreOptions options) : IStore
{
    private readonly StoreHttp _http = new(options);
    private IReadOnlyList<StoredItem>? _index;

    /// <inheritdoc/>
    public string Place => StoreHttp.Shown(root);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ItemKey>> ListAsync(CancellationToken ct)
    {
        _index = await IndexAsync(ct);
        return [.. _index.Select(static i => i.Key)];
    }

    /// <inheritdoc/>
    public async Task<StoredItem?> FindAsync(ItemKey key, CancellationToken ct) =>
        (_index ??= await IndexAsync(ct)).FirstOrDefault(i => i.Key == key);

    /// <inheritdoc/>
    public Task<Stream> ReadAsync(StoredItem item, long from, CancellationToken ct) =>
        Task.FromResult<Stream>(
            new ResumedRead((at, stop) => OpenAsync(item, at, stop), from, item.Length, $"{item.Key} of {Place}", options.Patience)
        );

    /// <inheritdoc/>
    public Task WriteAsync(
        StoredItem item,
        Func<CancellationToken, Task<Stream>> content,
        IProgress<long>? progress,
        CancellationToken ct
    ) => throw ReadOnly();

    /// <inheritdoc/>
    public Task<bool> RemoveAsync(StoredItem item, CancellationToken ct) => throw ReadOnly();

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private CloudletException ReadOnly() =>
        new(ErrorKind.Unsupported, $"{Place} can only be read: push to the folder that the web server serves, with file:///FOLDER");

    private async Task<IReadOnlyList<StoredItem>> IndexAsync(CancellationToken ct)
    {
        using var answer = await _http.GetAsync(new Uri(root, ItemPaths.Index), prepare: null, ct);
        if (answer.StatusCode != HttpStatusCode.OK)
            throw StoreHttp.Refused(answer, "expected the index of a folder that 'cloudlet base push' or 'overlay push' has written");
        try
        {
            var index = JsonSerializer.Deserialize(await _http.BytesAsync(answer, ct), ItemJson.Default.ItemIndex);
            if (index is { Format: ItemRecord.CurrentFormat, Items: { } items })
                return [.. items.Select(static i => i?.ToItem()).OfType<StoredItem>()];
        }
        catch (JsonException)
        {
            // The same error as for JSON of another form.
        }

        throw new CloudletException(
            ErrorKind.InvalidInput,
            $"{Place}{ItemPaths.Index} is not a valid index of a store: expected JSON with format {ItemRecord.CurrentFormat} and items"
        );
    }

    private async Task<Stream> OpenAsync(StoredItem item, long from, CancellationToken ct)
    {
        var answer = await _http.GetAsync(
            new Uri(root, ItemPaths.OfBlob(item.Sha256)),
            (request, _) => request.Headers.Range = from > 0 ? new RangeHeaderValue(from, null) : null,
            ct
        );
        if (answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent)
            return await StoreHttp.BodyFromAsync(answer, from, ct);
        using (answer)
            throw StoreHttp.Refused(answer, $"expected the content of {item.Key}");
    }
}
