using System.Globalization;
using System.Text.RegularExpressions;
using Cloudlet.Service.Tests;
using Microsoft.Playwright;

namespace Cloudlet.Console.Tests;

/// <summary>Everything that a person does with a cloudlet, by the pages alone.</summary>
/// <param name="browser">The browser.</param>
[Collection(nameof(InBrowser))]
public sealed partial class ActionSpecs(Browser browser)
{
    [Fact]
    public async Task From_a_base_to_a_synthesized_vm_and_back_to_an_empty_cloudlet()
    {
        var archive = await CountingArchive.PathAsync();
        await using var service = await RunningService.StartAsync();
        await using var visit = await browser.OpenAsync(service.Url);
        await visit.SignInAsync(service, "alpha");

        await ImportAsync(visit, archive);
        await ResumeAsync(visit);
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "one", Exact = true }).ClickAsync();
        await visit.Heading("VM one").WaitForAsync();
        await CutAsync(visit);
        await SynthesizeAsync(visit);
        await PauseAsync(visit);
        await OthersSeeNothingAsync(service);
        await RemoveAsync(visit);

        await visit.FollowAsync("Operations");
        await visit.CheckAsync("operations");
        await visit.Button("Sign out").ClickAsync();
        await visit.Page.GetByLabel("Token").WaitForAsync();
        await visit.Page.GotoAsync("/console/vms");
        new Uri(visit.Page.Url).AbsolutePath.ShouldBe("/console/login");
        visit.ShouldBeClean();
    }

    [Fact(Skip = "not seen to pass yet: the WebSocket opens and sends, but the guest's answer did not appear within a minute")]
    public async Task A_person_types_into_the_console_and_sees_the_answer()
    {
        var archive = await CountingArchive.PathAsync();
        await using var service = await RunningService.StartAsync();
        await using var visit = await browser.OpenAsync(service.Url);
        await visit.SignInAsync(service, "alpha");
        await ImportAsync(visit, archive);
        await ResumeAsync(visit);
        await TypeAsync(visit);
    }

    private static async Task ImportAsync(Visit visit, string archive)
    {
        var page = visit.Page;
        await visit.FollowAsync("Bases");
        await visit.ConnectedAsync();
        await page.GetByLabel("Name").FillAsync("No!");
        await visit.Button("Import").ClickAsync();
        await page.GetByText("expected 1 to 40 lower-case letters").WaitForAsync();
        await page.GetByText("expected exactly one of upload, url, from, found none").WaitForAsync();
        (await page.GetByLabel("Name").GetAttributeAsync("aria-invalid")).ShouldBe("true");
        await visit.CheckAsync("bases-form");
        await page.GetByLabel("Name").FillAsync("counter");
        await page.GetByLabel("File", new() { Exact = true }).SetInputFilesAsync(archive);
        await page.GetByText("expected exactly one of").WaitForAsync(new() { State = WaitForSelectorState.Detached });
        await visit.Button("Import").ClickAsync();
        await visit.SucceededAsync("Import base");
        await visit.Row("counter").WaitForAsync();
        await visit.CheckAsync("bases");
    }

    private static async Task ResumeAsync(Visit visit)
    {
        var page = visit.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "Resume counter" }).ClickAsync();
        await visit.Heading("VMs").WaitForAsync();
        await page.GetByLabel("Name").FillAsync("one");
        await visit.Button("Add a port").ClickAsync();
        await page.GetByLabel("of the guest").FillAsync("7000");
        await visit.Button("Resume").ClickAsync();
        await visit.SucceededAsync("Start VM");
        await visit.Row("one").GetByText("running").WaitForAsync();
        await visit.CheckAsync("vms");
    }

    /// <summary>Types into the guest's shell, in the page.</summary>
    private static async Task TypeAsync(Visit visit)
    {
        var page = visit.Page;
        await page.GetByRole(AriaRole.Link, new() { Name = "one", Exact = true }).ClickAsync();
        await visit.Heading("VM one").WaitForAsync();
        await visit.Button("Open the console").ClickAsync();
        var screen = page.Locator(".xterm-rows");
        await screen.WaitForAsync();
        await page.Locator(".xterm-helper-textarea").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        var prompt = screen.GetByText(PromptPattern()).Last;
        await prompt.WaitForAsync();
        if (!(await screen.InnerTextAsync()).TrimEnd().EndsWith('#'))
        {
            await page.Keyboard.TypeAsync("root\n");
            await screen.GetByText("#").Last.WaitForAsync();
        }

        // The shell adds: what is typed does not contain the answer.
        await page.Keyboard.TypeAsync("echo 'the answer is' $((40 + 2)) | tr a-z A-Z; printf '\\033[38;2;1;200;3mgreen\\033[0m\\n'\n");
        await screen.GetByText("THE ANSWER IS 42").WaitForAsync();
        var green = screen.Locator("span").Filter(new() { HasTextRegex = ExactlyGreen() }).Last;
        (await green.EvaluateAsync<string>("e => getComputedStyle(e).color")).ShouldBe("rgb(1, 200, 3)");
        await visit.CheckAsync("vm-console");
        await page.Keyboard.PressAsync("Control+Alt+x");
        (await page.EvaluateAsync<string>("document.activeElement.textContent")).ShouldBe("Close the console");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Region, new() { Name = "Last lines of the console" }).GetByText("THE ANSWER IS 42").WaitForAsync();
    }

    [GeneratedRegex("#\\s*$|login:", RegexOptions.None, 1000)]
    private static partial Regex PromptPattern();

    private static async Task CutAsync(Visit visit)
    {
        var page = visit.Page;
        await page.GetByLabel("Name").FillAsync("app");
        await visit.Button("Create").ClickAsync();
        await visit.SucceededAsync("Create overlay");
        await visit.CheckAsync("vm");
        await page.GetByRole(AriaRole.Link, new() { Name = "Open the overlay" }).ClickAsync();
        await visit.Heading("Overlay app").WaitForAsync();
        var memory = page.GetByRole(AriaRole.Img, new() { NameRegex = MemoryMap() });
        await memory.WaitForAsync();
        (await memory.Locator("path.carried").GetAttributeAsync("d")).ShouldNotBeNullOrEmpty();
        var carried = await page.GetByRole(AriaRole.Row, new() { NameRegex = CarriedRow() }).Locator("td").First.InnerTextAsync();
        long.Parse(carried.Replace("\u202f", "", StringComparison.Ordinal), CultureInfo.InvariantCulture).ShouldBeGreaterThan(0);
        await visit.CheckAsync("overlay");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Download" }).ClickAsync());
        download.SuggestedFilename.ShouldBe("app.overlay");
        new FileInfo(await download.PathAsync()).Length.ShouldBeGreaterThan(0);
    }

    private static async Task SynthesizeAsync(Visit visit)
    {
        var page = visit.Page;
        await visit.FollowAsync("Overlays");
        await visit.CheckAsync("overlays");
        await page.GetByRole(AriaRole.Link, new() { Name = "Synthesize app" }).ClickAsync();
        await visit.Heading("VMs").WaitForAsync();
        await page.GetByLabel("Name").FillAsync("two");
        await visit.Button("Synthesize").ClickAsync();
        await visit.SucceededAsync("Start VM");
        await visit.Row("two").GetByText("running").WaitForAsync();
    }

    private static async Task PauseAsync(Visit visit)
    {
        await visit.Button("Pause two").ClickAsync();
        await visit.Row("two").GetByText("paused").WaitForAsync();
        await visit.Button("Continue two").ClickAsync();
        await visit.Row("two").GetByText("running").WaitForAsync();
        visit.ShouldBeClean();
    }

    /// <summary>A member of another project, and a reader of the same.</summary>
    private async Task OthersSeeNothingAsync(RunningService service)
    {
        await using var other = await browser.OpenAsync(service.Url);
        await other.SignInAsync(service, "beta");
        foreach (var (link, none) in new[] { ("VMs", "no VMs yet"), ("Overlays", "no overlays yet"), ("Bases", "no bases yet") })
        {
            await other.FollowAsync(link);
            await other.Page.GetByText(none).WaitForAsync();
        }

        await other.FollowAsync("Operations");
        await other.Page.GetByText("no operations").WaitForAsync();
        await other.GoAsync("vms/one");
        await other.Page.GetByRole(AriaRole.Alert).WaitForAsync();
        await using var reader = await browser.OpenAsync(service.Url);
        await reader.SignInAsync(service, "alpha", Cloudlet.Service.Access.Role.Reader);
        foreach (var link in (string[])["VMs", "Overlays", "Bases"])
        {
            await reader.FollowAsync(link);
            await reader.Page.GetByRole(AriaRole.Table).WaitForAsync();
            (await reader.Page.GetByRole(AriaRole.Main).GetByRole(AriaRole.Button).CountAsync()).ShouldBe(0, link);
        }
    }

    private static async Task RemoveAsync(Visit visit)
    {
        foreach (var name in (string[])["one", "two"])
            await RemoveOneAsync(visit, name);
        await visit.FollowAsync("Overlays");
        await RemoveOneAsync(visit, "app");
        await visit.FollowAsync("Bases");
        await RemoveOneAsync(visit, "counter");
        await visit.Page.GetByText("no bases yet").WaitForAsync();
    }

    private static async Task RemoveOneAsync(Visit visit, string name)
    {
        await visit.Button($"Remove {name}").ClickAsync();
        await visit.Button("Yes").ClickAsync();
        await visit.Row(name).WaitForAsync(new() { State = WaitForSelectorState.Detached });
    }

    [GeneratedRegex("^green$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ExactlyGreen();

    [GeneratedRegex("^Memory: .*% as in the base.*carried by the overlay", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MemoryMap();

    [GeneratedRegex("^carried ", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CarriedRow();
}
