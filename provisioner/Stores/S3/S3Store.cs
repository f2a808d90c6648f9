using Amazon.S3.Model;
using Cloudlet.Errors;
using Cloudlet.Stores.Http;
using Cloudlet.Stores.Items;

namespace Cloudlet.Stores.S3;

/// <summary>
/// A bucket of an object store with the API of S3, in the layout of a folder (<see cref="ItemPaths"/>). Large contents are sent in parts;
/// an upload that was cut off continues behind the parts that the store has.
/// </summary>
public sealed class S3Store : IStore
{
    private const long LeastPart = 8L << 20;
    private const int MostParts = 9000; // S3 allows 10,000
    private const int MostItems = 100_000;

    private readonly S3Connection _connection;
    private readonly StoreOptions _options;
    private readonly string _bucket;
    private readonly string _prefix;

    /// <summary>Describes a place in a bucket; NotFound when there is no account for it.</summary>
    /// <param name="endpoint">The server; null: Amazon's own.</param>
    /// <param name="bucket">Name of the bucket.</param>
    /// <param name="prefix">What the names of our objects begin with, empty or with a slash at its end.</param>
    /// <param name="options">Account and region are in its environment.</param>
    public S3Store(Uri? endpoint, string bucket, string prefix, StoreOptions options)
    {
        (_bucket, _prefix, _options) = (bucket, prefix, options);
        _connection = new S3Connection(endpoint, options);
    }

    /// <summary>Bytes of a part, unless there would be too many parts.</summary>
    public long PartLength { get; init; } = LeastPart;

    /// <inheritdoc/>
    public string Place => $"s3://{_bucket}/{_prefix}";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ItemKey>> ListAsync(CancellationToken ct) =>
        [.. (await ObjectsAsync($"{ItemPaths.Items}/", ct)).Select(ItemPaths.KeyOf).OfType<ItemKey>()];

