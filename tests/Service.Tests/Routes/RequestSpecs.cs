using System.Net;
using Cloudlet.Service.Access;
using Cloudlet.ServiceApi.Client;
using Cloudlet.ServiceApi.Contracts;

namespace Cloudlet.Service.Tests.Routes;

public class RequestSpecs
{
    [Fact]
    public async Task Everything_that_is_wrong_with_a_vm_is_told_at_once_with_its_place()
    {
        await using var service = await RunningService.StartAsync();
        var http = await HttpAsync(service);
        var body = """{"base":"a","url":"ftp://x","name":"No","forwards":[{"host":0,"guest":22},{"host":80,"guest":0}]}""";

        using var answer = await http.PostAsync("/v1/vms", RunningService.Json(body));

        var problem = await answer.JsonAsync(HttpStatusCode.BadRequest);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        problem.GetProperty("instance").GetString().ShouldBe("/v1/vms");
        problem
            .GetProperty("errors")
            .EnumerateArray()
            .Select(e => e.GetProperty("path").GetString())
            .ShouldBe(["base", "name", "url", "forwards[1].host", "forwards[1].guest"]);
    }

    [Theory]
    [InlineData("{\"bass\":\"a\"}", "bass", "there is no such property")]
    [InlineData("{\"base\":1}", "base", "the value has the wrong type")]
    [InlineData("{\"forwards\":[{\"host\":1}]}", "forwards[0]", "a required property is missing")]
    [InlineData("null", "", "expected an object, found null")]
    [InlineData("{", "", "")]
    public async Task A_body_that_can_not_be_read_is_told_with_its_place(string body, string path, string detail)
    {
        await using var service = await RunningService.StartAsync();
        var http = await HttpAsync(service);

        using var answer = await http.PostAsync("/v1/vms", RunningService.Json(body));

        var error = (await answer.JsonAsync(HttpStatusCode.BadRequest)).GetProperty("errors")[0];
        error.GetProperty("path").GetString().ShouldBe(path);
        error.GetProperty("detail").GetString()!.ShouldContain(detail);
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", HttpStatusCode.NotFound, "no-route")]
    [InlineData("PUT", "/v1/vms", HttpStatusCode.MethodNotAllowed, "method-not-allowed")]
    [InlineData("GET", "/v1/vms/none", HttpStatusCode.NotFound, "not-found")]
    [InlineData("GET", "/v1/bases?limit=0", HttpStatusCode.BadRequest, "invalid-request")]
    [InlineData("GET", "/v1/bases?after=x", HttpStatusCode.BadRequest, "invalid-request")]
    [InlineData("DELETE", "/v1/overlays/none", HttpStatusCode.NotFound, "not-found")]
    public async Task An_error_is_a_problem_document(string method, string path, HttpStatusCode status, string code)
    {
        await using var service = await RunningService.StartAsync();
        var http = await HttpAsync(service);

        using var answer = await http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        var problem = await answer.JsonAsync(status);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        problem.GetProperty("code").GetString().ShouldBe(code);
        problem.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_resource_that_did_not_change_is_not_sent_again()
    {
        await using var service = await RunningService.StartAsync();
        var http = await HttpAsync(service);
        using var first = await http.GetAsync("/v1/bases");
        var request = new HttpRequestMessage(HttpMethod.Get, "/v1/bases");
        request.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        using var second = await http.SendAsync(request);

        second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task A_request_sent_twice_with_one_key_has_one_effect()
    {
        await using var service = await RunningService.StartAsync();
        var http = await HttpAsync(service);
        using var first = await PostAsync(http, "one", "{\"bytes\":5}");
        using var second = await PostAsync(http, "one", "{\"bytes\":5}");
        using var other = await PostAsync(http, "one", "{\"bytes\":6}");

        var (a, b) = (await first.JsonAsync(HttpStatusCode.Created), await second.JsonAsync(HttpStatusCode.Created));
        a.GetProperty("id").GetString().ShouldBe(b.GetProperty("id").GetString());
        second.Headers.GetValues("Idempotent-Replayed").ShouldBe(["true"]);
        (await other.JsonAsync(HttpStatusCode.BadRequest))
            .GetProperty("errors")[0]
            .GetProperty("path")
            .GetString()
            .ShouldBe("Idempotency-Key");
        using var list = await http.GetAsync("/v1/uploads");
        (await list.JsonAsync(HttpStatusCode.OK)).GetProperty("items").GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task A_secret_is_not_kept_to_be_told_twice()
    {
        await using var service = await RunningService.StartAsync();
        var http = await HttpAsync(service, Role.Admin);
        using var first = await PostAsync(http, "k", "{\"name\":\"dave\"}", "/v1/accounts");
        using var second = await PostAsync(http, "k", "{\"name\":\"dave\"}", "/v1/accounts");

        (await first.JsonAsync(HttpStatusCode.Created)).GetProperty("token").GetString().ShouldNotBeNullOrEmpty();
        (await second.JsonAsync(HttpStatusCode.Conflict)).GetProperty("detail").GetString()!.ShouldContain("secret");
    }

    [Fact]
    public async Task Too_many_requests_are_slowed_down()
    {
        await using var service = await RunningService.StartAsync(s => s with { RequestsPerMinute = 60 });
        var http = await HttpAsync(service);

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => http.GetAsync("/v1/identity")));

        answers.ShouldContain(a => a.StatusCode == HttpStatusCode.OK);
        var refused = answers.First(a => a.StatusCode == HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
        (await refused.JsonAsync(HttpStatusCode.TooManyRequests)).GetProperty("code").GetString().ShouldBe("too-many-requests");
    }

    [Fact]
    public async Task A_body_that_is_too_long_is_refused()
    {
        await using var service = await RunningService.StartAsync();
        var http = await HttpAsync(service);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/vms")
        {
            Content = RunningService.Json($"{{\"name\":\"{new string('x', 2 << 20)}\"}}"),
        };
        request.Headers.ExpectContinue = true; // otherwise the answer may come while the body is still being sent

        using var answer = await http.SendAsync(request);

        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData("http://127.0.0.1:9/x.overlay")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://[::1]:9/x")]
    [InlineData("http://[::ffff:127.0.0.1]:9/x")]
    [InlineData("http://0.0.0.0:9/x")]
    [InlineData("http://localhost:9/x")]
    public async Task What_only_the_host_can_reach_is_not_fetched(string url)
    {
        await using var service = await RunningService.StartAsync(s => s with { FetchFrom = [] });
        var http = await HttpAsync(service);

        using var answer = await http.PostAsync("/v1/vms", RunningService.Json($"{{\"url\":\"{url}\"}}"));
        var started = await answer.JsonAsync(HttpStatusCode.Accepted);

        var client = await service.ClientAsync("alice");
        var operation = await client.GetAsync(
            $"/v1/operations/{started.GetProperty("id").GetString()}",
            AnswerJson.Default.OperationView,
            default
        );
        var error = await Should.ThrowAsync<ServiceException>(() => client.FollowAsync(operation, new Progress<OperationView>(), default));
        error.Problem.Status.ShouldBe(403);
        error.Message.ShouldContain("nothing may be fetched from");
    }

    private static async Task<HttpClient> HttpAsync(RunningService service, Role role = Role.Member) =>
        service.Bare((await service.ClientAsync("alice", role)).Login.Token);

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, string key, string body, string path = "/v1/uploads")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = RunningService.Json(body) };
        request.Headers.Add("Idempotency-Key", key);
        return await http.SendAsync(request);
    }
}
