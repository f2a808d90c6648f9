using System.CommandLine;
using System.Diagnostics;
using Cloudlet.Cli.Output;
using Cloudlet.Cli.Remote;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Shelf;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet synthesize</c>: makes a VM from a base and an overlay.</summary>
internal static class SynthesizeVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("synthesize", "Make a VM from an overlay and its base. It continues where the overlay was created.")
        {
            Examples =
            [
                ("cloudlet synthesize app.overlay --forward 7000:7000", "port 7000 of this machine is forwarded to it"),
                ("cloudlet synthesize http://10.0.0.7:8000/app.overlay --name app", "applied while it arrives"),
            ],
            Exits =
            [
                (
                    ExitCodes.Failed,
                    "the overlay or its base is missing, the server does not send it, or this machine can't run it; nothing runs"
                ),
                (ExitCodes.Invalid, "the file is damaged, or not an overlay; nothing runs"),
            ],
        };
        var store = RuntimeOptions.Store();
        var place = new Argument<string>("OVERLAY")
        {
            Description = "A file, an http(s) URL, or the name or id of an overlay that is kept in the store.",
            HelpName = "FILE|URL|NAME",
        };
        var name = RuntimeOptions.Name("VM");
        var forwards = VmVerb.Forwards();
        var open = VmVerb.Open();
        var json = RuntimeOptions.Json();
        verb.Arguments.Add(place);
        foreach (var option in (Option[])[store, ServiceOptions.Service, name, forwards, open, json])
            verb.Options.Add(option);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var watch = Stopwatch.StartNew();
                var runtime = new RuntimeStore(parsed.GetValue(store)!);
                var synthesis = new Synthesis.Vms.SynthesisRequest
                {
                    Place = PathOf(parsed.GetValue(place)!, runtime),
                    Name = parsed.GetValue(name),
                    Forwards = [.. (parsed.GetValue(forwards) ?? []).Select(PortForward.Parse)],
                    IsOpen = parsed.GetValue(open),
                };
                var vm = await new Synthesizer(runtime).SynthesizeAsync(
                    synthesis,
                    new ErrorLines(parsed.InvocationConfiguration.Error),
                    ct
                );
                await VmVerb.TellAsync(parsed.InvocationConfiguration, vm, watch.Elapsed, parsed.GetValue(json), ct);
                return ExitCodes.Ok;
            }
        );
        verb.OnService(
            async (client, parsed, ct) =>
            {
                var console = parsed.InvocationConfiguration;
                var request = new CreateVmRequest
                {
                    Name = parsed.GetValue(name),
                    Forwards = RemoteVms.Forwards(parsed.GetValue(forwards)),
                    OpenNetwork = parsed.GetValue(open),
                };
                request = await RemoteOverlays.RequestOfAsync(client, parsed.GetValue(place)!, request, console, ct);
                return await RemoteVms.CreateAsync(client, request, console, parsed.GetValue(json), ct);
            }
        );
        return verb;
    }

    /// <summary>A file and a URL stand for themselves; anything else may be an overlay of the store.</summary>
    private static string PathOf(string place, RuntimeStore store) =>
        place.Contains("://", StringComparison.Ordinal)
        || File.Exists(place)
        || new OverlayShelf(store).List().FirstOrDefault(o => o.Name == place || o.Id == place) is not { } kept
            ? place
            : kept.Path;
}
