using System.Text;
using Cloudlet.Errors;
using Cloudlet.Stores.Http;
using Cloudlet.Stores.Items;
using Cloudlet.Stores.Oci;
using Cloudlet.Stores.Tests.Servers;
using Cloudlet.TestKit;

namespace Cloudlet.Stores.Tests;

/// <summary>Logins to registries: tokens, and servers that try to get the password.</summary>
public sealed class RegistryLoginSpecs(TokenRegistry registry) : IClassFixture<TokenRegistry>, IDisposable
{
    private readonly TempDir _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_token_is_asked_for_with_the_account_and_for_what_is_done()
    {
        Assert.SkipWhen(registry.Problem is not null, registry.Problem ?? "");
        using var store = new OciStore(new Uri($"http://127.0.0.1:{registry.Port}"), "cloudlet", Options(registry.Port));
        var content = "an overlay"u8.ToArray();
        var item = new StoredItem(
            ItemKey.Of(ItemKind.Base, new string('a', 64), "counter"),
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content)),
            content.Length
        );

        await store.WriteAsync(item, _ => Task.FromResult<Stream>(new MemoryStream(content)), progress: null, Ct);
        (await store.ListAsync(Ct)).ShouldBe([item.Key]);
        (await store.RemoveAsync(item, Ct)).ShouldBeTrue();

        registry.Scopes.ShouldContain(s => s.StartsWith("repository:cloudlet:", StringComparison.Ordinal) && s.Contains("push"));
    }

    [Fact]
    public async Task A_wrong_password_gets_no_token()
    {
        Assert.SkipWhen(registry.Problem is not null, registry.Problem ?? "");
        using var store = new OciStore(new Uri($"http://127.0.0.1:{registry.Port}"), "cloudlet", Options(registry.Port, "Wr0ng-s3cret"));

        var error = await Should.ThrowAsync<CloudletException>(() => store.ListAsync(Ct));

        error.Kind.ShouldBe(ErrorKind.PermissionDenied);
        error.Message.ShouldNotContain("Wr0ng-s3cret");
    }

    [Fact]
    public async Task The_storage_behind_a_redirect_gets_no_password()
    {
        await using var storage = new ScriptedWeb
        {
            Script = async c =>
            {
                await ScriptedWeb.SendAsync(c, "content"u8.ToArray());
                return true;
            },
        };
        await using var fake = new ScriptedWeb();
        fake.Script = context =>
        {
            if (context.Request.Headers["Authorization"] is null)
            {
                context.Response.StatusCode = 401;
                context.Response.AddHeader("WWW-Authenticate", "Basic realm=\"x\"");
            }
            else
            {
                context.Response.StatusCode = 307;
                context.Response.AddHeader("Location", new Uri(storage.Root, "blob?signature=abc").ToString());
            }

            context.Response.Close();
            return Task.FromResult(true);
        };
        using var store = new OciStore(fake.Root, "cloudlet", Options(fake.Root.Port));
        var item = new StoredItem(ItemKey.Of(ItemKind.Base, new string('a', 64), null), new string('c', 64), 7);

        await using var stream = await store.ReadAsync(item, 0, Ct);
        using var reader = new StreamReader(stream);
        (await reader.ReadToEndAsync(Ct)).ShouldBe("content");

        fake.Requests.ShouldContain(r => r.Authorization != null);
        storage.Requests.ShouldHaveSingleItem().Authorization.ShouldBeNull();
    }

    [Fact]
    public async Task An_upload_at_another_server_gets_no_password()
    {
        await using var other = new ScriptedWeb();
        await using var fake = new ScriptedWeb();
        fake.Script = context =>
        {
            var isKnown = context.Request.Headers["Authorization"] is not null;
            context.Response.StatusCode =
                !isKnown ? 401
                : context.Request.HttpMethod == "POST" ? 202
                : 404;
            context.Response.AddHeader(isKnown ? "Location" : "WWW-Authenticate", isKnown ? $"{other.Root}upload" : "Basic realm=\"x\"");
            context.Response.Close();
            return Task.FromResult(true);
        };
        using var store = new OciStore(fake.Root, "cloudlet", Options(fake.Root.Port));
        var item = new StoredItem(ItemKey.Of(ItemKind.Base, new string('a', 64), null), new string('c', 64), 7);

        await Should.ThrowAsync<CloudletException>(() =>
            store.WriteAsync(item, _ => Task.FromResult<Stream>(new MemoryStream(new byte[7])), progress: null, Ct)
        );

        other.Requests.ShouldNotBeEmpty();
        other.Requests.ShouldAllBe(r => r.Authorization == null);
    }

    [Fact]
    public async Task A_login_without_tls_elsewhere_gets_no_password()
    {
        await using var fake = new ScriptedWeb();
        fake.Script = context =>
        {
            context.Response.StatusCode = 401;
            context.Response.AddHeader("WWW-Authenticate", "Bearer realm=\"http://192.0.2.1/token\",service=\"x\"");
            context.Response.Close();
            return Task.FromResult(true);
        };
        using var store = new OciStore(fake.Root, "cloudlet", Options(fake.Root.Port));

        (await Should.ThrowAsync<CloudletException>(() => store.ListAsync(Ct))).Message.ShouldContain("without TLS");
    }

    [Theory]
    [InlineData("""{"auths": {"registry.example": {"username": "me", "password": "x"}}}""", true)]
    [InlineData("""{"auths": {"https://registry.example/v1/": {"auth": "bWU6eA=="}}}""", true)]
    [InlineData("""{"auths": {"other.example": {"auth": "bWU6eA=="}}, "credsStore": "desktop"}""", false)]
    [InlineData("{}", false)]
    public void An_account_is_read_from_the_file_of_docker(string json, bool isFound)
    {
        _folder.Write("config.json", json);

        var account = RegistryAccount.Find(
            "registry.example",
            new StoreOptions { Environment = n => n == "DOCKER_CONFIG" ? _folder.Path : null }
        );

        account?.Basic.ShouldBe("bWU6eA==");
        (account is not null).ShouldBe(isFound);
    }

    private StoreOptions Options(int port, string password = DockerRegistry.Password)
    {
        var account = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{DockerRegistry.User}:{password}"));
        _folder.Write("config.json", $$$"""{"auths": {"127.0.0.1:{{{port}}}": {"auth": "{{{account}}}"} } }""");
        return new StoreOptions { Environment = n => n == "DOCKER_CONFIG" ? _folder.Path : null };
    }
}
