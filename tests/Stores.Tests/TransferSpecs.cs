using Cloudlet.Errors;
using Cloudlet.Stores.Folders;
using Cloudlet.Stores.Items;
using Cloudlet.Stores.Transfers;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Shelf;
using Cloudlet.Synthesis.Store;
using Cloudlet.TestKit;

namespace Cloudlet.Stores.Tests;

/// <summary>Bases and overlays on their way to a store and back.</summary>
public sealed class TransferSpecs : IDisposable
{
    private readonly TempDir _folder = new();
    private readonly RuntimeStore _here;
    private readonly RuntimeStore _there;
    private readonly FolderStore _store;

    public TransferSpecs() =>
        (_here, _there, _store) = (
            new RuntimeStore(_folder["here"]),
            new RuntimeStore(_folder["there"]),
            new FolderStore(_folder["store"])
        );

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_pushed_base_is_the_same_base_elsewhere_under_the_same_name()
    {
        var vm = Samples.Base(_here, "counter");

        var pushed = await PushAsync(vm);
        pushed.IsSent.ShouldBeTrue();
        var pulled = await PullAsync("counter");

        (pulled.Id, pulled.Name).ShouldBe((vm.Id, "counter"));
        BaseSeal.Holds(pulled).ShouldBeTrue();
        Directory.EnumerateFileSystemEntries(_here.StagingFolder).ShouldBeEmpty();
        pushed.Item.QemuVersion.ShouldBe("7.2.22");
    }

