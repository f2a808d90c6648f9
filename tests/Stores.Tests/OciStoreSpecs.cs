using System.Text;
using Cloudlet.Errors;
using Cloudlet.Stores.Http;
using Cloudlet.Stores.Items;
using Cloudlet.Stores.Oci;
using Cloudlet.Stores.Tests.Servers;

namespace Cloudlet.Stores.Tests;

/// <summary>A repository, against Debian's docker-registry.</summary>
public sealed class OciStoreSpecs : StoreContract, IClassFixture<DockerRegistry>
{
    private const int Chunk = 1 << 20;
    private readonly DockerRegistry _registry;
    private readonly LoopbackProxy _proxy;

    public OciStoreSpecs(DockerRegistry registry) => (_registry, _proxy) = (registry, new LoopbackProxy(registry.Port));

    protected override string? Problem => _registry.Problem;

    protected override long Sent => _proxy.Sent;

    protected override IStore Open() => Open(DockerRegistry.Password);

    public override async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_connection_that_breaks_does_not_end_an_upload()
    {
        Assert.SkipWhen(Problem is not null, Problem ?? "");
        using var store = Open();
        var (item, content) = Sample(Large);
        _proxy.CutAfter(Large / 2);

        await store.WriteAsync(item, Opening(content), progress: null, Ct);

        _proxy.Cuts.ShouldBe(1);
        // Debian's registry gives up an upload when a chunk of it was cut off in the middle; newer ones keep what came before that chunk.
        _proxy.Sent.ShouldBeLessThan(2 * Large);
        (await ReadAsync(store, item, 0)).ShouldBe(content);
    }

    [Fact]
    public async Task What_the_registry_has_of_another_file_is_not_continued()
    {
        Assert.SkipWhen(Problem is not null, Problem ?? "");
        using var store = Open();
        var ((item, content), (other, bytes)) = (Sample(Large), Sample(Large));
        using (var end = new CancellationTokenSource())
            await Should.ThrowAsync<OperationCanceledException>(() =>
                store.WriteAsync(other, Opening(bytes), new Ending(end, 2 * Chunk), end.Token)
            );
        var notes = Directory.GetFiles(Folder["cache/cloudlet/uploads"]).ShouldHaveSingleItem();
        File.GetUnixFileMode(notes).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var root = new Uri($"http://127.0.0.1:{_proxy.Port}/v2/cloudlet/");
        new UploadNotes(Options()).Note(root, item.Sha256, await File.ReadAllTextAsync(notes, Ct));

        await store.WriteAsync(item, Opening(content), progress: null, Ct);

        (await ReadAsync(store, item, 0)).ShouldBe(content);
    }

    [Fact]
    public Task A_wrong_password_is_refused_and_not_repeated()
    {
        Assert.SkipWhen(Problem is not null, Problem ?? "");
        return RefusesAsync(Open("Wr0ng-s3cret"), "Wr0ng-s3cret");
    }

    [Fact]
    public Task Without_an_account_a_login_is_asked_for()
    {
        Assert.SkipWhen(Problem is not null, Problem ?? "");
        return RefusesAsync(new OciStore(Root, "cloudlet", new StoreOptions { Environment = _ => null }), "unused");
    }

    [Fact]
    public async Task A_repository_that_does_not_exist_is_empty()
    {
        Assert.SkipWhen(Problem is not null, Problem ?? "");
        using var store = new OciStore(Root, "cloudlet/none", Options());

        (await store.ListAsync(Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Wrong_bytes_of_a_registry_are_found_out()
    {
        Assert.SkipWhen(Problem is not null, Problem ?? "");
        using var store = Open();
        var (item, content) = Sample(200_000);
        await store.WriteAsync(item, Opening(content), progress: null, Ct);
        var file = Path.Combine(_registry.Data, $"docker/registry/v2/blobs/sha256/{item.Sha256[..2]}/{item.Sha256}/data");
        content[100_000] ^= 1;
        await File.WriteAllBytesAsync(file, content, Ct);

        await using var read = new VerifiedRead(await store.ReadAsync(item, 0, Ct), item, store.Place, progress: null);
        var error = await Should.ThrowAsync<CloudletException>(() => read.CopyToAsync(Stream.Null, Ct));

        (error.Kind, error.Message.Contains("SHA-256", StringComparison.Ordinal)).ShouldBe((ErrorKind.InvalidInput, true));
    }

    private Uri Root => new($"http://127.0.0.1:{_proxy.Port}");

    private OciStore Open(string password) => new(Root, "cloudlet", Options(password)) { ChunkLength = Chunk };

    private StoreOptions Options(string password = DockerRegistry.Password)
    {
        var account = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{DockerRegistry.User}:{password}"));
        Folder.Write($"docker-{password}/config.json", $$$"""{"auths": {"127.0.0.1:{{{_proxy.Port}}}": {"auth": "{{{account}}}"} } }""");
        return new StoreOptions
        {
            Environment = name =>
                name switch
                {
                    "DOCKER_CONFIG" => Folder[$"docker-{password}"],
                    "XDG_CACHE_HOME" => Folder["cache"],
                    _ => null,
                },
        };
    }

    private sealed class Ending(CancellationTokenSource end, long at) : IProgress<long>
    {
        public void Report(long value)
        {
            if (value >= at)
                end.Cancel();
        }
    }
}
