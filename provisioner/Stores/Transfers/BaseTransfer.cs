using Cloudlet.Stores.Items;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Stores.Transfers;

/// <summary>Moves bases between a folder of bases and VMs and a store.</summary>
/// <param name="runtime">The folder.</param>
/// <param name="store">The store.</param>
/// <param name="progress">What is being done.</param>
public sealed class BaseTransfer(RuntimeStore runtime, IStore store, IProgress<string> progress)
{
    private const string ExportFile = "export";

    /// <summary>
    /// Pushes a base. Its export begins with digests of all that follows, so it is written to a file before it is sent; when the store has
    /// the base already, it is not made.
    /// </summary>
    /// <param name="vm">The base.</param>
    /// <param name="name">Its name in the store; null: the name that it has here.</param>
    /// <param name="replaces">True: another base with this name is replaced.</param>
    /// <param name="effort">Whether to save time or bytes.</param>
    /// <param name="ct">Stops it.</param>
    public Task<PushResult> PushAsync(BaseVm vm, string? name, bool replaces, OverlayEffort effort, CancellationToken ct) =>
        new ItemPush(store, progress).SendAsync(
            ItemKind.Base,
            vm.Id,
            name ?? vm.Name,
            replaces,
            (key, stop) => ExportAsync(vm, key, effort, stop),
            ct
        );

    /// <summary>
    /// Pulls a base. It is imported as it arrives; nothing is left when a byte of it is wrong. A base that is here already is not fetched.
    /// </summary>
    /// <param name="item">What to pull.</param>
    /// <param name="name">Its name here; null: the one in the store, if it has one.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<BaseVm> PullAsync(StoredItem item, string? name, CancellationToken ct)
    {
        if (new BaseCatalog(runtime).List().FirstOrDefault(b => b.Id == item.Key.Id) is { } here)
        {
            progress.Report($"base {here.ShortId} is here already");
            return here;
        }

        progress.Report($"pulling {item.Key} from {store.Place}: {item.Length} bytes");
        await using var from = new VerifiedRead(await store.ReadAsync(item, 0, ct), item, store.Place, progress: null);
        return await new BaseArchive(runtime).ImportAsync(
            from,
            $"{store.Place}#{item.Key.Name}",
            item.Key.Id,
            name ?? (item.Key.IsNamed ? item.Key.Name : null),
            progress,
            ct
        );
    }

    private async Task<PreparedItem> ExportAsync(BaseVm vm, ItemKey key, OverlayEffort effort, CancellationToken ct)
    {
        var staged = runtime.Stage();
        try
        {
            var path = staged[ExportFile];
            var made = await new BaseArchive(runtime).ExportAsync(vm, path, effort, progress, ct);
            var (sha256, length) = await ItemPush.DigestAsync(path, ct);
            var item = new StoredItem(key, sha256, length)
            {
                QemuVersion = made.QemuVersion ?? vm.Manifest.Definition?.QemuVersion,
                Pushed = DateTimeOffset.UtcNow,
            };
            return new PreparedItem(item, path, staged);
        }
        catch
        {
            staged.Dispose();
            throw;
        }
    }
}
