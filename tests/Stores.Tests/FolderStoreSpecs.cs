using Cloudlet.Errors;
using Cloudlet.Stores.Folders;
using Cloudlet.Stores.Items;

namespace Cloudlet.Stores.Tests;

/// <summary>A folder of this machine.</summary>
public sealed class FolderStoreSpecs : StoreContract
{
    private long _read;

    protected override long Sent => _read;

    protected override IStore Open() => new FolderStore(Folder["store"]);

    protected override bool? HasContent(StoredItem item) => File.Exists(Folder[$"store/blobs/{item.Sha256}"]);

    protected override Func<CancellationToken, Task<Stream>> Opening(byte[] content) =>
        _ => Task.FromResult<Stream>(new Counted(content, n => _read += n));

    [Fact]
    public async Task A_part_with_other_bytes_is_begun_again()
    {
        using var store = Open();
        var (item, content) = Sample(100_000);
        Folder.Write($"store/blobs/{item.Sha256}.part", "bytes of another file");

        await store.WriteAsync(item, Opening(content), progress: null, Ct);

        (await ReadAsync(store, item, 0)).ShouldBe(content);
        Directory.EnumerateFiles(Folder["store/blobs"]).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_content_that_is_not_what_its_record_says_is_refused_and_leaves_nothing()
    {
        using var store = Open();
        var (item, content) = Sample(100_000);
        content[7] ^= 1;

        var error = await Should.ThrowAsync<CloudletException>(() => store.WriteAsync(item, Opening(content), progress: null, Ct));

        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        (await store.ListAsync(Ct)).ShouldBeEmpty();
        Directory.EnumerateFiles(Folder["store/blobs"]).ShouldBeEmpty();
    }

    [Fact]
    public async Task Two_pushes_of_one_content_do_not_mix()
    {
        using var store = Open();
        var (item, content) = Sample(100_000);
        Directory.CreateDirectory(Folder["store/blobs"]);
        await using (new FileStream(Folder[$"store/blobs/{item.Sha256}.part"], FileMode.Create, FileAccess.ReadWrite, FileShare.None))
            (await Should.ThrowAsync<CloudletException>(() => store.WriteAsync(item, Opening(content), progress: null, Ct))).Kind.ShouldBe(
                ErrorKind.Busy
            );
        await store.WriteAsync(item, Opening(content), progress: null, Ct);
    }

    [Fact]
    public async Task Records_that_lie_about_their_key_are_left_out()
    {
        using var store = Open();
        var (item, content) = Sample(1000);
        await store.WriteAsync(item, Opening(content), progress: null, Ct);
        var path = Folder[$"store/items/overlay/{item.Key.Id}/{item.Key.Name}.json"];
        var text = await File.ReadAllTextAsync(path, Ct);

        await File.WriteAllTextAsync(path, text.Replace(item.Sha256, "../../../etc/passwd", StringComparison.Ordinal), Ct);
        (await store.FindAsync(item.Key, Ct)).ShouldBeNull();
        await File.WriteAllTextAsync(path, text.Replace(item.Key.Id, new string('f', 64), StringComparison.Ordinal), Ct);
        (await store.FindAsync(item.Key, Ct)).ShouldBeNull();
    }

    private sealed class Counted(byte[] content, Action<int> read) : MemoryStream(content)
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await base.ReadAsync(buffer, cancellationToken);
            read(count);
            return count;
        }
    }
}