    /// <inheritdoc/>
    public async Task<StoredItem?> FindAsync(ItemKey key, CancellationToken ct)
    {
        const int longest = 1 << 16;
        var bytes = await _connection.TryAsync(
            $"read the record of {key}",
            async stop =>
            {
                using var answer = await _connection.Client.GetObjectAsync(_bucket, _prefix + ItemPaths.Of(key), stop);
                if (answer.ContentLength > longest)
                    return [];
                using var read = new MemoryStream();
                await answer.ResponseStream.CopyToAsync(read, stop);
                return read.ToArray();
            },
            ct
        );
        return bytes is not null && ItemRecord.Parse(bytes) is { } item && item.Key == key ? item : null;
    }

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
        if (!await HasAsync(item, ct))
            await using (var from = await content(ct))
                if (item.Length <= PartLength)
                    await PutAsync(item, from, ct);
                else
                    await PutPartsAsync(item, from, progress, ct);
        progress?.Report(item.Length);
        using var record = new MemoryStream(ItemRecord.Of(item).ToBytes());
        await PutAsync(ItemPaths.Of(item.Key), record, $"write the record of {item.Key}", ct);
    }

    /// <inheritdoc/>
    public async Task<bool> RemoveAsync(StoredItem item, CancellationToken ct)
    {
        if (await FindAsync(item.Key, ct) is null)
            return false;
        await DeleteAsync(ItemPaths.Of(item.Key), ct);

        // Names of records begin with kind and id, and one id has one content.
        var others = await ObjectsAsync($"{ItemPaths.Items}/{item.Key.KindName}/{item.Key.Id}/", ct);
        if (!others.Any())
            await DeleteAsync(ItemPaths.OfBlob(item.Sha256), ct);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private string BlobOf(StoredItem item) => _prefix + ItemPaths.OfBlob(item.Sha256);

    private async Task<bool> HasAsync(StoredItem item, CancellationToken ct) =>
        await _connection.TryAsync(
            $"look for {item.Key}",
            stop => _connection.Client.GetObjectMetadataAsync(_bucket, BlobOf(item), stop),
            ct
        )
            is { } found
        && found.ContentLength == item.Length;

    private async Task<Stream> OpenAsync(StoredItem item, long from, CancellationToken ct)
    {
        var request = new GetObjectRequest { BucketName = _bucket, Key = BlobOf(item) };
        if (from > 0)
            request.ByteRange = new ByteRange(from, item.Length - 1);
        var answer = await _connection.RequireAsync($"read {item.Key}", stop => _connection.Client.GetObjectAsync(request, stop), ct);
        return answer.ResponseStream;
    }

    private Task PutAsync(StoredItem item, Stream from, CancellationToken ct) =>
        PutAsync(ItemPaths.OfBlob(item.Sha256), from, $"send {item.Key}", ct);

    private async Task PutAsync(string path, Stream from, string what, CancellationToken ct)
    {
        var request = new PutObjectRequest
        {
            BucketName = _bucket,
            Key = _prefix + path,
            InputStream = from,
            AutoCloseStream = false,
            UseChunkEncoding = false,
        };
        await _connection.RequireAsync(what, stop => _connection.Client.PutObjectAsync(request, stop), ct);
    }

    private async Task PutPartsAsync(StoredItem item, Stream from, IProgress<long>? progress, CancellationToken ct)
    {
        var each = Math.Max(PartLength, (item.Length / MostParts) + 1);
        var upload = await UnfinishedAsync(item, ct) ?? await BeginAsync(item, ct);
        var there = await PartsAsync(item, upload, ct);
        var parts = new List<PartETag>();
        for (var (number, at) = (1, 0L); at < item.Length; number++, at += each)
        {
            var length = Math.Min(each, item.Length - at);
            var tag =
                there.TryGetValue(number, out var part) && part.Size == length
                    ? part.ETag
                    : await SendAsync(item, upload, number, from, at, length, ct);
            parts.Add(new PartETag(number, tag));
            progress?.Report(at + length);
        }

        var complete = new CompleteMultipartUploadRequest
        {
            BucketName = _bucket,
            Key = BlobOf(item),
            UploadId = upload,
            PartETags = parts,
        };
        await _connection.RequireAsync(
            $"complete the upload of {item.Key}",
            stop => _connection.Client.CompleteMultipartUploadAsync(complete, stop),
            ct
        );
    }

    private async Task<string> SendAsync(
        StoredItem item,
        string upload,
        int number,
        Stream from,
        long at,
        long length,
        CancellationToken ct
    )
    {
        from.Position = at;
        var request = new UploadPartRequest
        {
            BucketName = _bucket,
            Key = BlobOf(item),
            UploadId = upload,
            PartNumber = number,
            PartSize = length,
            InputStream = from,
            UseChunkEncoding = false,
        };
        var sent = await _connection.RequireAsync(
            $"send part {number} of {item.Key}",
            stop => _connection.Client.UploadPartAsync(request, stop),
            ct
        );
        return sent.ETag;
    }

    private async Task<string> BeginAsync(StoredItem item, CancellationToken ct) =>
        (
            await _connection.RequireAsync(
                $"begin the upload of {item.Key}",
                stop =>
                    _connection.Client.InitiateMultipartUploadAsync(
                        new InitiateMultipartUploadRequest { BucketName = _bucket, Key = BlobOf(item) },
                        stop
                    ),
                ct
            )
        ).UploadId;

    /// <summary>The last upload of this content that was cut off. The name is the digest, so its parts are of the same file.</summary>
    private async Task<string?> UnfinishedAsync(StoredItem item, CancellationToken ct)
    {
        var request = new ListMultipartUploadsRequest { BucketName = _bucket, Prefix = BlobOf(item) };
        var answer = await _connection.TryAsync(
            $"look for unfinished uploads of {item.Key}",
            stop => _connection.Client.ListMultipartUploadsAsync(request, stop),
            ct
        );
        return answer?.MultipartUploads?.Where(u => u.Key == BlobOf(item)).MaxBy(static u => u.Initiated)?.UploadId;
    }

    private async Task<Dictionary<int, PartDetail>> PartsAsync(StoredItem item, string upload, CancellationToken ct)
    {
        var parts = new Dictionary<int, PartDetail>();
        var request = new ListPartsRequest
        {
            BucketName = _bucket,
            Key = BlobOf(item),
            UploadId = upload,
        };
        while (true)
        {
            var answer = await _connection.RequireAsync(
                $"list the parts of {item.Key}",
                stop => _connection.Client.ListPartsAsync(request, stop),
                ct
            );
            foreach (var part in answer.Parts ?? [])
                parts[part.PartNumber ?? 0] = part;
            if (answer.IsTruncated != true || parts.Count > MostParts)
                return parts;
            request.PartNumberMarker = answer.NextPartNumberMarker?.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Names of objects, without the prefix.</summary>
    private async Task<IReadOnlyList<string>> ObjectsAsync(string below, CancellationToken ct)
    {
        var names = new List<string>();
        var request = new ListObjectsV2Request { BucketName = _bucket, Prefix = _prefix + below };
        while (true)
        {
            var answer = await _connection.RequireAsync(
                "list the bucket",
                stop => _connection.Client.ListObjectsV2Async(request, stop),
                ct
            );
            names.AddRange((answer.S3Objects ?? []).Select(o => o.Key[_prefix.Length..]));
            if (answer.IsTruncated != true)
                return names;
            if (names.Count > MostItems)
                throw new CloudletException(ErrorKind.Unsupported, $"{Place} has more than {MostItems} items; use another prefix");
            request.ContinuationToken = answer.NextContinuationToken;
        }
    }

    private async Task DeleteAsync(string path, CancellationToken ct) =>
        await _connection.TryAsync(
            $"delete {path}",
            stop => _connection.Client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = _bucket, Key = _prefix + path }, stop),
            ct
        );
}
