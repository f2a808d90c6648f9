using System.Text.Json.Nodes;
using Cloudlet.Cli.Output;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.TestKit;

namespace Cloudlet.Cli.Tests.Verbs;

/// <summary><c>overlay push|pull</c> and <c>store list|delete</c> with a folder.</summary>
public sealed class PlaceVerbSpecs : IDisposable
{
    private readonly TempDir _folder = new();

    private string Place => $"file://{_folder["images"]}";

    private string Overlay => _folder["app.overlay"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_overlay_goes_to_a_folder_and_back()
    {
        WriteOverlay();

        var pushed = await RunAsync("overlay", "push", Overlay, Place, "--name", "app", "--json");
        var again = await RunAsync("overlay", "push", Overlay, Place, "--json");
        var listed = await RunAsync("store", "list", Place, "--json");
        var pulled = await RunAsync("overlay", "pull", $"{Place}#app", _folder["copy.overlay"], "--json");
        var kept = await RunAsync("overlay", "pull", Place, "--store", _folder["store"]);

        (pushed.Exit, again.Exit, listed.Exit, pulled.Exit, kept.Exit).ShouldBe(
            (0, 0, 0, 0, 0),
            pushed.Errors + again.Errors + pulled.Errors + kept.Errors
        );
        var line = JsonNode.Parse(pushed.Output)!;
        ((string?)line["kind"], (string?)line["name"], (bool?)line["sent"]).ShouldBe(("overlay", "app", true));
        ((bool?)JsonNode.Parse(again.Output)!["sent"]).ShouldBe(false);
        ((string?)JsonNode.Parse(listed.Output)!["sha256"]).ShouldBe((string?)line["sha256"]);
        ((string?)JsonNode.Parse(pulled.Output)!["id"]).ShouldBe((string?)line["id"]);
        File.ReadAllBytes(_folder["copy.overlay"]).ShouldBe(File.ReadAllBytes(Overlay));
        kept.Output.ShouldContain("app");

        (await RunAsync("store", "delete", $"{Place}#app")).Output.ShouldContain("was deleted");
        (await RunAsync("store", "list", Place)).Output.ShouldContain("has no bases or overlays");
    }

    [Fact]
    public async Task A_store_that_sends_other_bytes_is_refused()
    {
        WriteOverlay();
        await RunAsync("overlay", "push", Overlay, Place, "--name", "app");
        var blob = Directory.GetFiles(_folder["images/blobs"]).ShouldHaveSingleItem();
        var bytes = await File.ReadAllBytesAsync(blob, TestContext.Current.CancellationToken);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(blob, bytes, TestContext.Current.CancellationToken);

        var run = await RunAsync("overlay", "pull", $"{Place}#app", _folder["copy.overlay"]);

        run.Exit.ShouldBe(ExitCodes.Invalid);
        run.Errors.ShouldContain("SHA-256");
        File.Exists(_folder["copy.overlay"]).ShouldBeFalse();
    }

    [Theory]
    [InlineData(ExitCodes.Invalid, "not a valid place", "store", "list", "nowhere")]
    [InlineData(ExitCodes.Invalid, "say which", "store", "delete", "/none")]
    [InlineData(ExitCodes.Failed, "has no item 'app'", "store", "delete", "/none#app")]
    [InlineData(ExitCodes.Invalid, "is not a name or id", "overlay", "pull", "/none#../x", "file")]
    [InlineData(ExitCodes.Invalid, "leave out what begins with #", "store", "list", "/none#app")]
    [InlineData(ExitCodes.Invalid, "do not belong into a place", "store", "list", "https://me:secret@host/")]
    [InlineData(ExitCodes.Failed, "has no base 'none'", "base", "push", "none", "/none", "--store", "/none")]
    public async Task Errors_are_reported(int exit, string problem, params string[] arguments)
    {
        var run = await RunAsync(arguments);

        run.Errors.ShouldContain(problem);
        run.Errors.ShouldNotContain("secret");
        (run.Exit, run.Output).ShouldBe((exit, ""));
    }

    private void WriteOverlay()
    {
        File.WriteAllBytes(_folder["pages"], new byte[PageSize.Bytes]);
        using var pages = new SparseFile(_folder["pages"]);
        var store = new ChangedStore(pages, []);
        new OverlayWriter(new OverlayBase(new string('a', 64), pages, pages), indexPath: null).Write(
            Overlay,
            new OverlayContent(store, store) { Devices = new byte[100], QemuVersion = "7.2.22" },
            OverlayEffort.Fast,
            null,
            CancellationToken.None
        );
    }

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (await CloudletCommand.RunAsync(arguments, output, errors), output.ToString(), errors.ToString());
    }
}
