using System.Net;
using Cloudlet.Service.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudlet.Service.Tests.Access;

/// <summary>Every route that the service has, with too little authority.</summary>
public class EveryRouteSpecs
{
    private static readonly string[] Open = ["/health/live", "/health/ready", "/v1/authority", "/openapi/{documentName}.json"];

    [Fact]
    public async Task Only_four_routes_answer_without_credentials()
    {
        await using var service = await RunningService.StartAsync();
        var bare = service.Bare();
        foreach (var (method, path, _) in Routes(service))
        {
            using var answer = await SendAsync(bare, method, path);
            if (!Open.Contains(path))
                answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, $"{method} {path}");
        }

        Routes(service).Where(r => Open.Contains(r.Path)).Select(r => r.Path).Distinct().Count().ShouldBe(Open.Length);
    }

    [Fact]
    public async Task A_wrong_token_is_refused_everywhere()
    {
        await using var service = await RunningService.StartAsync();
        var bare = service.Bare("cl_" + new string('0', 64));
        foreach (var (method, path, _) in Routes(service).Where(r => !Open.Contains(r.Path)))
        {
            using var answer = await SendAsync(bare, method, path);
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, $"{method} {path}");
            answer.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
        }
    }

    [Theory]
    [InlineData(Role.Reader)]
    [InlineData(Role.Member)]
    public async Task A_role_reaches_no_route_of_a_higher_one(Role role)
    {
        await using var service = await RunningService.StartAsync();
        var (_, token) = service.Services.GetRequiredService<AccountBook>().Add("low", "low", role, TimeSpan.FromDays(1));
        var bare = service.Bare(token);
        var higher = Routes(service).Where(r => r.Role is { } needed && needed > role).ToList();
        higher.ShouldNotBeEmpty();
        foreach (var (method, path, _) in higher)
        {
            using var answer = await SendAsync(bare, method, path);
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden, $"{method} {path}");
        }
    }

    [Fact]
    public async Task Every_change_needs_a_member()
    {
        await using var service = await RunningService.StartAsync();
        foreach (var (method, path, role) in Routes(service).Where(r => r.Method != "GET"))
            ((role ?? Role.Reader) >= Role.Member).ShouldBeTrue($"{method} {path}");
    }

    private static IReadOnlyList<(string Method, string Path, Role? Role)> Routes(RunningService service) =>
        [
            .. service
                .Services.GetServices<EndpointDataSource>()
                .SelectMany(s => s.Endpoints)
                .OfType<RouteEndpoint>()
                .SelectMany(e =>
                    (e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(m =>
                        (
                            m,
                            "/" + e.RoutePattern.RawText!.Trim('/'),
                            e.Metadata.GetOrderedMetadata<IAuthorizeData>()
                                .Select(a => a.Policy is { } word ? Caller.RoleOf(word) : null)
                                .FirstOrDefault(r => r is not null)
                        )
                    )
                )
                .Distinct(),
        ];

    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, string method, string path)
    {
        using var request = new HttpRequestMessage(
            new HttpMethod(method),
            path.Replace("{documentName}", "v1", StringComparison.Ordinal)
                .Replace("{id}", "abc", StringComparison.Ordinal)
                .Replace("{name}", "abc", StringComparison.Ordinal)
        );
        if (method is "POST" or "PATCH")
            request.Content = RunningService.Json("{}");
        if (method is "PATCH")
            request.Content!.Headers.ContentType = new("application/octet-stream");
        return await http.SendAsync(request);
    }
}
