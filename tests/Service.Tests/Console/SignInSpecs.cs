using System.Net;
using System.Net.WebSockets;
using System.Text.RegularExpressions;
using Cloudlet.Service.Access;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudlet.Service.Tests.Console;

/// <summary>The console's door, without a browser.</summary>
public partial class SignInSpecs
{
    [Fact]
    public async Task The_cookie_is_for_the_console_over_TLS_and_for_no_script_and_no_other_site()
    {
        await using var service = await RunningService.StartAsync();
        using var http = Bare(service);

        using var answer = await SignInAsync(service, http, TokenOf(service));

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        answer.Headers.Location!.OriginalString.ShouldEndWith("/console/");
        var cookie = answer
            .Headers.GetValues("Set-Cookie")
            .Single(c => c.StartsWith("__Secure-cloudlet-console=", StringComparison.Ordinal));
        cookie.Split("; ").Skip(1).Order(StringComparer.Ordinal).ShouldBe(["httponly", "path=/console", "samesite=strict", "secure"]);
    }

    [Fact]
    public async Task A_wrong_token_gets_no_cookie_and_is_in_the_audit_log()
    {
        await using var service = await RunningService.StartAsync();
        using var http = Bare(service);

        using var answer = await SignInAsync(service, http, "cl_" + new string('0', 64));

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Headers.TryGetValues("Set-Cookie", out _).ShouldBeFalse();
        (await answer.Content.ReadAsStringAsync()).ShouldContain("the token is unknown, was revoked or has expired");
        (await AuditAsync(service)).ShouldContain("\"what\":\"POST /console/login\",\"result\":\"401\"");
    }

