using System.Net;
using Cloudlet.Errors;
using Cloudlet.Stores.Items;
using Cloudlet.Stores.S3;
using Cloudlet.Stores.Tests.Servers;

namespace Cloudlet.Stores.Tests;

/// <summary>A bucket, against Swift's door for S3.</summary>
public sealed class S3StoreSpecs(SwiftServer swift) : StoreContract, IClassFixture<SwiftServer>
{
    /// <summary>Swift's least part.</summary>
    private const int Part = 5 << 20;
    private readonly LoopbackProxy _proxy = new(swift.Port);

    protected override string? Problem => swift.Problem;

    protected override int Large => 12 << 20;

    protected override long Sent => _proxy.Sent;

    protected override IStore Open() => Open(SwiftServer.Secret);

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
        _proxy.CutAfter(7 << 20);

        await store.WriteAsync(item, Opening(content), progress: null, Ct);

        _proxy.Cuts.ShouldBe(1);
        _proxy.Sent.ShouldBeLessThan(Large + Part + (64 << 10), "only the part that broke is sent again");
        (await ReadAsync(store, item, 0)).ShouldBe(content);
    }

    [Fact]
    public Task A_wrong_secret_is_refused_and_not_repeated()
    {
        Assert.SkipWhen(Problem is not null, Problem ?? "");
        return RefusesAsync(Open("Wr0ng-s3cret"), "Wr0ng-s3cret");
    }

    [Fact]
    public async Task A_bucket_that_does_not_exist_is_named()
    {
        Assert.SkipWhen(Problem is not null, Problem ?? "");
        using var store = new S3Store(new Uri($"http://127.0.0.1:{_proxy.Port}"), "missing", "", SwiftServer.Options());

        var error = await Should.ThrowAsync<CloudletException>(() => store.ListAsync(Ct));

        (error.Kind, error.Message.Contains("no such bucket", StringComparison.Ordinal)).ShouldBe(
            (ErrorKind.NotFound, true),
            error.Message
        );
    }

    [Fact]
    public async Task A_redirect_to_another_server_is_refused()
    {
        await using var other = new ScriptedWeb();
        await using var server = new ScriptedWeb();
        server.Script = context =>
        {
            context.Response.StatusCode = (int)HttpStatusCode.TemporaryRedirect;
            context.Response.AddHeader("Location", new Uri(other.Root, context.Request.RawUrl!).ToString());
            context.Response.Close();
            return Task.FromResult(true);
        };
        using var store = new S3Store(server.Root, "images", "", SwiftServer.Options());

        await Should.ThrowAsync<CloudletException>(() => store.ListAsync(Ct));

        server.Requests.ShouldNotBeEmpty();
        other.Requests.ShouldBeEmpty();
    }

    [Fact]
    public void Without_an_account_the_message_says_how_to_give_one() =>
        Should
            .Throw<CloudletException>(() => new S3Store(null, "images", "", new Http.StoreOptions { Environment = _ => null }))
            .Message.ShouldContain("AWS_ACCESS_KEY_ID");

    [Fact]
    public void An_account_may_be_in_a_profile()
    {
        Folder.Write(
            "credentials",
            "[default]\naws_access_key_id = one\naws_secret_access_key = a\n[lab]\naws_access_key_id=two\naws_secret_access_key=b\n"
        );
        string? Environment(string name) =>
            name switch
            {
                "AWS_SHARED_CREDENTIALS_FILE" => Folder["credentials"],
                "AWS_PROFILE" => "lab",
                _ => null,
            };

        AwsKeys.Find(new Http.StoreOptions { Environment = Environment }).Id.ShouldBe("two");
    }

    private S3Store Open(string secret) =>
        new(new Uri($"http://127.0.0.1:{_proxy.Port}"), SwiftServer.Bucket, "bases/", SwiftServer.Options(secret)) { PartLength = Part };
}
