using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Stores.Items;
using Cloudlet.Synthesis.Overlays;

namespace Cloudlet.Stores.Transfers;

/// <summary>What became of a push.</summary>
/// <param name="Item">The item in the store.</param>
/// <param name="IsSent">False: the store had its content already, and nothing of it was sent.</param>
public sealed record PushResult(StoredItem Item, bool IsSent);

/// <summary>A file that can be pushed, with its record; disposing it removes what was made for it.</summary>
/// <param name="Item">Its record.</param>
/// <param name="Path">The file.</param>
/// <param name="Made">A folder that was made for it; null: none.</param>
internal sealed record PreparedItem(StoredItem Item, string Path, IDisposable? Made) : IDisposable
{
    public void Dispose() => Made?.Dispose();
}

/// <summary>Pushes an item: asks what the store has, makes the file only when it is needed, and sends it.</summary>
/// <param name="store">The store.</param>
/// <param name="progress">What is being done.</param>
internal sealed class ItemPush(IStore store, IProgress<string> progress)
{
    /// <summary>Pushes an item.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="id">Its id.</param>
    /// <param name="name">Its name in the store; null: any that it has there, else the first digits of its id.</param>
    /// <param name="replaces">True: an item with the same name and other content loses the name, and is removed.</param>
    /// <param name="prepare">Makes the file, for a key.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<PushResult> SendAsync(
        ItemKind kind,
        string id,
        string? name,
        bool replaces,
        Func<ItemKey, CancellationToken, Task<PreparedItem>> prepare,
        CancellationToken ct
    )
    {
        var keys = (await store.ListAsync(ct)).Where(k => k.Kind == kind).ToList();
        var same = keys.FindAll(k => k.Id == id);
        var key = name is null && same.Count > 0 ? same[0] : ItemKey.Of(kind, id, name);
        var taken = keys.Find(k => k.Name == key.Name && k.Id != id);
        if (taken is not null && !replaces)
            throw new CloudletException(
                ErrorKind.AlreadyExists,
                $"{store.Place} has another {key.KindName} with the name '{key.Name}' ({taken.ShortId}): choose another with --name, or "
                    + "say --replace"
            );
        var there = same.Count == 0 ? null : await store.FindAsync(same.Contains(key) ? key : same[0], ct);
        if (there is not null)
            progress.Report($"{store.Place} has {there.Key} already");
        var result =
            there?.Key == key ? new PushResult(there, IsSent: false)
            : there is not null ? await NameAsync(there with { Key = key, Pushed = DateTimeOffset.UtcNow }, prepare, ct)
            : await SendAsync(key, prepare, ct);
        if (taken is not null && await store.FindAsync(taken, ct) is { } old)
            await store.RemoveAsync(old, ct);
        return result;
    }

    /// <summary>Digest of a file, and its length.</summary>
    public static async Task<(string Sha256, long Length)> DigestAsync(string path, CancellationToken ct)
    {
        await using var file = Open(path);
        return (Convert.ToHexStringLower(await SHA256.HashDataAsync(file, ct)), file.Length);
    }

    private async Task<PushResult> SendAsync(
        ItemKey key,
        Func<ItemKey, CancellationToken, Task<PreparedItem>> prepare,
        CancellationToken ct
    )
    {
        using var prepared = await prepare(key, ct);
        var isSent = false;
        progress.Report($"pushing {key} to {store.Place}: {prepared.Item.Length} bytes");
        await store.WriteAsync(prepared.Item, OpenAsync, new PacedProgress(progress, "pushing", prepared.Item.Length), ct);
        return new PushResult(prepared.Item, isSent);

        Task<Stream> OpenAsync(CancellationToken stop)
        {
            isSent = true;
            return Task.FromResult<Stream>(Open(prepared.Path));
        }
    }

    /// <summary>Gives what the store has one more name. The file is made only when the store lost its content.</summary>
    private async Task<PushResult> NameAsync(
        StoredItem item,
        Func<ItemKey, CancellationToken, Task<PreparedItem>> prepare,
        CancellationToken ct
    )
    {
        PreparedItem? prepared = null;
        try
        {
            await store.WriteAsync(item, OpenAsync, progress: null, ct);
            return new PushResult(item, prepared is not null);
        }
        finally
        {
            prepared?.Dispose();
        }

        async Task<Stream> OpenAsync(CancellationToken stop)
        {
            prepared = await prepare(item.Key, stop);
            return prepared.Item.Sha256 == item.Sha256
                ? Open(prepared.Path)
                : throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"{store.Place} lost the content of {item.Key}: delete it there ('cloudlet store delete') and push it again"
                );
        }
    }

    private static FileStream Open(string path) =>
        new(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan, BufferSize = 0 });
}
