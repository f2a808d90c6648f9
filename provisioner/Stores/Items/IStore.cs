namespace Cloudlet.Stores.Items;

/// <summary>
/// A place that keeps bases and overlays. Nothing that it sends is trusted: <see cref="VerifiedRead"/> and the readers of overlays and
/// bases verify it. Every method throws CloudletException: Unreachable, Timeout, PermissionDenied, NotFound, Unsupported, and InvalidInput
/// for answers that are not valid.
/// </summary>
public interface IStore : IDisposable
{
    /// <summary>Where it is, for messages; without secrets.</summary>
    string Place { get; }

    /// <summary>The keys of everything that it keeps, in no particular order.</summary>
    Task<IReadOnlyList<ItemKey>> ListAsync(CancellationToken ct);

    /// <summary>What is kept under a key, with length and digest; null: nothing.</summary>
    Task<StoredItem?> FindAsync(ItemKey key, CancellationToken ct);

    /// <summary>Reads the content of an item from a position to its end. Connections that break are resumed.</summary>
    /// <param name="item">The item.</param>
    /// <param name="from">Position of the first byte.</param>
    /// <param name="ct">Cancels the first request.</param>
    Task<Stream> ReadAsync(StoredItem item, long from, CancellationToken ct);

    /// <summary>
    /// Keeps an item under its key. Content that the store has already is not sent; an upload that was cut off continues where the store
    /// allows it. Unsupported: the place can only be read.
    /// </summary>
    /// <param name="item">The item.</param>
    /// <param name="content">Opens its content, a stream that can seek; called only when something has to be sent.</param>
    /// <param name="progress">Receives the bytes that the store has so far.</param>
    /// <param name="ct">Stops it; what was sent is continued by the next attempt.</param>
    Task WriteAsync(StoredItem item, Func<CancellationToken, Task<Stream>> content, IProgress<long>? progress, CancellationToken ct);

    /// <summary>Removes an item; its content too, unless another item has the same. True when it was there.</summary>
    Task<bool> RemoveAsync(StoredItem item, CancellationToken ct);
}
