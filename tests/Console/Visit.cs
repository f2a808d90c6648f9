using Cloudlet.Service.Access;
using Cloudlet.Service.Tests;
using Deque.AxeCore.Playwright;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace Cloudlet.Console.Tests;

/// <summary>A person at a browser. What the browser complains about, such as a violation of the page's policy, is collected.</summary>
internal sealed class Visit : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _complaints = [];

    public Visit(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                Complain($"{message.Type}: {message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => Complain($"exception: {error}");
    }

    public IPage Page { get; }

    /// <summary>Makes an account, and signs in with its token.</summary>
    /// <returns>The token.</returns>
    public async Task<string> SignInAsync(RunningService service, string project, Role role = Role.Member)
    {
        var (_, token) = service
            .Services.GetRequiredService<AccountBook>()
            .Add($"{project}-{Caller.WordOf(role)}", project, role, TimeSpan.FromDays(1));
        await Page.GotoAsync("/console/login");
        await SendTokenAsync(token);
        await ConnectedAsync();
        return token;
    }

    public async Task SendTokenAsync(string token)
    {
        await Page.GetByLabel("Token").FillAsync(token);
        await Button("Sign in").ClickAsync();
    }

    /// <summary>Opens a page, and waits until its buttons work.</summary>
    public async Task GoAsync(string path)
    {
        await Page.GotoAsync($"/console/{path}");
        await ConnectedAsync();
    }

    /// <summary>Follows a link of the navigation.</summary>
    public async Task FollowAsync(string name)
    {
        await Page.GetByRole(AriaRole.Navigation).GetByRole(AriaRole.Link, new() { Name = name }).ClickAsync();
        await Heading(name).WaitForAsync();
    }

    public Task ConnectedAsync() => Page.Locator("main[data-connected]").WaitForAsync();

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public ILocator Heading(string name) => Page.GetByRole(AriaRole.Heading, new() { Name = name, Exact = true });

    public ILocator Row(string name) =>
        Page.GetByRole(AriaRole.Row).Filter(new() { Has = Page.GetByRole(AriaRole.Rowheader).GetByText(name) });

    /// <summary>Waits until the operation that was started last on this page has succeeded.</summary>
    public async Task SucceededAsync(string kind)
    {
        var card = Page.Locator("article.operation").Filter(new() { HasText = kind }).First;
        await card.Locator("span.state:not(.running)").WaitForAsync();
        (await card.InnerTextAsync()).ShouldContain("succeeded");
    }

    /// <summary>Nothing serious for people with other abilities, in light and dark; a screenshot of each.</summary>
    public async Task CheckAsync(string name)
    {
        foreach (var (scheme, word) in new[] { (ColorScheme.Light, "light"), (ColorScheme.Dark, "dark") })
        {
            await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await Page.ScreenshotAsync(new() { Path = Path.Combine(Browser.Screenshots, $"{name}-{word}.png"), FullPage = true });
            var found = await Page.RunAxe();
            found
                .Violations.Where(v => v.Impact is "serious" or "critical")
                .Select(v => $"{name}, {word}: {v.Id} at {string.Join(", ", v.Nodes.Select(n => n.Html))}")
                .ShouldBeEmpty();
        }

        await Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light });
        ShouldBeClean();
    }

    public void ShouldBeClean() => TakeComplaints().ShouldBeEmpty();

    /// <summary>What the browser complained about since the last call.</summary>
    public IReadOnlyList<string> TakeComplaints()
    {
        lock (_complaints)
        {
            var all = _complaints.ToList();
            _complaints.Clear();
            return all;
        }
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    private void Complain(string text)
    {
        lock (_complaints)
            _complaints.Add(text);
    }
}
