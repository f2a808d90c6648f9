using System.Security.Cryptography;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Stores.Items;
using Cloudlet.TestKit;

namespace Cloudlet.Stores.Tests;

/// <summary>What every store does that can be written to, against the real server.</summary>
public abstract class StoreContract : IAsyncDisposable
{
    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    protected TempDir Folder { get; } = new();

    /// <summary>Why the server can't be used; null: it runs.</summary>
    protected virtual string? Problem => null;

    /// <summary>Length of a content that is sent in several parts.</summary>
    protected virtual int Large => 6 << 20;

    /// <summary>False: a content is kept under one name.</summary>
    protected virtual bool SharesContent => true;

    /// <summary>False: an upload that was cut off begins again.</summary>
    protected virtual bool Continues => true;

    /// <summary>Bytes that were sent to the server so far.</summary>
    protected abstract long Sent { get; }

    protected abstract IStore Open();

    /// <summary>True when the server has the content of an item in its own files.</summary>
    protected virtual bool? HasContent(StoredItem item) => null;

    public virtual ValueTask DisposeAsync()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task What_was_written_is_found_listed_and_read()
    {
        using var store = Ready();
        var (item, content) = Sample(100_000);

        await store.WriteAsync(item, Opening(content), progress: null, Ct);

        (await store.ListAsync(Ct)).ShouldContain(item.Key);
        var found = (await store.FindAsync(item.Key, Ct)).ShouldNotBeNull();
        (found with { Pushed = null }).ShouldBe(item with { Pushed = null });
        (await ReadAsync(store, found, 0)).ShouldBe(content);
        (await ReadAsync(store, found, 99_990)).ShouldBe(content[99_990..]);
    }

    [Fact]
    public async Task What_is_there_is_not_sent_again()
    {
        using var store = Ready();
        var (item, content) = Sample(Large);
        await store.WriteAsync(item, Opening(content), progress: null, Ct);
        var before = Sent;

        await store.WriteAsync(item, Never, progress: null, Ct);
        if (SharesContent)
        {
            var named = item with { Key = ItemKey.Of(item.Key.Kind, item.Key.Id, "second") };
            await store.WriteAsync(named, Never, progress: null, Ct);
            (await ReadAsync(store, (await store.FindAsync(named.Key, Ct))!, Large - 10)).ShouldBe(content[^10..]);
        }

        (Sent - before).ShouldBeLessThan(64 << 10);
    }

    [Fact]
    public async Task An_upload_that_was_cut_off_continues()
    {
        var (item, content) = Sample(Large);
        using (var first = Ready())
        using (var end = new CancellationTokenSource())
        {
            var half = new Watched(done =>
            {
                if (done >= Large / 3)
                    end.Cancel();
            });
            await Should.ThrowAsync<OperationCanceledException>(() => first.WriteAsync(item, Opening(content), half, end.Token));
            (await first.FindAsync(item.Key, Ct)).ShouldBeNull("an item appears when its content is complete");
        }

        var before = Sent;
        using var store = Open();
        await store.WriteAsync(item, Opening(content), progress: null, Ct);

        (await ReadAsync(store, item, 0)).ShouldBe(content);
        if (Continues)
            (Sent - before).ShouldBeLessThan(Large - (Large / 4), "what the store had is not sent again");
    }

    [Fact]
    public async Task What_is_removed_is_gone_and_its_content_with_the_last_name()
    {
        using var store = Ready();
        var (item, content) = Sample(50_000);
        await store.WriteAsync(item, Opening(content), progress: null, Ct);
        var named = item with { Key = ItemKey.Of(item.Key.Kind, item.Key.Id, "other") };
        if (SharesContent)
        {
            await store.WriteAsync(named, Never, progress: null, Ct);
            (await store.RemoveAsync(named, Ct)).ShouldBeTrue();
            (await ReadAsync(store, item, 0)).ShouldBe(content);
        }

        (await store.RemoveAsync(item, Ct)).ShouldBeTrue();

        (await store.FindAsync(item.Key, Ct)).ShouldBeNull();
        (await store.ListAsync(Ct)).ShouldNotContain(item.Key);
        (await store.RemoveAsync(item, Ct)).ShouldBeFalse();
        (HasContent(item) ?? false).ShouldBeFalse();
    }

    [Fact]
    public async Task An_unknown_key_is_not_found()
    {
        using var store = Ready();

        (await store.FindAsync(Sample(10).Item.Key, Ct)).ShouldBeNull();
    }

    /// <summary>An overlay with a content of its own.</summary>
    protected static (StoredItem Item, byte[] Content) Sample(int length)
    {
        var content = new byte[length];
        RandomNumberGenerator.Fill(content);
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Guid.NewGuid().ToString())));
        var item = new StoredItem(ItemKey.Of(ItemKind.Overlay, id, null), Convert.ToHexStringLower(SHA256.HashData(content)), length)
        {
            BaseId = new string('b', 64),
            QemuVersion = "7.2.22",
            Pushed = DateTimeOffset.UtcNow,
        };
        return (item, content);
    }

    protected virtual Func<CancellationToken, Task<Stream>> Opening(byte[] content) =>
        _ => Task.FromResult<Stream>(new MemoryStream(content));

    protected static Task<Stream> Never(CancellationToken ct) => throw new InvalidOperationException("the content was asked for");

    protected static async Task<byte[]> ReadAsync(IStore store, StoredItem item, long from)
    {
        await using var stream = await store.ReadAsync(item, from, Ct);
        using var read = new MemoryStream();
        await stream.CopyToAsync(read, Ct);
        return read.ToArray();
    }

    protected static async Task RefusesAsync(IStore store, string secret)
    {
        using (store)
        {
            var (item, content) = Sample(1000);
            foreach (
                var call in (Func<Task>[])
                    [
                        () => store.ListAsync(Ct),
                        () => store.FindAsync(item.Key, Ct),
                        () => store.WriteAsync(item, _ => Task.FromResult<Stream>(new MemoryStream(content)), progress: null, Ct),
                    ]
            )
            {
                var error = await Should.ThrowAsync<CloudletException>(call);
                error.Kind.ShouldBe(ErrorKind.PermissionDenied, error.Message);
                error.Message.ShouldNotContain(secret);
            }
        }
    }

    private IStore Ready()
    {
        Assert.SkipWhen(Problem is not null, Problem ?? "");
        return Open();
    }

    /// <summary>Reports at once, unlike Progress&lt;T&gt;.</summary>
    private sealed class Watched(Action<long> seen) : IProgress<long>
    {
        public void Report(long value) => seen(value);
    }
}
