using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Stores.Folders;
using Cloudlet.Stores.Http;
using Cloudlet.Stores.Items;
using Cloudlet.Stores.Tests.Servers;
using Cloudlet.Stores.Web;
using Cloudlet.TestKit;

namespace Cloudlet.Stores.Tests;

/// <summary>A folder behind a web server, which may fail, be slow, or lie.</summary>
public sealed class WebStoreSpecs : IAsyncDisposable
{
    private readonly TempDir _folder = new();
    private readonly ScriptedWeb _web;
    private readonly byte[] _content = RandomNumberGenerator.GetBytes(300_000);
    private readonly StoredItem _item;

    public WebStoreSpecs()
    {
        _web = new ScriptedWeb(_folder.Path);
        _item = new StoredItem(
            ItemKey.Of(ItemKind.Base, new string('a', 64), "counter"),
            Convert.ToHexStringLower(SHA256.HashData(_content)),
            300_000
        );
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Blob => $"/blobs/{_item.Sha256}";

    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task What_a_folder_keeps_is_listed_and_read_over_http()
    {
        using var store = await OpenAsync();

        (await store.ListAsync(Ct)).ShouldBe([_item.Key]);
        (await store.FindAsync(_item.Key, Ct)).ShouldNotBeNull().Sha256.ShouldBe(_item.Sha256);
        (await ReadAsync(store)).ShouldBe(_content);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_download_that_breaks_is_resumed(bool hasRanges)
    {
        using var store = await OpenAsync();
        var breaks = 0;
        _web.HasRanges = hasRanges;
        _web.Script = async context =>
        {
            if (context.Request.Url!.AbsolutePath != Blob || ++breaks > 2)
                return false;
            await ScriptedWeb.SendAsync(context, _content, hasRanges, most: 100_000);
            return true;
        };

        (await ReadAsync(store)).ShouldBe(_content);

        _web.Requests.Count(r => r.Path == Blob).ShouldBe(3);
        _web.Requests.Last().Range.ShouldNotBeNull();
    }

    [Fact]
    public async Task Errors_of_the_server_are_waited_out()
    {
        using var store = await OpenAsync();
        var errors = 0;
        _web.Script = context =>
        {
            if (context.Request.Url!.AbsolutePath != Blob || ++errors > 2)
                return Task.FromResult(false);
            context.Response.StatusCode = 500;
            context.Response.Close();
            return Task.FromResult(true);
        };

        (await ReadAsync(store)).ShouldBe(_content);
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_asked_again()
    {
        using var store = await OpenAsync(TimeSpan.FromMilliseconds(300));
        var silent = 0;
        _web.Script = async context =>
        {
            if (context.Request.Url!.AbsolutePath != Blob || ++silent > 1)
                return false;
            context.Response.ContentLength64 = _content.Length;
            await context.Response.OutputStream.WriteAsync(_content.AsMemory(0, 1000));
            await context.Response.OutputStream.FlushAsync();
            await Task.Delay(1000);
            context.Response.Abort();
            return true;
        };

        (await ReadAsync(store)).ShouldBe(_content);
    }

    [Theory]
    [InlineData("other byte")]
    [InlineData("short")]
    [InlineData("long")]
    public async Task Other_bytes_are_found_out(string lie)
    {
        using var store = await OpenAsync();
        var lies = lie switch
        {
            "short" => _content[..^1],
            "long" => [.. _content, 1],
            _ => [.. _content[..1000], (byte)(_content[1000] ^ 1), .. _content[1001..]],
        };
        _web.Script = async context =>
        {
            if (context.Request.Url!.AbsolutePath != Blob)
                return false;
            if (context.Request.Headers["Range"] is not null)
            {
                context.Response.StatusCode = 416;
                context.Response.Close();
                return true;
            }

            await ScriptedWeb.SendAsync(context, lies);
            return true;
        };
        await using var read = new VerifiedRead(await store.ReadAsync(_item, 0, Ct), _item, store.Place, progress: null);

        (await Should.ThrowAsync<CloudletException>(() => read.CopyToAsync(Stream.Null, Ct))).Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    [Fact]
    public async Task Nothing_can_be_written()
    {
        using var store = await OpenAsync();

        Should.Throw<CloudletException>(() => store.RemoveAsync(_item, Ct)).Kind.ShouldBe(ErrorKind.Unsupported);
        Should
            .Throw<CloudletException>(() => store.WriteAsync(_item, _ => Task.FromResult(Stream.Null), null, Ct))
            .Kind.ShouldBe(ErrorKind.Unsupported);
    }

    [Theory]
    [InlineData(
        """{"format": 1, "items": [{"format": 1, "kind": "base", "id": "../x", "name": "x", "sha256": "../x", "length": 1}, null]}"""
    )]
    [InlineData("""{"format": 1, "items": []}""")]
    public async Task Entries_that_are_not_valid_are_left_out(string index)
    {
        _folder.Write("index.json", index);
        using var store = new WebStore(_web.Root, new StoreOptions());

        (await store.ListAsync(Ct)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("""{"format": 2, "items": []}""")]
    public async Task Anything_else_than_an_index_is_refused(string index)
    {
        _folder.Write("index.json", index);
        using var store = new WebStore(_web.Root, new StoreOptions());

        (await Should.ThrowAsync<CloudletException>(() => store.ListAsync(Ct))).Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    [Fact]
    public async Task A_missing_index_is_not_found()
    {
        using var store = new WebStore(_web.Root, new StoreOptions());

        (await Should.ThrowAsync<CloudletException>(() => store.ListAsync(Ct))).Kind.ShouldBe(ErrorKind.NotFound);
    }

    [Fact]
    public async Task A_policy_decides_which_servers_are_asked()
    {
        var policy = new Synthesis.Fetch.FetchPolicy(static _ => false, "not allowed here");
        using var store = new WebStore(_web.Root, new StoreOptions { Policy = policy });

        (await Should.ThrowAsync<CloudletException>(() => store.ListAsync(Ct))).Kind.ShouldBe(ErrorKind.PermissionDenied);
        _web.Requests.ShouldBeEmpty();
    }

    private async Task<WebStore> OpenAsync(TimeSpan? patience = null)
    {
        using var folder = new FolderStore(_folder.Path);
        await folder.WriteAsync(_item, _ => Task.FromResult<Stream>(new MemoryStream(_content)), progress: null, Ct);
        return new WebStore(_web.Root, new StoreOptions { Patience = patience ?? TimeSpan.FromSeconds(20) });
    }

    private async Task<byte[]> ReadAsync(WebStore store)
    {
        await using var stream = new VerifiedRead(await store.ReadAsync(_item, 0, Ct), _item, store.Place, progress: null);
        using var read = new MemoryStream();
        await stream.CopyToAsync(read, Ct);
        return read.ToArray();
    }
}