    [Fact]
    public async Task A_login_that_another_site_sent_is_refused()
    {
        await using var service = await RunningService.StartAsync();
        using var http = Bare(service);

        using var foreign = await SignInAsync(service, http, TokenOf(service), "https://other.example");
        using var without = await SignInAsync(service, http, TokenOf(service, "bob"), origin: null);

        foreign.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        without.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task The_API_does_not_accept_the_cookie_and_the_console_accepts_no_bearer_token()
    {
        await using var service = await RunningService.StartAsync();
        using var http = Bare(service);
        var token = TokenOf(service);
        var cookie = CookieOf(await SignInAsync(service, http, token));

        (await StatusAsync(http, HttpMethod.Get, "/console/", cookie)).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync(http, HttpMethod.Get, "/v1/identity", cookie)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(http, HttpMethod.Post, "/v1/uploads", cookie)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(service.Bare(token), HttpMethod.Get, "/console/account", cookie: null)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("PATCH", "/console/uploads/abc")]
    [InlineData("GET", "/console/serial/abc")]
    [InlineData("GET", "/console/files/exports/abc")]
    public async Task A_reader_sends_no_files_and_opens_no_serial_port(string method, string path)
    {
        await using var service = await RunningService.StartAsync();
        using var http = Bare(service);
        var cookie = CookieOf(await SignInAsync(service, http, TokenOf(service, role: Role.Reader)));

        (await StatusAsync(http, new HttpMethod(method), path, cookie, OriginOf(service))).ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_revoked_account_and_a_sign_out_end_the_session()
    {
        await using var service = await RunningService.StartAsync();
        using var http = Bare(service);
        var cookie = CookieOf(await SignInAsync(service, http, TokenOf(service)));
        (await StatusAsync(http, HttpMethod.Post, "/console/sign-out", cookie)).ShouldBe(HttpStatusCode.Forbidden, "without an Origin");

        service.Services.GetRequiredService<AccountBook>().Revoke("alice");

        (await StatusAsync(http, HttpMethod.Get, "/console/", cookie)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("https://other.example", HttpStatusCode.Forbidden)]
    [InlineData(null, HttpStatusCode.Forbidden)]
    [InlineData("", HttpStatusCode.NotFound)]
    public async Task The_serial_port_is_opened_for_the_services_own_page_only(string? origin, HttpStatusCode expected)
    {
        await using var service = await RunningService.StartAsync();
        using var http = Bare(service);
        var cookie = CookieOf(await SignInAsync(service, http, TokenOf(service)));
        using var socket = new ClientWebSocket();
#pragma warning disable CA5359 // the service of this test alone
        socket.Options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("Cookie", cookie);
        if (origin is not null)
            socket.Options.SetRequestHeader("Origin", origin.Length == 0 ? OriginOf(service) : origin);

        await Should.ThrowAsync<WebSocketException>(() =>
            socket.ConnectAsync(new UriBuilder(service.Url) { Scheme = "wss", Path = "/console/serial/none" }.Uri, default)
        );

        socket.HttpStatusCode.ShouldBe(expected);
    }

    [Fact]
    public async Task Pages_have_a_strict_policy_and_files_are_kept_and_compressed()
    {
        await using var service = await RunningService.StartAsync();
        using var http = Bare(service);
        using var page = await http.GetAsync("/console/login");
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        foreach (
            var part in (string[])
                ["default-src 'self'", "script-src 'self';", "object-src 'none'", "frame-ancestors 'none'", "base-uri 'self'"]
        )
            policy.ShouldContain(part);
        policy.ShouldNotContain("unsafe");
        var html = await page.Content.ReadAsStringAsync();
        var style = StylePattern().Match(html).Groups["path"].Value;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/console/{style}");
        request.Headers.AcceptEncoding.ParseAdd("gzip, br");

        using var file = await http.SendAsync(request);

        file.Content.Headers.ContentEncoding.ShouldBe(["br"]);
        file.Headers.CacheControl!.ToString().ShouldContain("immutable");
        html.ShouldNotContain("<script>");
        using var old = await http.GetAsync("/console/assets/0000000000000000/console.css");
        old.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Keys_of_cookies_are_for_the_service_alone_and_outlive_it()
    {
        await using var service = await RunningService.StartAsync();
        using var http = Bare(service);
        var cookie = CookieOf(await SignInAsync(service, http, TokenOf(service)));
        var folder = Path.Combine(service.Settings.State, "console-keys");
        const UnixFileMode Others = (UnixFileMode)0b111_111;
        (File.GetUnixFileMode(folder) & Others).ShouldBe(UnixFileMode.None);
        foreach (var file in Directory.EnumerateFiles(folder))
            (File.GetUnixFileMode(file) & Others).ShouldBe(UnixFileMode.None, file);

        await service.RestartAsync();

        using var again = Bare(service);
        (await StatusAsync(again, HttpMethod.Get, "/console/", cookie)).ShouldBe(HttpStatusCode.OK);
    }

#pragma warning disable MA0039, CA5400 // the service of this test alone
    private static HttpClient Bare(RunningService service) =>
        new(
            new HttpClientHandler
            {
                ServerCertificateCustomValidationCallback = (_, _, _, _) => true,
                AllowAutoRedirect = false,
                UseCookies = false,
            }
        )
        {
            BaseAddress = service.Url,
        };
#pragma warning restore MA0039, CA5400

    private static string TokenOf(RunningService service, string name = "alice", Role role = Role.Member) =>
        service.Services.GetRequiredService<AccountBook>().Add(name, name, role, TimeSpan.FromDays(1)).Token;

    private static string OriginOf(RunningService service) => service.Url.GetLeftPart(UriPartial.Authority);

    private static Task<HttpResponseMessage> SignInAsync(RunningService service, HttpClient http, string token) =>
        SignInAsync(service, http, token, OriginOf(service));

    private static async Task<HttpResponseMessage> SignInAsync(RunningService service, HttpClient http, string token, string? origin)
    {
        using var page = await http.GetAsync("/console/login");
        var form = FieldPattern().Match(await page.Content.ReadAsStringAsync()).Groups["value"].Value;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/console/login");
        request.Headers.Add("Cookie", CookieOf(page));
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        request.Content = new FormUrlEncodedContent([
            new("_handler", "sign-in"),
            new("__RequestVerificationToken", form),
            new("Token", token),
        ]);
        return await http.SendAsync(request);
    }

    private static string CookieOf(HttpResponseMessage answer) =>
        string.Join("; ", answer.Headers.GetValues("Set-Cookie").Select(c => c.Split(';')[0]));

    private static async Task<HttpStatusCode> StatusAsync(
        HttpClient http,
        HttpMethod method,
        string path,
        string? cookie,
        string? origin = null
    )
    {
        using var request = new HttpRequestMessage(method, path);
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<string> AuditAsync(RunningService service)
    {
        await using var file = new FileStream(
            Path.Combine(service.Settings.State, "audit.jsonl"),
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite
        );
        return await new StreamReader(file).ReadToEndAsync();
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<value>[^\"]+)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FieldPattern();

    [GeneratedRegex("href=\"(?<path>assets/[0-9a-f]+/console\\.css)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StylePattern();
}
