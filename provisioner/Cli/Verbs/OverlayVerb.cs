using System.CommandLine;
using Cloudlet.Cli.Output;
using Cloudlet.Cli.Remote;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Fetch;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Shelf;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet overlay</c>: the differences of VMs to their bases.</summary>
internal static class OverlayVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("overlay", "Overlays: the difference between a VM and its base, in one file.")
        {
            Examples =
            [
                ("cloudlet overlay create one app.overlay", "of a VM, which keeps running"),
                ("cloudlet synthesize app.overlay", "on another cloudlet that has the base: the VM continues from there"),
            ],
        };
        var store = RuntimeOptions.Store();
        verb.Options.Add(ServiceOptions.Service);
        verb.Subcommands.Add(Cut());
        verb.Subcommands.Add(List(store));
        verb.Subcommands.Add(Remove(store));
        verb.Subcommands.Add(PlaceVerbs.PushOverlay(store));
        verb.Subcommands.Add(PlaceVerbs.PullOverlay(store));
        verb.Subcommands.Add(Show());
        verb.Subcommands.Add(Verify());
        return verb;
    }

    /// <summary>The option for few bytes instead of little time.</summary>
    public static Option<bool> Small() => new("--small") { Description = "Make it smaller, which takes more time." };

    /// <summary>The effort for <c>--small</c>.</summary>
    public static OverlayEffort Effort(bool small) => small ? OverlayEffort.Small : OverlayEffort.Fast;

    private static VerbCommand Cut()
    {
        var verb = new VerbCommand("create", "Freeze a running VM, write the difference from its base, and resume it.")
        {
            Examples =
            [
                ("cloudlet overlay create one app.overlay --small --end", "smaller; the VM ends when the overlay is complete"),
                ("cloudlet overlay create one app.overlay --trim", "without leftovers of deleted files on its disk and in its memory"),
            ],
            Exits = [(ExitCodes.Failed, "there is no such VM, or the file can't be written; the VM keeps running")],
        };
        var store = RuntimeOptions.Store();
        var which = VmVerb.Which();
        var file = new Argument<string?>("FILE")
        {
            Description =
                "The overlay's file; an existing regular one is replaced, a device such as /dev/stdout is written to. Without it, the "
                + "overlay is kept in the store: 'overlay list' shows it.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var name = new Option<string?>("--name") { Description = "Name of an overlay that is kept.", HelpName = "NAME" };
        var small = Small();
        var trim = new Option<bool>("--trim")
        {
            Description =
                "First let the guest discard the blocks of deleted files and fill its free memory with zeros; needs its guest agent.",
        };
        var end = new Option<bool>("--end") { Description = "End the VM when the overlay is complete." };
        var json = RuntimeOptions.Json();
        verb.Arguments.Add(which);
        verb.Arguments.Add(file);
        foreach (var option in (Option[])[store, name, small, trim, end, json])
            verb.Options.Add(option);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var cut = new OverlayCreateOptions
                {
                    Vm = parsed.GetValue(which)!,
                    Path = parsed.GetValue(file) ?? "",
                    Effort = Effort(parsed.GetValue(small)),
                    Trims = parsed.GetValue(trim),
                    EndsVm = parsed.GetValue(end),
                };
                if (parsed.GetValue(file) is null)
                    return await KeepAsync(parsed, parsed.GetValue(store)!, cut, parsed.GetValue(name), parsed.GetValue(json), ct);
                var made = await new OverlayCreator(new RuntimeStore(parsed.GetValue(store)!)).CutAsync(
                    cut,
                    new ErrorLines(parsed.InvocationConfiguration.Error),
                    ct
                );
                var beside = OverlayText.Beside(cut.Path, parsed.InvocationConfiguration);
                OverlayText.Print(beside, cut.Path, new OverlaySummary(made.Header, made.QemuVersion), made.Counts, parsed.GetValue(json));
                return ExitCodes.Ok;
            }
        );
        verb.OnService(
            (client, parsed, ct) =>
            {
                var request = new CreateOverlayRequest
                {
                    Vm = parsed.GetValue(which),
                    Name = parsed.GetValue(name),
                    Small = parsed.GetValue(small),
                    Trim = parsed.GetValue(trim),
                    End = parsed.GetValue(end),
                };
                return RemoteOverlays.CreateAsync(
                    client,
                    request,
                    parsed.GetValue(file),
                    parsed.InvocationConfiguration,
                    parsed.GetValue(json),
                    ct
                );
            }
        );
        return verb;
    }

    private static async Task<int> KeepAsync(
        ParseResult parsed,
        string store,
        OverlayCreateOptions cut,
        string? name,
        bool json,
        CancellationToken ct
    )
    {
        var runtime = new RuntimeStore(store);
        var progress = new ErrorLines(parsed.InvocationConfiguration.Error);
        var kept = await new OverlayShelf(runtime).AddAsync(
            name,
            (path, stop) => new OverlayCreator(runtime).CutAsync(cut with { Path = path }, progress, stop),
            ct
        );
        RemoteOverlays.Print(parsed.InvocationConfiguration.Output, ViewOf(kept), json);
        return ExitCodes.Ok;
    }

    private static VerbCommand List(Option<string> store)
    {
        var verb = new VerbCommand("list", "Show the overlays that are kept in the store.");
        var json = RuntimeOptions.Json();
        verb.Options.Add(store);
        verb.Options.Add(json);
        verb.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var kept = new OverlayShelf(new RuntimeStore(parsed.GetValue(store)!)).List();
            foreach (var one in kept)
                RemoteOverlays.Print(output, ViewOf(one), parsed.GetValue(json));
            if (kept.Count == 0 && !parsed.GetValue(json))
                output.WriteLine("no overlays are kept; `cloudlet overlay create VM` makes one");
            return ExitCodes.Ok;
        });
        verb.OnService((client, parsed, ct) => RemoteOverlays.ListAsync(client, parsed.InvocationConfiguration, parsed.GetValue(json), ct));
        return verb;
    }

    private static VerbCommand Remove(Option<string> store)
    {
        var verb = new VerbCommand("remove", "Remove overlays that are kept in the store. VMs made from them stay.")
        {
            Exits = [(ExitCodes.Failed, "there is no such overlay")],
        };
        var which = new Argument<string[]>("OVERLAY")
        {
            Description = "Names, or the first digits of ids.",
            Arity = ArgumentArity.OneOrMore,
        };
        verb.Arguments.Add(which);
        verb.Options.Add(store);
        verb.SetAction(parsed =>
        {
            var shelf = new OverlayShelf(new RuntimeStore(parsed.GetValue(store)!));
            foreach (var one in parsed.GetValue(which)!)
                parsed.InvocationConfiguration.Output.WriteLine($"overlay {shelf.Remove(one).Id} was removed");
            return ExitCodes.Ok;
        });
        verb.OnService(
            (client, parsed, ct) => client.RemoveAsync("overlays", "overlay", parsed.GetValue(which)!, parsed.InvocationConfiguration, ct)
        );
        return verb;
    }

    /// <summary>A kept overlay, as the service shows one.</summary>
    public static OverlayView ViewOf(ShelvedOverlay o) =>
        new(o.Id, o.Digest, o.BaseId, o.Bytes, o.DiskBytes, o.MemoryBytes, o.CarriedPages, o.Created)
        {
            Name = o.Name,
            Project = o.Project,
            QemuVersion = o.QemuVersion,
        };

    private static VerbCommand Show()
    {
        var verb = new VerbCommand(
            "show",
            "Show the header of an overlay or an exported base, and which QEMU wrote its device state; only its beginning is read."
        );
        var file = File();
        var json = RuntimeOptions.Json();
        verb.Arguments.Add(file);
        verb.Options.Add(json);
        verb.SetAction(
            async (parsed, ct) =>
            {
                await using var from = OverlaySource.Open(parsed.GetValue(file)!);
                var overlay = await OverlayReader.SummaryAsync(from, ct);
                OverlayText.Print(
                    parsed.InvocationConfiguration.Output,
                    parsed.GetValue(file)!,
                    overlay,
                    counts: null,
                    parsed.GetValue(json)
                );
                return ExitCodes.Ok;
            }
        );
        return verb;
    }

    private static VerbCommand Verify()
    {
        var verb = new VerbCommand("verify", "Verify every byte of an overlay or an exported base by its digests. Its base is not needed.")
        {
            Exits = [(ExitCodes.Invalid, "it is damaged, or not an overlay")],
        };
        var file = File();
        verb.Arguments.Add(file);
        verb.SetAction(
            async (parsed, ct) =>
            {
                await using var from = OverlaySource.Open(parsed.GetValue(file)!);
                var overlay = await OverlayReader.OpenAsync(from, ct);
                await overlay.VerifyAsync(null, ct);
                await parsed.InvocationConfiguration.Output.WriteLineAsync($"{parsed.GetValue(file)} is intact: {overlay.Header.Id()}");
                return ExitCodes.Ok;
            }
        );
        return verb;
    }

    private static Argument<string> File() => new("FILE|URL") { Description = "The overlay: a file, or an http(s) URL." };
}
