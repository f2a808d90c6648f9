using System.Security.Cryptography;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Stores.Items;

namespace Cloudlet.Stores.Folders;

/// <summary>
/// A folder of this machine, or one that is mounted there. A web server can serve it as it is: <c>index.json</c> names everything in it.
/// </summary>
/// <param name="folder">Absolute path; created by the first write.</param>
public sealed class FolderStore(string folder) : IStore
{
    private const string Part = ".part";
    private const int LongestRecord = 1 << 16;
    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(20);

    /// <inheritdoc/>
    public string Place => $"file://{folder}";

    /// <inheritdoc/>
    public Task<IReadOnlyList<ItemKey>> ListAsync(CancellationToken ct) => FolderErrors.TryAsync(Place, () => Task.FromResult(Keys()));

    /// <inheritdoc/>
    public Task<StoredItem?> FindAsync(ItemKey key, CancellationToken ct) => FolderErrors.TryAsync(Place, () => Task.FromResult(Find(key)));

    /// <inheritdoc/>
    public Task<Stream> ReadAsync(StoredItem item, long from, CancellationToken ct) =>
        FolderErrors.TryAsync<Stream>(
            Place,
            () =>
            {
                var path = At(ItemPaths.OfBlob(item.Sha256));
                if (!File.Exists(path))
                    throw new CloudletException(ErrorKind.NotFound, $"{Place} has no content for {item.Key}; push it again");
                var file = new FileStream(
                    path,
                    new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 }
                );
                file.Position = from;
                return Task.FromResult<Stream>(file);
            }
        );

    /// <inheritdoc/>
    public Task WriteAsync(
        StoredItem item,
        Func<CancellationToken, Task<Stream>> content,
        IProgress<long>? progress,
        CancellationToken ct
    ) => FolderErrors.TryAsync(Place, () => KeepAsync(item, content, progress, ct));

    /// <inheritdoc/>
    public Task<bool> RemoveAsync(StoredItem item, CancellationToken ct) =>
        FolderErrors.TryAsync(
            Place,
            async () =>
            {
                using var held = await LockAsync(ct);
                var record = At(ItemPaths.Of(item.Key));
                if (!File.Exists(record))
                    return false;
                File.Delete(record);
                var left = Items();
                if (!left.Exists(i => i.Sha256 == item.Sha256))
                    File.Delete(At(ItemPaths.OfBlob(item.Sha256)));
                if (Path.GetDirectoryName(record) is { } parent && !Directory.EnumerateFileSystemEntries(parent).Any())
                    Directory.Delete(parent);
                WriteIndex(left);
                return true;
            }
        );

    /// <inheritdoc/>
    public void Dispose() { }

    private string At(string path) => Path.Combine(folder, path);

    private bool Has(StoredItem item) =>
        new FileInfo(At(ItemPaths.OfBlob(item.Sha256))) is { Exists: true } file && file.Length == item.Length;

    private StoredItem? Find(ItemKey key)
    {
        var file = new FileInfo(At(ItemPaths.Of(key)));
        return
            file is { Exists: true, Length: <= LongestRecord }
            && ItemRecord.Parse(File.ReadAllBytes(file.FullName)) is { } item
            && item.Key == key
            ? item
            : null;
    }

    private IReadOnlyList<ItemKey> Keys()
    {
        var root = At(ItemPaths.Items);
        return Directory.Exists(root)
            ?
            [
                .. Directory
                    .EnumerateFiles(root, "*.json", SearchOption.AllDirectories)
                    .Select(f => ItemPaths.KeyOf(Path.GetRelativePath(folder, f)))
                    .OfType<ItemKey>(),
            ]
            : [];
    }

    private List<StoredItem> Items() => [.. Keys().Select(Find).OfType<StoredItem>()];

    private async Task<bool> KeepAsync(
        StoredItem item,
        Func<CancellationToken, Task<Stream>> content,
        IProgress<long>? progress,
        CancellationToken ct
    )
    {
        Directory.CreateDirectory(At(ItemPaths.Blobs));
        Directory.CreateDirectory(Path.GetDirectoryName(At(ItemPaths.Of(item.Key)))!);
        while (true)
        {
            if (!Has(item))
                await CopyAsync(item, content, progress, ct);
            using var held = await LockAsync(ct);
            if (!Has(item))
                continue; // another command removed it in the meantime
            Directory.CreateDirectory(Path.GetDirectoryName(At(ItemPaths.Of(item.Key)))!);
            Publish(At(ItemPaths.Of(item.Key)), ItemRecord.Of(item).ToBytes());
            WriteIndex(Items());
            return true;
        }
    }

    /// <summary>Continues the file that an earlier attempt left, if what it has is the beginning of this content.</summary>
    private async Task CopyAsync(
        StoredItem item,
        Func<CancellationToken, Task<Stream>> content,
        IProgress<long>? progress,
        CancellationToken ct
    )
    {
        var (path, part) = (At(ItemPaths.OfBlob(item.Sha256)), At(ItemPaths.OfBlob(item.Sha256)) + Part);
        await using (var from = await content(ct))
        await using (var to = OpenPart(part, item))
        {
            if (await CopyAsync(from, to, item, progress, ct) != item.Sha256)
            {
                to.SetLength(0); // what was there was another file's beginning, or damaged
                from.Position = 0;
                if (await CopyAsync(from, to, item, progress, ct) != item.Sha256)
                {
                    File.Delete(part);
                    throw new CloudletException(
                        ErrorKind.InvalidInput,
                        $"{item.Key} changed while it was copied to {Place}; push it again"
                    );
                }
            }
        }

        FileReplacement.Publish(part, path);
    }

    private static async Task<string> CopyAsync(
        Stream from,
        FileStream to,
        StoredItem item,
        IProgress<long>? progress,
        CancellationToken ct
    )
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[1 << 18];
        if (to.Length > item.Length)
            to.SetLength(0);
        to.Position = 0;
        for (int read; (read = await to.ReadAsync(block, ct)) > 0; )
            digest.AppendData(block, 0, read);
        from.Position = to.Position;
        progress?.Report(to.Position);
        for (int read; (read = await from.ReadAsync(block, ct)) > 0; progress?.Report(to.Position))
        {
            digest.AppendData(block, 0, read);
            await to.WriteAsync(block.AsMemory(0, read), ct);
        }

        return Convert.ToHexStringLower(digest.GetHashAndReset());
    }

    private FileStream OpenPart(string part, StoredItem item)
    {
        try
        {
            return new FileStream(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, useAsync: true);
        }
        catch (IOException e) when (FolderErrors.IsLocked(e))
        {
            throw new CloudletException(ErrorKind.Busy, $"another command is pushing {item.Key} to {Place}: wait for it to end", e);
        }
    }

    private async Task<FileStream> LockAsync(CancellationToken ct)
    {
        var until = DateTime.UtcNow + LockLimit;
        while (true)
            try
            {
                return new FileStream(At(".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (FolderErrors.IsLocked(e))
            {
                if (DateTime.UtcNow > until)
                    throw new CloudletException(ErrorKind.Busy, $"another command holds {At(".lock")}; try again", e);
                await Task.Delay(50, ct);
            }
    }

    private void WriteIndex(List<StoredItem> items)
    {
        var index = new ItemIndex { Format = ItemRecord.CurrentFormat, Items = [.. items.Select(ItemRecord.Of)] };
        Publish(At(ItemPaths.Index), JsonSerializer.SerializeToUtf8Bytes(index, ItemJson.Default.ItemIndex));
    }

    private static void Publish(string path, byte[] content)
    {
        var staged = $"{path}.new";
        File.WriteAllBytes(staged, content);
        FileReplacement.Publish(staged, path);
    }
}
