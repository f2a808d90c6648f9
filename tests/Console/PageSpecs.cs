using System.Text.Json;
using Cloudlet.Service.Access;
using Cloudlet.Service.Tests;
using Cloudlet.Service.Work;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudlet.Console.Tests;

/// <summary>The pages without VMs.</summary>
/// <param name="browser">The browser.</param>
[Collection(nameof(InBrowser))]
public sealed class PageSpecs(Browser browser)
{
    private const int MostBytes = 400_000;

    private const string Health = """
        {"host":"edge1","written":"2026-12-01T10:00:00Z","hold":null,
         "resources":[
          {"id":"link:cloudlet0","state":"ok","since":"2026-12-01T09:00:00Z","lastHeal":"2026-12-01T09:59:00Z","heals":2,"failures":0},
          {"id":"unit:nginx.service","state":"given-up","because":"it fails","since":"2026-12-01T09:30:00Z","heals":0,"failures":3},
          {"id":"file:/etc/motd","state":"ok","heals":0,"failures":0}],
         "alarms":[{"kind":"gave-up","subject":"unit:nginx.service","message":"it failed three times","raised":"2026-12-01T09:31:00Z"}]}
        """;

    [Fact]
    public async Task A_wrong_token_is_refused_and_a_right_one_leads_to_the_page_that_was_wanted()
    {
        await using var service = await RunningService.StartAsync();
        await using var visit = await browser.OpenAsync(service.Url);
        await visit.Page.GotoAsync("/console/bases");
        await visit.CheckAsync("login");
        await visit.SendTokenAsync("cl_" + new string('0', 64));
        await visit.Page.GetByText("the token is unknown, was revoked or has expired").WaitForAsync();
        visit.TakeComplaints().ShouldAllBe(c => c.Contains("401", StringComparison.Ordinal));
        var (_, token) = service.Services.GetRequiredService<AccountBook>().Add("eve", "eve", Role.Member, TimeSpan.FromDays(1));

        await visit.SendTokenAsync(token);

        await visit.Heading("Bases").WaitForAsync();
        visit.Page.Url.ShouldNotContain(token);
        visit.ShouldBeClean();
    }

    [Fact]
    public async Task The_overview_has_the_host_and_its_health()
    {
        await using var service = await RunningService.StartAsync();
        await File.WriteAllTextAsync(service["status.json"], Health);
        service.Services.GetRequiredService<HostWork>().HealthFile = service["status.json"];
        await using var visit = await browser.OpenAsync(service.Url);
        await visit.SignInAsync(service, "alpha");

        await visit.Page.GetByText("2 of 3 described resources are as described").WaitForAsync();

        (await visit.Row("unit:nginx.service").InnerTextAsync()).ShouldContain("given-up");
        await visit.Page.GetByText("it failed three times").WaitForAsync();
        await visit.CheckAsync("overview");
        await visit.FollowAsync("Account");
        await visit.Page.GetByText("0 of 10").WaitForAsync();
        await visit.CheckAsync("account");
        await visit.Page.GotoAsync("/console/no-such-page"); // it does nothing, so it is not connected
        await visit.Heading("Not found").WaitForAsync();
        await visit.CheckAsync("not-found");
    }

    [Fact]
    public async Task A_page_ends_soon_after_its_account_is_revoked()
    {
        await using var service = await RunningService.StartAsync();
        await using var visit = await browser.OpenAsync(service.Url);
        await visit.SignInAsync(service, "alpha");
        await visit.FollowAsync("VMs");

        service.Services.GetRequiredService<AccountBook>().Revoke("alpha-member");

        await visit.Page.WaitForURLAsync("**/console/login", new() { Timeout = 15_000 });
    }

    [Fact]
    public async Task Pages_fit_on_a_phone_and_are_used_with_the_keyboard()
    {
        await using var service = await RunningService.StartAsync();
        await using var visit = await browser.OpenAsync(service.Url, width: 360, height: 740);
        await visit.SignInAsync(service, "alpha");
        foreach (var page in (string[])["", "bases", "vms", "overlays", "operations", "account"])
        {
            await visit.GoAsync(page);
            (await visit.Page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(360, page);
        }

        await visit.GoAsync("bases");
        await visit.Page.ScreenshotAsync(new() { Path = Path.Combine(Browser.Screenshots, "phone.png") });
        await visit.Page.EvaluateAsync("document.activeElement.blur()"); // Blazor gives a page's heading the focus
        await visit.Page.GetByText("Skip to the content").PressAsync("Enter");
        await visit.Page.Keyboard.PressAsync("Tab");
        (await visit.Page.EvaluateAsync<string>("document.activeElement.tagName")).ShouldBe("SELECT");
        visit.ShouldBeClean();
    }

    [Fact]
    public async Task The_first_load_is_small()
    {
        await using var service = await RunningService.StartAsync();
        await using var visit = await browser.OpenAsync(service.Url);
        await visit.SignInAsync(service, "alpha");
        var wire = await visit.Page.Context.NewCDPSessionAsync(visit.Page);
        var bytes = 0.0;
        wire.Event("Network.loadingFinished").OnEvent += (_, e) =>
        {
            if (e is { } data && data.TryGetProperty("encodedDataLength", out var length))
                bytes += length.GetDouble();
        };
        await wire.SendAsync("Network.enable");
        await wire.SendAsync("Network.setCacheDisabled", new Dictionary<string, object> { ["cacheDisabled"] = true });

        await visit.GoAsync("");

        var took = await visit.Page.EvaluateAsync<JsonElement>("performance.getEntriesByType('navigation')[0].toJSON()");
        TestContext.Current.SendDiagnosticMessage(
            $"first load: {bytes:0} bytes over the wire; the document was complete after {took.GetProperty("domComplete").GetDouble():0} ms"
        );
        bytes.ShouldBeInRange(1_000, MostBytes);
    }
}
