using Cloudlet.TestKit;
using Microsoft.Playwright;

namespace Cloudlet.Console.Tests;

/// <summary>A real Chromium, for all specs.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    private IPlaywright? _driver;
    private IBrowser? _browser;

    /// <summary>Screenshots of a run; not part of the repository.</summary>
    public static string Screenshots { get; } =
        Directory.CreateDirectory(Path.Combine(RepositoryFolder.Path, "artifacts/screenshots")).FullName;

    public async ValueTask InitializeAsync()
    {
        if (Program() is not { } program)
            return;
        _driver = await Playwright.CreateAsync();
        _browser = await _driver.Chromium.LaunchAsync(
            new BrowserTypeLaunchOptions
            {
                ExecutablePath = program,
                Args = ["--disable-dev-shm-usage", .. Environment.IsPrivilegedProcess ? ["--no-sandbox"] : Array.Empty<string>()],
            }
        );
    }

    /// <summary>A visit by a browser that was never here. Skips the calling test, or fails it in CI, without Chromium.</summary>
    internal async Task<Visit> OpenAsync(Uri service, int width = 1200, int height = 800)
    {
        if (_browser is null)
        {
            const string Advice = "needs a browser that is not installed: apt-get install chromium";
            Assert.SkipUnless(Environment.GetEnvironmentVariable("CI") == "true", Advice);
            Assert.Fail(Advice);
        }

        var context = await _browser!.NewContextAsync(
            new BrowserNewContextOptions
            {
                BaseURL = service.ToString(),
                IgnoreHTTPSErrors = true, // the service's own authority
                ViewportSize = new ViewportSize { Width = width, Height = height },
            }
        );
        context.SetDefaultTimeout(60_000); // an emulated guest on a busy machine
        return new Visit(context, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _driver?.Dispose();
    }

    private static string? Program() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            .SelectMany(_ => Names, static (folder, name) => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
}

/// <summary>Specs that share the browser.</summary>
[CollectionDefinition(nameof(InBrowser))]
public sealed class InBrowser : ICollectionFixture<Browser>;