    [Fact]
    public async Task A_base_that_the_store_has_is_neither_exported_nor_sent()
    {
        var vm = Samples.Base(_here, "counter");
        await PushAsync(vm);
        var lines = new Lines();

        var again = await new BaseTransfer(_here, _store, lines).PushAsync(vm, null, false, OverlayEffort.Fast, Ct);
        var named = await new BaseTransfer(_here, _store, lines).PushAsync(vm, "other", false, OverlayEffort.Fast, Ct);

        (again.IsSent, named.IsSent).ShouldBe((false, false));
        lines.ShouldNotContain(l => l.Contains("export", StringComparison.Ordinal));
        (await _store.ListAsync(Ct)).Select(static k => k.Name).ShouldBe(["counter", "other"], ignoreOrder: true);
        Directory.EnumerateFiles(_folder["store/blobs"]).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Exports_of_one_base_are_the_same_bytes()
    {
        // Only then does an upload that was cut off continue with the next export.
        var vm = Samples.Base(_here);
        var first = (await PushAsync(vm)).Item.Sha256;
        Directory.Delete(_folder["store"], recursive: true);

        (await PushAsync(vm)).Item.Sha256.ShouldBe(first);
    }

    [Fact]
    public async Task A_base_that_is_here_is_not_fetched()
    {
        var vm = Samples.Base(_here, "counter");
        var item = (await PushAsync(vm)).Item;
        File.Delete(_folder[$"store/blobs/{item.Sha256}"]);

        (await new BaseTransfer(_here, _store, Samples.Silent).PullAsync(item, null, Ct)).Folder.ShouldBe(vm.Folder);
    }

    [Fact]
    public async Task Wrong_bytes_of_a_base_are_refused_and_nothing_is_left()
    {
        var item = (await PushAsync(Samples.Base(_here, "counter"))).Item;
        var blob = _folder[$"store/blobs/{item.Sha256}"];
        var whole = await File.ReadAllBytesAsync(blob, Ct);
        foreach (var at in new[] { 0, 100, whole.Length / 2, whole.Length - 1 })
        {
            whole[at] ^= 1;
            await File.WriteAllBytesAsync(blob, whole, Ct);
            (await Should.ThrowAsync<CloudletException>(() => PullAsync("counter"))).Kind.ShouldBe(ErrorKind.InvalidInput);
            whole[at] ^= 1;
        }

        new BaseCatalog(_there).List().ShouldBeEmpty();
        Directory.EnumerateFileSystemEntries(_there.StagingFolder).ShouldBeEmpty();
    }

    [Fact]
    public async Task Another_base_than_the_one_that_was_named_is_refused()
    {
        var (one, other) = (
            (await PushAsync(Samples.Base(_here, "one"))).Item,
            (await PushAsync(Samples.Base(_here, "two", random: 2))).Item
        );
        var lie = one with { Sha256 = other.Sha256, Length = other.Length };

        var error = await Should.ThrowAsync<CloudletException>(() =>
            new BaseTransfer(_there, _store, Samples.Silent).PullAsync(lie, null, Ct)
        );

        error.Message.ShouldContain("another base");
        new BaseCatalog(_there).List().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_of_another_base_is_kept_unless_it_is_replaced()
    {
        var (one, two) = (Samples.Base(_here), Samples.Base(_here, random: 2));
        await PushAsync(one, "counter");

        (await Should.ThrowAsync<CloudletException>(() => PushAsync(two, "counter"))).Kind.ShouldBe(ErrorKind.AlreadyExists);
        await new BaseTransfer(_here, _store, Samples.Silent).PushAsync(two, "counter", true, OverlayEffort.Fast, Ct);

        (await _store.ListAsync(Ct)).ShouldHaveSingleItem().Id.ShouldBe(two.Id);
    }

    [Fact]
    public async Task An_overlay_is_pushed_and_pulled_to_a_file_and_to_the_shelf()
    {
        Samples.Overlay(_folder["app.overlay"]);
        var transfer = new OverlayTransfer(_store, Samples.Silent);
        var pushed = await transfer.PushAsync(_folder["app.overlay"], "app", false, Ct);
        (await transfer.PushAsync(_folder["app.overlay"], null, false, Ct)).IsSent.ShouldBeFalse();
        var item = await ItemChoice.FindAsync(_store, "app", ItemKind.Overlay, Ct);

        await transfer.PullAsync(item, _folder["copy.overlay"], Ct);
        var shelf = new OverlayShelf(_there);
        var kept = await transfer.KeepAsync(item, shelf, null, Ct);
        var again = await transfer.KeepAsync(item, shelf, null, Ct);

        (await File.ReadAllBytesAsync(_folder["copy.overlay"], Ct)).ShouldBe(await File.ReadAllBytesAsync(_folder["app.overlay"], Ct));
        (kept.Name, kept.Digest, again.Id).ShouldBe(("app", item.Key.Id, kept.Id));
    }

    [Fact]
    public async Task Wrong_bytes_of_an_overlay_are_refused_and_nothing_is_left()
    {
        Samples.Overlay(_folder["app.overlay"]);
        var transfer = new OverlayTransfer(_store, Samples.Silent);
        var item = (await transfer.PushAsync(_folder["app.overlay"], "app", false, Ct)).Item;
        Samples.Overlay(_folder["other.overlay"], random: 2);
        var other = (await transfer.PushAsync(_folder["other.overlay"], "other", false, Ct)).Item;
        File.WriteAllText(_folder["copy.overlay"], "was here before");
        var blob = _folder[$"store/blobs/{item.Sha256}"];
        var bytes = await File.ReadAllBytesAsync(blob, Ct);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(blob, bytes, Ct);

        foreach (
            var lie in new[]
            {
                item,
                item with
                {
                    Sha256 = other.Sha256,
                    Length = other.Length,
                },
                item with
                {
                    BaseId = new string('c', 64),
                },
            }
        )
        {
            (await Should.ThrowAsync<CloudletException>(() => transfer.PullAsync(lie, _folder["copy.overlay"], Ct))).Kind.ShouldBe(
                ErrorKind.InvalidInput
            );
            await Should.ThrowAsync<CloudletException>(() => transfer.KeepAsync(lie, new OverlayShelf(_there), null, Ct));
        }

        (await File.ReadAllTextAsync(_folder["copy.overlay"], Ct)).ShouldBe("was here before");
        Directory.EnumerateFiles(_folder.Path, "*.partial").ShouldBeEmpty();
        new OverlayShelf(_there).List().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_damaged_overlay_is_not_pushed()
    {
        Samples.Overlay(_folder["app.overlay"]);
        var bytes = await File.ReadAllBytesAsync(_folder["app.overlay"], Ct);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(_folder["app.overlay"], bytes, Ct);

        (
            await Should.ThrowAsync<CloudletException>(() =>
                new OverlayTransfer(_store, Samples.Silent).PushAsync(_folder["app.overlay"], null, false, Ct)
            )
        ).Kind.ShouldBe(ErrorKind.InvalidInput);
        Directory.Exists(_folder["store"]).ShouldBeFalse();
    }

    [Fact]
    public async Task An_item_is_chosen_by_name_id_and_kind()
    {
        var vm = Samples.Base(_here, "app");
        await PushAsync(vm);
        Samples.Overlay(_folder["app.overlay"]);
        await new OverlayTransfer(_store, Samples.Silent).PushAsync(_folder["app.overlay"], "app", false, Ct);

        (await ItemChoice.FindAsync(_store, null, ItemKind.Base, Ct)).Key.Id.ShouldBe(vm.Id);
        (await ItemChoice.FindAsync(_store, vm.Id[..8], null, Ct)).Key.Id.ShouldBe(vm.Id);
        (await ItemChoice.FindAsync(_store, "overlay/app", null, Ct)).Key.Kind.ShouldBe(ItemKind.Overlay);
        foreach (
            var (text, kind) in new[] { ("app", ErrorKind.InvalidInput), (null, ErrorKind.InvalidInput), ("none", ErrorKind.NotFound) }
        )
            (await Should.ThrowAsync<CloudletException>(() => ItemChoice.FindAsync(_store, text, null, Ct))).Kind.ShouldBe(kind);
    }

    private Task<PushResult> PushAsync(BaseVm vm, string? name = null) =>
        new BaseTransfer(_here, _store, Samples.Silent).PushAsync(vm, name, false, OverlayEffort.Fast, Ct);

    private async Task<BaseVm> PullAsync(string name) =>
        await new BaseTransfer(_there, _store, Samples.Silent).PullAsync(
            await ItemChoice.FindAsync(_store, name, ItemKind.Base, Ct),
            null,
            Ct
        );

    private sealed class Lines : List<string>, IProgress<string>
    {
        public void Report(string value) => Add(value);
    }
}
