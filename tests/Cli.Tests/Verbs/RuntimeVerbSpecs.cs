using System.Text.Json.Nodes;
using Cloudlet.Cli.Output;
using Cloudlet.Cli.Verbs;
using Cloudlet.Converge.Applying;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.TestKit;

namespace Cloudlet.Cli.Tests.Verbs;

/// <summary>Answers of <c>base</c> and <c>vm</c> before any machine is started.</summary>
public sealed class RuntimeVerbSpecs : IDisposable
{
    private readonly TempDir _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_empty_store_says_how_to_begin_and_prints_no_json()
    {
        (await RunAsync("base", "list")).Output.ShouldBe("no bases; `cloudlet base create IMAGE` makes one\n");
        (await RunAsync("vm", "list")).Output.ShouldBe("no VMs; `cloudlet vm resume BASE` starts one\n");
        (await RunAsync("base", "list", "--json")).ShouldBe((ExitCodes.Ok, "", ""));
        (await RunAsync("vm", "list", "--json")).ShouldBe((ExitCodes.Ok, "", ""));
        Directory.Exists(_folder["store"]).ShouldBeFalse("looking makes nothing");
    }

    [Theory]
    [InlineData(ExitCodes.Failed, "has no base 'none'", "base", "show", "none")]
    [InlineData(ExitCodes.Failed, "has no base 'none'", "vm", "resume", "none")]
    [InlineData(ExitCodes.Failed, "has no VM 'none'", "vm", "stop", "none", "--force")]
    [InlineData(ExitCodes.Invalid, "'soon' is not a valid condition", "base", "create", "none", "--until", "soon")]
    [InlineData(ExitCodes.Invalid, "'lots' is not a valid size", "base", "create", "none", "--memory", "lots")]
    [InlineData(ExitCodes.Failed, "there is no image /none", "base", "import", "/none")]
    public async Task Errors_are_reported(int exit, string problem, params string[] arguments)
    {
        var run = await RunAsync(arguments);
        run.Errors.ShouldContain(problem);
        (run.Exit, run.Output).ShouldBe((exit, ""));
    }

    [Theory]
    [InlineData("7.2.22", "devices  of QEMU 7.2.22")]
    [InlineData(null, "devices  of QEMU with the version in the base's manifest")]
    public async Task An_overlay_shows_which_qemu_wrote_its_device_state(string? version, string line)
    {
        File.WriteAllBytes(_folder["pages"], new byte[PageSize.Bytes]);
        using (var pages = new SparseFile(_folder["pages"]))
        {
            var store = new ChangedStore(pages, []);
            var content = new OverlayContent(store, store) { Devices = new byte[1], QemuVersion = version };
            new OverlayWriter(new OverlayBase(new string('a', 64), pages, pages), indexPath: null).Write(
                _folder["overlay"],
                content,
                OverlayEffort.Fast,
                null,
                CancellationToken.None
            );
        }

        var shown = await RunPlainAsync("overlay", "show", _folder["overlay"]);
        var json = await RunPlainAsync("overlay", "show", _folder["overlay"], "--json");

        (shown.Exit, json.Exit).ShouldBe((ExitCodes.Ok, ExitCodes.Ok), shown.Errors + json.Errors);
        shown.Output.Split('\n').ShouldContain(line);
        json.Output.Contains("qemuVersion", StringComparison.Ordinal).ShouldBe(version is not null);
        json.Output.Contains("\"qemuVersion\":\"7.2.22\"", StringComparison.Ordinal).ShouldBe(version is not null);
    }

    [Fact]
    public async Task A_refused_overlay_has_its_code_and_what_to_do()
    {
        File.WriteAllText(_folder["script"], $"#!/bin/sh\n{new string('#', 100)}\n");

        var shown = await RunPlainAsync("overlay", "show", _folder["script"]);

        (shown.Exit, shown.Output).ShouldBe((ExitCodes.Invalid, ""));
        shown.Errors.ShouldStartWith("refused (bad-magic): ");
        shown.Errors.ShouldContain("expected CLDLTOVL, found #!/bin/s; give a file that");
    }

    [Fact]
    public async Task A_refused_overlay_is_an_event_for_machines()
    {
        File.WriteAllText(_folder["script"], $"#!/bin/sh\n{new string('#', 100)}\n");

        foreach (
            var arguments in (string[][])
                [
                    ["overlay", "show", _folder["script"], "--json"],
                    ["synthesize", _folder["script"], "--json", "--store", _folder["store"]],
                ]
        )
        {
            var run = await RunPlainAsync(arguments);

            run.Exit.ShouldBe(ExitCodes.Invalid);
            run.Errors.ShouldContain("refused (bad-magic): ");
            var line = JsonNode.Parse(run.Output)!.AsObject();
            line.ToDictionary(p => p.Key, p => p.Value!.GetValue<string>())
                .Where(p => p.Key != "message")
                .ShouldBe(
                    new Dictionary<string, string>
                    {
                        ["event"] = "refused",
                        ["kind"] = "InvalidInput",
                        ["code"] = "bad-magic",
                        ["expected"] = "CLDLTOVL",
                        ["found"] = "#!/bin/s",
                    },
                    ignoreOrder: true
                );
            ConvergeEventJson.Parse(run.Output).ShouldBeOfType<Refused>().Message.ShouldContain("bad magic");
        }
    }

    [Fact]
    public async Task An_overlay_whose_base_is_missing_names_it()
    {
        File.WriteAllBytes(_folder["pages"], new byte[PageSize.Bytes]);
        using (var pages = new SparseFile(_folder["pages"]))
        {
            var store = new ChangedStore(pages, []);
            new OverlayWriter(new OverlayBase(new string('a', 64), pages, pages), indexPath: null).Write(
                _folder["overlay"],
                new OverlayContent(store, store) { Devices = new byte[1] },
                OverlayEffort.Fast,
                null,
                CancellationToken.None
            );
        }

        var run = await RunAsync("synthesize", _folder["overlay"], "--json");

        run.Exit.ShouldBe(ExitCodes.Failed);
        run.Errors.ShouldStartWith("refused (base-missing): ");
        var line = JsonNode.Parse(run.Output)!.AsObject();
        (line["code"]!.GetValue<string>(), line["expected"]!.GetValue<string>()).ShouldBe(("base-missing", new string('a', 64)));
        line.ContainsKey("found").ShouldBeFalse();
    }

    [Theory]
    [InlineData("512M", 512L << 20)]
    [InlineData("2G", 2L << 30)]
    public void A_size_is_a_number_and_a_unit(string text, long bytes) => RuntimeOptions.ParseSize(text).ShouldBe(bytes);

    [Theory]
    [InlineData("")]
    [InlineData("M")]
    [InlineData("512")]
    [InlineData("-1G")]
    [InlineData("99999999999G")]
    public void Anything_else_is_not_a_size(string text) => Should.Throw<CloudletException>(() => RuntimeOptions.ParseSize(text));

    private Task<(int Exit, string Output, string Errors)> RunAsync(params string[] arguments) =>
        RunPlainAsync([.. arguments, "--store", _folder["store"]]);

    private static async Task<(int Exit, string Output, string Errors)> RunPlainAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        return (await CloudletCommand.RunAsync(arguments, output, errors), output.ToString(), errors.ToString());
    }
}
