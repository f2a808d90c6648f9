using System.Text;
using System.Text.Json.Nodes;
using Cloudlet.Errors;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Cloud;

namespace Cloudlet.OpenStack.Tests;

/// <summary>The client against services that behave, and against some that do not.</summary>
public sealed class CloudClientSpecs : IAsyncDisposable
{
    private const string Password = "Xq7-s3cret";
    private readonly FakeCloud _cloud = new(Password);
    private readonly ManualClock _clock = new();
    private readonly CloudHttp _http = CloudHttp.Create(caFile: null);
    private string _password = Password;

    public ValueTask DisposeAsync() => _cloud.DisposeAsync();

    private CloudClient Client(string? authUrl = null) =>
        new(new CloudLogin(new Uri(authUrl ?? _cloud.AuthUrl), "admin") { Project = "admin" }, () => _password, _http, _clock);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_login_serves_all_requests()
    {
        using var client = Client();

        (await client.ListAsync("network", "/networks", "networks", Ct)).ShouldBeEmpty();
        (await client.ListAsync("identity", "/projects", "projects", Ct)).ShouldHaveSingleItem().Text("name").ShouldBe("admin");
        (await client.ProjectIdAsync(Ct)).ShouldBe(FakeCloud.AdminProject);

        _cloud.Logins.ShouldBe(1);
        _cloud
            .Requests.Select(static r => r.Path)
            .ShouldBe(["/identity/v3/auth/tokens", "/network/v2.0/networks", "/identity/v3/projects"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/v3")]
    [InlineData("/v3/")]
    public async Task The_url_of_keystone_may_have_its_version(string end)
    {
        using var client = Client($"{_cloud.Root}/identity{end}");

        (await client.ProjectIdAsync(Ct)).ShouldBe(FakeCloud.AdminProject);
    }

    [Fact]
    public async Task A_token_is_renewed_before_it_ends_and_when_it_is_refused()
    {
        using var client = Client();
        await client.ProjectIdAsync(Ct);
        _clock.Advance(TimeSpan.FromSeconds(3600 - 121));
        await client.ProjectIdAsync(Ct);
        _cloud.Logins.ShouldBe(1);
        _clock.Advance(TimeSpan.FromSeconds(2));
        await client.ListAsync("network", "/networks", "networks", Ct);
        _cloud.Logins.ShouldBe(2);

        _cloud.RevokeTokens();
        await client.ListAsync("network", "/networks", "networks", Ct);
        _cloud.Logins.ShouldBe(3);
    }

    [Fact]
    public async Task A_service_that_refuses_every_token_is_asked_twice()
    {
        _cloud.Instead = static r => r.Path.StartsWith("/network", StringComparison.Ordinal) ? new FakeAnswer(401, "{}") : null;
        using var client = Client();

        var error = await Should.ThrowAsync<CloudletException>(() => client.ListAsync("network", "/networks", "networks", Ct));

        error.Kind.ShouldBe(ErrorKind.PermissionDenied);
        _cloud.Requests.Count(static r => r.Path.StartsWith("/network", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Theory]
    [InlineData("identity", "/projects", "projects")]
    [InlineData("image", "/images", "images")]
    [InlineData("network", "/networks", "networks")]
    [InlineData("compute", "/flavors/detail", "flavors")]
    public async Task All_pages_are_read(string service, string path, string key)
    {
        _cloud.PageSize = 3;
        for (var i = 0; i < 8; i++)
            _cloud.Add(key, new JsonObject { ["name"] = $"n{i}" });
        using var client = Client();

        var names = (await client.ListAsync(service, path, key, Ct)).Select(static o => o.Text("name")).Where(static n => n != "admin");

        names.ShouldBe(["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"]);
    }

    [Fact]
    public async Task A_service_that_enters_the_catalog_later_is_found_with_a_new_token()
    {
        using var client = Client();
        _cloud.Catalog.Remove("image");
        (await client.HasAsync("image", Ct)).ShouldBeFalse();
        var error = await Should.ThrowAsync<CloudletException>(() => client.ListAsync("image", "/images", "images", Ct));
        error.Kind.ShouldBe(ErrorKind.NotFound);
        error.Message.ShouldContain("cloudServices");

        _cloud.Catalog.Add("image");
        (await client.ListAsync("image", "/images", "images", Ct)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_wrong_password_is_an_error_that_does_not_have_it()
    {
        _password = "wr0ng-one";
        using var client = Client();

        var error = await Should.ThrowAsync<CloudletException>(() => client.ProjectIdAsync(Ct));

        error.Kind.ShouldBe(ErrorKind.PermissionDenied);
        error.Message.ShouldContain("POST " + _cloud.Root);
        error.Message.ShouldContain("HTTP 401 (req-1234)");
        error.Message.ShouldContain("requires authentication");
        error.Message.ShouldContain("the file of its secret");
        error.ToString().ShouldNotContain("wr0ng");
    }

    [Theory]
    [InlineData("plain-Secret1", true)]
    [InlineData("it's \"quoted\"", false)]
    public async Task A_service_that_repeats_a_secret_does_not_bring_it_into_a_message(string secret, bool hasRest)
    {
        _cloud.Instead = r =>
            r.Method == "PATCH"
                ? new FakeAnswer(
                    400,
                    new JsonObject { ["error"] = new JsonObject { ["message"] = $"Invalid input: '{secret}' ({r.Token})" } }.ToJsonString()
                )
                : null;
        using var client = Client();
        var request = new CloudRequest(HttpMethod.Patch, "identity", "/users/1") { Body = new JsonObject(), Secrets = [secret] };

        var error = await Should.ThrowAsync<CloudletException>(() => client.SendAsync(request, Ct));

        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldNotContain(secret);
        error.Message.ShouldNotContain("quoted");
        error.Message.ShouldNotContain("token-");
        error.Message.Contains("Invalid input", StringComparison.Ordinal).ShouldBe(hasRest);
    }

    [Theory]
    [InlineData(403, "{\"forbidden\": {\"message\": \"Policy doesn't allow it\"}}", ErrorKind.PermissionDenied, "Policy doesn't allow it")]
    [InlineData(
        403,
        "{\"forbidden\": {\"message\": \"Quota exceeded for ram\"}}",
        ErrorKind.PermissionDenied,
        "A quota of the project is exceeded"
    )]
    [InlineData(
        404,
        "{\"NeutronError\": {\"type\": \"X\", \"message\": \"Network 7 could not be found\"}}",
        ErrorKind.NotFound,
        "Network 7"
    )]
    [InlineData(409, "<html><head><title>Conflict</title></head><body>In use</body></html>", ErrorKind.Obstructed, "In use")]
    [InlineData(413, "", ErrorKind.Busy, "quota")]
    [InlineData(500, "{\"computeFault\": {\"message\": \"Unexpected API Error. DBConnectionError\"}}", ErrorKind.Unreachable, "database")]
    [InlineData(503, "The Keystone service is temporarily unavailable.", ErrorKind.Unreachable, "temporarily unavailable")]
    public async Task What_a_service_says_is_in_the_message(int status, string body, ErrorKind kind, string said)
    {
        _cloud.Instead = r => r.Path.StartsWith("/network", StringComparison.Ordinal) ? new FakeAnswer(status, body) : null;
        using var client = Client();

        var error = await Should.ThrowAsync<CloudletException>(() => client.ListAsync("network", "/networks?name=x", "networks", Ct));

        error.Kind.ShouldBe(kind);
        error.Message.ShouldContain($"neutron: GET {_cloud.Root}/network/v2.0/networks?name=x");
        error.Message.ShouldContain($"HTTP {status}");
        error.Message.ShouldContain(said);
        error.Message.ShouldNotContain("<");
    }

    [Fact]
    public async Task A_keystone_that_is_away_is_not_asked_again_at_once()
    {
        using var client = Client($"http://127.0.0.1:{FakeCloud.FreePort()}/v3");
        var error = await Should.ThrowAsync<CloudletException>(() => client.ProjectIdAsync(Ct));
        error.Kind.ShouldBe(ErrorKind.Unreachable);
        error.Message.ShouldContain("connection refused; is keystone running at");

        (await Should.ThrowAsync<CloudletException>(() => client.ProjectIdAsync(Ct))).InnerException.ShouldBe(error);
        _clock.Advance(TimeSpan.FromSeconds(2));
        (await Should.ThrowAsync<CloudletException>(() => client.ProjectIdAsync(Ct))).InnerException.ShouldNotBe(error);
    }

    [Theory]
    [InlineData("GET", true)]
    [InlineData("POST", false)]
    public async Task A_request_whose_connection_ends_early_is_repeated_when_it_changes_nothing(string method, bool isRepeated)
    {
        var cut = 2;
        _cloud.Instead = r => r.Path.StartsWith("/network", StringComparison.Ordinal) && cut-- > 0 ? new FakeAnswer(0) : null;
        using var client = Client();
        var request = new CloudRequest(HttpMethod.Parse(method), "network", "/networks") { Body = method == "GET" ? null : Network() };

        if (isRepeated)
            (await client.SendAsync(request, Ct)).Items("networks").ShouldBeEmpty();
        else
            (await Should.ThrowAsync<CloudletException>(() => client.SendAsync(request, Ct))).Kind.ShouldBe(ErrorKind.Unreachable);

        _cloud.Requests.Count(static r => r.Path.StartsWith("/network", StringComparison.Ordinal)).ShouldBe(isRepeated ? 3 : 1);

        static JsonObject Network() => new() { ["network"] = new JsonObject { ["name"] = "x" } };
    }

    [Fact]
    public async Task A_redirect_gets_no_token()
    {
        await using var other = new FakeCloud();
        _cloud.Instead = r =>
            r.Path.StartsWith("/network", StringComparison.Ordinal)
                ? new FakeAnswer(302) { Headers = new() { ["Location"] = $"{other.Root}/network/v2.0/networks?x=1" } }
                : null;
        using var client = Client();

        var error = await Should.ThrowAsync<CloudletException>(() => client.ListAsync("network", "/networks", "networks", Ct));

        error.Message.ShouldContain($"redirects to {other.Root}; no token is sent there");
        other.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_next_page_on_another_server_gets_no_token()
    {
        await using var other = new FakeCloud();
        _cloud.Instead = r =>
            r.Path.StartsWith("/image", StringComparison.Ordinal)
                ? new FakeAnswer(200, $"{{\"images\": [], \"next\": \"{other.Root}/image/v2/images\"}}")
                : null;
        using var client = Client();

        (await Should.ThrowAsync<CloudletException>(() => client.ListAsync("image", "/images", "images", Ct))).Message.ShouldContain(
            "another server"
        );
        other.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_list_without_an_end_is_not_read_for_ever(bool isNew)
    {
        var page = 0;
        _cloud.Instead = r =>
            r.Path.StartsWith("/image", StringComparison.Ordinal)
                ? new FakeAnswer(200, $"{{\"images\": [{{}}], \"next\": \"/image/v2/images?marker={(isNew ? page++ : 1)}\"}}")
                : null;
        using var client = Client();

        var error = await Should.ThrowAsync<CloudletException>(() => client.ListAsync("image", "/images", "images", Ct));

        error.Kind.ShouldBe(ErrorKind.Unexpected);
        error.Message.ShouldContain("does not end");
        _cloud.Requests.Count.ShouldBeLessThan(1010);
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"networks\": 7}")]
    [InlineData("")]
    public async Task Another_answer_than_a_list_is_an_error(string body)
    {
        _cloud.Instead = r => r.Path.StartsWith("/network", StringComparison.Ordinal) ? new FakeAnswer(200, body) : null;
        using var client = Client();

        (await Should.ThrowAsync<CloudletException>(() => client.ListAsync("network", "/networks", "networks", Ct))).Kind.ShouldBe(
            ErrorKind.Unexpected
        );
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("{\"token\": 1}")]
    public async Task Another_answer_than_a_token_is_an_error(string body)
    {
        _cloud.Instead = _ => new FakeAnswer(201, body) { Headers = new() { ["X-Subject-Token"] = "t" } };
        using var client = Client();

        (await Should.ThrowAsync<CloudletException>(() => client.ProjectIdAsync(Ct))).Message.ShouldContain("expected a token");
    }

    [Fact]
    public async Task A_huge_answer_and_a_deep_one_are_refused()
    {
        using var client = Client();
        _cloud.Instead = static r =>
            r.Path.StartsWith("/network", StringComparison.Ordinal)
                ? new FakeAnswer(200, new string(' ', CloudHttp.LongestAnswer + 1))
                : null;
        (await Should.ThrowAsync<CloudletException>(() => client.ListAsync("network", "/networks", "networks", Ct))).Message.ShouldContain(
            "exceeds 16 MiB"
        );

        var deep = new StringBuilder().Append("{\"networks\":").Append('[', 10_000).Append(']', 10_000).Append('}').ToString();
        _cloud.Instead = r => r.Path.StartsWith("/network", StringComparison.Ordinal) ? new FakeAnswer(200, deep) : null;
        (await Should.ThrowAsync<CloudletException>(() => client.ListAsync("network", "/networks", "networks", Ct))).Kind.ShouldBe(
            ErrorKind.Unexpected
        );
    }

    [Fact]
    public async Task A_password_of_another_account_is_proven_without_a_project()
    {
        _cloud.Add("users", new JsonObject { ["name"] = "nova" });
        _cloud.Passwords["nova"] = "n0va";
        using var client = Client();

        (await client.IsPasswordAsync("nova", "n0va", Ct)).ShouldBeTrue();
        (await client.IsPasswordAsync("nova", "other", Ct)).ShouldBeFalse();
        _cloud.Requests[^1].Body.ShouldContain("unscoped");
    }

    [Fact]
    public void A_file_of_certificates_that_is_missing_is_named() =>
        Should.Throw<CloudletException>(() => CloudHttp.Create("/nowhere/ca.pem")).Message.ShouldContain("/nowhere/ca.pem does not exist");
}
