using System.Net;
using System.Text;
using Cloudlet.Service.Access;
using Cloudlet.Service.Settings;
using Cloudlet.ServiceApi.Client;
using Cloudlet.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudlet.Service.Tests;

/// <summary>A service in this process, on a unix socket and on TLS of loopback, with a folder of its own.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    private readonly TempDir _folder = new();
    private readonly List<IDisposable> _clients = [];
    private WebApplication _app;

    private RunningService(Func<ServiceSettings, ServiceSettings>? change)
    {
        var settings = new ServiceSettings
        {
            State = _folder["state"],
            Socket = _folder["run/api.sock"],
            Listen = ["https://127.0.0.1:0"],
            RequestsPerMinute = 0,
            FetchFrom = ["127.0.0.0/8"],
        };
        Settings = change?.Invoke(settings) ?? settings;
        _app = ServiceApp.Build(Settings);
    }

    public ServiceSettings Settings { get; }

    public IServiceProvider Services => _app.Services;

    public string this[string name] => _folder[name];

    /// <summary>The TLS address.</summary>
    public Uri Url => new(_app.Urls.Single(u => u.StartsWith("https://", StringComparison.Ordinal)));

    public static async Task<RunningService> StartAsync(Func<ServiceSettings, ServiceSettings>? change = null)
    {
        var service = new RunningService(change);
        await ServiceApp.StartAsync(service._app, service.Settings);
        return service;
    }

    /// <summary>Ends the service as its manager does, and starts it again on the same folder.</summary>
    public async Task RestartAsync()
    {
        await ServiceApp.StopAsync(_app);
        await _app.DisposeAsync();
        _app = ServiceApp.Build(Settings);
        await ServiceApp.StartAsync(_app, Settings);
    }

    /// <summary>A client on the unix socket: an administrator, where the tests run as root.</summary>
    public ServiceClient Socket()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "not root: on the socket, the kernel vouches for root");
        return Keep(new ServiceClient(ServiceLogin.Parse($"unix:{Settings.Socket}")));
    }

    /// <summary>A client with a token of a new account, over TLS that trusts the service's own authority.</summary>
    public async Task<ServiceClient> ClientAsync(string project, Role role = Role.Member)
    {
        var name = $"{project}-{Caller.WordOf(role)}";
        var book = Services.GetRequiredService<AccountBook>();
        if (book.List().Any(a => a.Name == name))
            book.Revoke(name);
        var (_, token) = book.Add(name, project, role, TimeSpan.FromDays(1));
        return Keep(new ServiceClient(await LoginAsync(token)));
    }

    public async Task<ServiceLogin> LoginAsync(string? token)
    {
        var login = ServiceLogin.Parse(Url.GetLeftPart(UriPartial.Authority));
        var authority = await FirstContact.AuthorityAsync(login, CancellationToken.None);
        return login with { Token = token, Authority = authority!.Pem };
    }

    /// <summary>A bare client over TLS, for requests that no client of ours would send.</summary>
    public HttpClient Bare(string? token = null)
    {
#pragma warning disable MA0039, CA5400 // the service of this test alone
        var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
#pragma warning restore MA0039, CA5400
        var http = Keep(new HttpClient(handler) { BaseAddress = Url });
        if (token is not null)
            http.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return http;
    }

    public static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            client.Dispose();
        await ServiceApp.StopAsync(_app);
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    private T Keep<T>(T client)
        where T : IDisposable
    {
        _clients.Add(client);
        return client;
    }
}

/// <summary>What answers say.</summary>
internal static class AnswerExtensions
{
    public static async Task<System.Text.Json.JsonElement> JsonAsync(this HttpResponseMessage answer, HttpStatusCode expected)
    {
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(expected, text);
        return System.Text.Json.JsonDocument.Parse(text).RootElement;
    }
}
