using System.Net;
using System.Text.Json;
using Cloudlet.Errors;

namespace Cloudlet.Collect.Tests;

/// <summary>Where the services are, and the account for them.</summary>
public sealed class CloudAccessSpecs
{
    private const string Catalog = """
        {"token": {"catalog": [
          {"type": "compute", "endpoints": [{"interface": "public", "url": "http://public:8774/v2.1/"}, {"interface": "internal", "url": "http://inside:8774/v2.1"}]},
          {"type": "placement", "endpoints": [{"interface": "public", "url": "http://public:8778/"}]},
          {"type": "odd"}]}}
        """;

    private static readonly Dictionary<string, string> Account = new()
    {
        ["OS_AUTH_URL"] = "http://keystone:5000/v3/",
        ["OS_USERNAME"] = "admin",
        ["OS_PASSWORD"] = "ge\"heim",
        ["OS_PROJECT_NAME"] = "ops",
    };

    [Fact]
    public async Task Keystone_gives_a_token_and_the_internal_endpoints()
    {
        using var keystone = new Keystone(HttpStatusCode.Created, Catalog);
        using var client = new HttpClient(keystone);

        var access = await CloudAccess.LogInAsync(
            Account.GetValueOrDefault,
            isWithoutKeystone: false,
            client,
            TestContext.Current.CancellationToken
        );

        (access with { Catalog = [] }).ShouldBe(
            new CloudAccess("t0ken", new Uri("http://inside:8774/v2.1"), new Uri("http://public:8778"), Network: null) { Catalog = [] }
        );
        keystone.Asked.ShouldBe("http://keystone:5000/v3/auth/tokens");
        var user = JsonSerializer
            .Deserialize<JsonElement>(keystone.Body!)
            .GetProperty("auth")
            .GetProperty("identity")
            .GetProperty("password")
            .GetProperty("user");
        user.GetProperty("password").GetString().ShouldBe("ge\"heim");
        user.GetProperty("domain").GetProperty("name").GetString().ShouldBe("Default");
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, "{}", ErrorKind.PermissionDenied)]
    [InlineData(HttpStatusCode.Created, "no json", ErrorKind.Unexpected)]
    [InlineData(HttpStatusCode.Created, "{\"token\": {\"catalog\": []}}", ErrorKind.NotFound)]
    public async Task Any_other_answer_of_keystone_is_an_error_without_the_password(HttpStatusCode status, string body, ErrorKind kind)
    {
        using var keystone = new Keystone(status, body);
        using var client = new HttpClient(keystone);

        var error = await Should.ThrowAsync<CloudletException>(() =>
            CloudAccess.LogInAsync(Account.GetValueOrDefault, isWithoutKeystone: false, client, TestContext.Current.CancellationToken)
        );

        error.Kind.ShouldBe(kind);
        error.Message.ShouldNotContain("heim");
    }

    [Fact]
    public async Task Without_an_account_the_missing_variables_are_named_unless_there_is_no_keystone()
    {
        using var client = new HttpClient(new Keystone(HttpStatusCode.OK, ""));

        (
            await Should.ThrowAsync<CloudletException>(() =>
                CloudAccess.LogInAsync(_ => null, isWithoutKeystone: false, client, TestContext.Current.CancellationToken)
            )
        ).Message.ShouldContain("OS_AUTH_URL");
        (
            await CloudAccess.LogInAsync(_ => null, isWithoutKeystone: true, client, TestContext.Current.CancellationToken)
        ).Compute.IsLoopback.ShouldBeTrue();
    }

    private sealed class Keystone(HttpStatusCode status, string body) : HttpMessageHandler
    {
        public string? Asked { get; private set; }

        public string? Body { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked = request.RequestUri!.ToString();
            Body = await request.Content!.ReadAsStringAsync(cancellationToken);
            var answer = new HttpResponseMessage(status)
            {
                Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json"),
            };
            answer.Headers.Add("X-Subject-Token", "t0ken");
            return answer;
        }
    }
}
