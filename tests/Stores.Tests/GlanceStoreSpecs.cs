using Cloudlet.Errors;
using Cloudlet.Stores.Glance;
using Cloudlet.Stores.Items;
using Cloudlet.Stores.Tests.Servers;

namespace Cloudlet.Stores.Tests;

/// <summary>Images, against Debian's glance-api.</summary>
public sealed class GlanceStoreSpecs : StoreContract, IClassFixture<GlanceServer>
{
    private readonly GlanceServer _glance;
    private readonly LoopbackProxy _proxy;

    public GlanceStoreSpecs(GlanceServer glance)
    {
        (_glance, _proxy) = (glance, new LoopbackProxy(glance.Port));
        glance.Endpoint = new Uri($"http://127.0.0.1:{_proxy.Port}");
    }

    protected override string? Problem => _glance.Problem;

    protected override bool SharesContent => false;

    protected override bool Continues => false;

    protected override long Sent => _proxy.Sent;

    protected override IStore Open() => GlanceStore.Connect("", _glance.Options());

    public override async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_second_name_for_a_content_is_refused()
    {
        Assert.SkipWhen(Problem is not null, Problem ?? "");
        using var store = Open();
        var (item, content) = Sample(1000);
        await store.WriteAsync(item, Opening(content), progress: null, Ct);
        var named = item with { Key = ItemKey.Of(item.Key.Kind, item.Key.Id, "second") };

        (await Should.ThrowAsync<CloudletException>(() => store.WriteAsync(named, Never, progress: null, Ct))).Kind.ShouldBe(
            ErrorKind.AlreadyExists
        );
    }

    [Fact]
    public async Task Data_that_is_not_what_its_record_says_leaves_no_image()
    {
        Assert.SkipWhen(Problem is not null, Problem ?? "");
        using var store = Open();
        var (item, content) = Sample(1000);
        content[7] ^= 1;
        var before = Directory.GetFiles(_glance.Images).Length;

        (await Should.ThrowAsync<CloudletException>(() => store.WriteAsync(item, Opening(content), progress: null, Ct))).Kind.ShouldBe(
            ErrorKind.InvalidInput
        );

        Directory.GetFiles(_glance.Images).Length.ShouldBe(before);
        (await store.ListAsync(Ct)).ShouldNotContain(item.Key);
    }

    [Fact]
    public Task A_wrong_password_is_refused_and_not_repeated()
    {
        Assert.SkipWhen(Problem is not null, Problem ?? "");
        return RefusesAsync(GlanceStore.Connect("", _glance.Options("Wr0ng-s3cret")), "Wr0ng-s3cret");
    }

    [Fact]
    public async Task The_account_may_be_in_clouds_yaml()
    {
        Assert.SkipWhen(Problem is not null, Problem ?? "");
        var environment = _glance.Options().Environment;
        Folder.Write(
            "clouds.yaml",
            $"""
            clouds:
              lab:
                region_name: ''
                auth:
                  auth_url: {environment("OS_AUTH_URL")}
                  username: admin
                  password: {GlanceServer.Password}
                  project_name: admin
            """
        );
        using var store = GlanceStore.Connect(
            "lab",
            new Http.StoreOptions { Environment = name => name == "OS_CLIENT_CONFIG_FILE" ? Folder["clouds.yaml"] : null }
        );

        await store.ListAsync(Ct);

        store.Place.ShouldBe("glance://lab");
    }
}
