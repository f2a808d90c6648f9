using System.Net;
using Cloudlet.Service.Settings;
using Cloudlet.TestKit.Cloud;

namespace Cloudlet.Service.Tests.Access;

/// <summary>Tokens of Keystone, whose answers are those of its API documentation; tests/Lab/OpenStack has the real one.</summary>
public class KeystoneSpecs
{
    private const string Project = "3d4c2c82bd5948f0bcab0cf3a7c9b48c";

    [Theory]
    [InlineData("admin", "admin")]
    [InlineData("member", "member")]
    [InlineData("reader", "reader")]
    public async Task Its_roles_and_projects_are_kept_apart(string role, string expected)
    {
        await using var cloud = Cloud(role);
        await using var service = await RunningService.StartAsync(s => s with { Keystone = new KeystoneSettings { Url = cloud.AuthUrl } });

        using var answer = await SendAsync(service, "token-of-alice");

        var identity = await answer.JsonAsync(HttpStatusCode.OK);
        identity.GetProperty("account").GetString().ShouldBe("alice");
        identity.GetProperty("role").GetString().ShouldBe(expected);
        identity.GetProperty("way").GetString().ShouldBe("keystone");
        identity.GetProperty("project").GetString().ShouldBe($"keystone-{Project}"[..40]);
    }

    [Theory]
    [InlineData("other", 200)]
    [InlineData("member", 401)]
    [InlineData("member", 404)]
    public async Task An_account_without_a_role_and_a_token_that_it_refuses_are_refused(string role, int status)
    {
        await using var cloud = Cloud(role, status);
        await using var service = await RunningService.StartAsync(s => s with { Keystone = new KeystoneSettings { Url = cloud.AuthUrl } });

        using var answer = await SendAsync(service, "token-of-alice");

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task It_is_asked_once_a_minute_and_never_about_own_tokens()
    {
        await using var cloud = Cloud("member");
        await using var service = await RunningService.StartAsync(s => s with { Keystone = new KeystoneSettings { Url = cloud.AuthUrl } });
        for (var i = 0; i < 5; i++)
            (await SendAsync(service, "token-of-alice")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await SendAsync(service, "cl_unknown")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        cloud.Requests.Count.ShouldBe(1);
        cloud.Requests[0].Token.ShouldBe("token-of-alice");
    }

    [Fact]
    public async Task Without_it_the_answer_says_so_and_own_accounts_work()
    {
        var cloud = Cloud("member");
        var url = cloud.AuthUrl;
        await cloud.DisposeAsync();
        await using var service = await RunningService.StartAsync(s => s with { Keystone = new KeystoneSettings { Url = url } });
        var own = await service.ClientAsync("bob");

        using var refused = await SendAsync(service, "token-of-alice");
        using var served = await SendAsync(service, own.Login.Token!);

        (await refused.JsonAsync(HttpStatusCode.BadGateway)).GetProperty("detail").GetString()!.ShouldContain("keystone");
        (await refused.Content.ReadAsStringAsync()).ShouldNotContain("token-of-alice");
        served.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static FakeCloud Cloud(string role, int status = 200)
    {
        var body =
            $$$"""{"token":{"user":{"name":"alice","id":"u1"},"project":{"id":"{{{Project}}}","name":"demo"},"roles":[{"name":"{{{role}}}"}],"""
            + "\"issued_at\":\"2026-01-01T00:00:00.000000Z\",\"expires_at\":\"2100-01-01T00:00:00.000000Z\"}}";
        return new FakeCloud
        {
            Instead = request => request.Path.Contains("/auth/tokens", StringComparison.Ordinal) ? new FakeAnswer(status, body) : null,
        };
    }

    private static async Task<HttpResponseMessage> SendAsync(RunningService service, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/identity");
        request.Headers.Add("X-Auth-Token", token);
        return await service.Bare().SendAsync(request);
    }
}
