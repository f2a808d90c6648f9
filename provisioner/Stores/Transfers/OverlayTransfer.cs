using Cloudlet.Errors;
using Cloudlet.Stores.Items;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Shelf;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Stores.Transfers;

/// <summary>Moves overlays between files and a store.</summary>
/// <param name="store">The store.</param>
/// <param name="progress">What is being done.</param>
public sealed class OverlayTransfer(IStore store, IProgress<string> progress)
{
    /// <summary>Pushes an overlay. It is verified first: a damaged file is refused with InvalidInput.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="name">Its name in the store; null: the first digits of its id.</param>
    /// <param name="replaces">True: another overlay with this name is replaced.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<PushResult> PushAsync(string path, string? name, bool replaces, CancellationToken ct)
    {
        OverlayReader overlay;
        await using (var file = Synthesis.Fetch.OverlaySource.Open(path))
        {
            overlay = await OverlayReader.OpenAsync(file, ct);
            if (overlay.Header.BaseId == OverlayHeader.NoBase)
                throw new CloudletException(
                    ErrorKind.InvalidInput,
                    $"{path} is an exported base, expected an overlay: import it ('cloudlet base import') and use 'cloudlet base push'"
                );
            await overlay.VerifyAsync(progress: null, ct);
        }

        return await new ItemPush(store, progress).SendAsync(
            ItemKind.Overlay,
            overlay.Header.Id(),
            name,
            replaces,
            async (key, stop) =>
            {
                var (sha256, length) = await ItemPush.DigestAsync(path, stop);
                var item = new StoredItem(key, sha256, length)
                {
                    BaseId = overlay.Header.BaseId,
                    QemuVersion = overlay.QemuVersion,
                    Pushed = DateTimeOffset.UtcNow,
                };
                return new PreparedItem(item, path, null);
            },
            ct
        );
    }

    /// <summary>Pulls an overlay to a file, which appears when every byte of it was verified.</summary>
    /// <param name="item">What to pull.</param>
    /// <param name="path">The file; an existing regular one is replaced.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<OverlaySummary> PullAsync(StoredItem item, string path, CancellationToken ct)
    {
        using var staged = new StagedFile(path);
        OverlaySummary summary;
        await using (var file = staged.Open())
            summary = await FetchAsync(item, file, ct);
        staged.Publish();
        return summary;
    }

    /// <summary>Pulls an overlay and keeps it. One that is kept already is not fetched.</summary>
    /// <param name="item">What to pull.</param>
    /// <param name="shelf">Where to keep it.</param>
    /// <param name="name">Its name there; null: the one in the store, if it has one that is valid here.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<ShelvedOverlay> KeepAsync(StoredItem item, OverlayShelf shelf, string? name, CancellationToken ct)
    {
        if (shelf.List().FirstOrDefault(o => o.Digest == item.Key.Id) is { } here)
        {
            progress.Report($"overlay {here.Id} is here already");
            return here;
        }

        return await shelf.AddAsync(
            name ?? (item.Key.IsNamed ? item.Key.Name : null),
            async (path, stop) =>
            {
                await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite);
                await FetchAsync(item, file, stop);
            },
            ct
        );
    }

    private async Task<OverlaySummary> FetchAsync(StoredItem item, FileStream to, CancellationToken ct)
    {
        progress.Report($"pulling {item.Key} from {store.Place}: {item.Length} bytes");
        var paced = new PacedProgress(progress, "pulling", item.Length);
        await using (var from = new VerifiedRead(await store.ReadAsync(item, 0, ct), item, store.Place, paced))
            await from.CopyToAsync(to, 1 << 18, ct);
        to.Position = 0;
        var overlay = await OverlayReader.OpenAsync(to, ct);
        await overlay.VerifyAsync(progress: null, ct);
        return overlay.Header.Id() == item.Key.Id && overlay.Header.BaseId == item.BaseId
            ? new OverlaySummary(overlay.Header, overlay.QemuVersion)
            : throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{store.Place} sent another overlay than {item.Key}: expected the id {item.Key.Id} over base {item.BaseId}, found "
                    + $"{overlay.Header.Id()} over {overlay.Header.BaseId}. Nothing of it was kept; delete it there and push it again"
            );
    }
}
