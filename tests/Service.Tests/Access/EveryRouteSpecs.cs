using System.Net;
using Cloudlet.Service.Access;
using Cloudlet.Service.Console;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudlet.Service.Tests.Access;

/// <summary>Every route that the service has, with too little authority.</summary>
public class EveryRouteSpecs
{
    /// <summary>For programs, and what the console's login needs: the way to it, the page itself, styles, scripts.</summary>
    private static readonly string[] Open =
    [
        "/health/live",
        "/health/ready",
        "/v1/authority",
        "/openapi/{documentName}.json",
        "/",
        "/console/login",
        "/console/assets/{version}/{**path}",
    ];

    /// <summary>
    /// What a reader may send to the console: the end of his session, and messages of his page's circuit, which asks for his role at each
    /// change. The framework lets every page be posted to; only the login has a form that answers.
    /// </summary>
    private static bool IsForReaders(string path) =>
        path.StartsWith("/console", StringComparison.Ordinal) && !path.Contains("/uploads/", StringComparison.Ordinal);

    [Fact]
    public async Task Only_known_routes_answer_without_credentials()
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
            if (path.StartsWith("/v1/", StringComparison.Ordinal))
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
        var higher = Routes(service)
            .Where(r => r.Role is { } needed && needed > role && !r.Path.StartsWith("/console", StringComparison.Ordinal))
            .ToList();
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
        foreach (var (method, path, role) in Routes(service).Where(r => r.Method != "GET" && !IsForReaders(r.Path)))
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
                            PathOf(e),
                            e.Metadata.GetOrderedMetadata<IAuthorizeData>()
                                .Select(a =>
                                    a.Policy is { } word ? Caller.RoleOf(word.Replace("console-", "", StringComparison.Ordinal)) : null
                                )
                                .FirstOrDefault(r => r is not null)
                        )
                    )
                )
                .Distinct(),
        ];

    /// <summary>The console's routes are in a part of the service of their own, whose patterns begin there.</summary>
    private static string PathOf(RouteEndpoint route) =>
        (route.Metadata.GetMetadata<ConsoleRouteAttribute>() is null ? "/" : "/console/") + route.RoutePattern.RawText!.Trim('/')
            is var path
        && path.Length > 1
            ? path.TrimEnd('/')
            : "/";

    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, string method, string path)
    {
        using var request = new HttpRequestMessage(
            new HttpMethod(method),
            path.Replace("{documentName}", "v1", StringComparison.Ordinal)
                .Replace("{id}", "abc", StringComparison.Ordinal)
                .Replace("{Id}", "abc", StringComparison.Ordinal)
                .Replace("{version}/{**path}", "1/x.js", StringComparison.Ordinal)
                .Replace("{*Rest:nonfile}", "abc", StringComparison.Ordinal)
                .Replace("{name}", "abc", StringComparison.Ordinal)
        );
        if (method is "POST" or "PATCH")
            request.Content = RunningService.Json("{}");
        if (method is "PATCH")
            request.Content!.Headers.ContentType = new("application/octet-stream");
        return await http.SendAsync(request);
    }
}
