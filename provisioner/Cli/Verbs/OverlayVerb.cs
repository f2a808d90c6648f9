using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Synthesis.Fetch;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet overlay</c>: the differences of VMs to their bases.</summary>
internal static class OverlayVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("overlay", "Overlays: what a VM differs in from its base, in one file.")
        {
            Examples = [("cloudlet overlay create one app.overlay", "cut it from a VM, which goes on"), ("cloudlet synthesize app.overlay", "on another cloudlet that has the base: the VM goes on where it was")],
        };
        verb.Subcommands.Add(Cut());
        verb.Subcommands.Add(Show());
        verb.Subcommands.Add(Verify());
        return verb;
    }

    /// <summary>Fewer bytes or less time.</summary>
    public static Option<bool> Small() => new("--small") { Description = "Spare bytes rather than time." };

    /// <summary>What <c>--small</c> means.</summary>
    public static OverlayEffort Effort(bool small) => small ? OverlayEffort.Small : OverlayEffort.Fast;

    /// <summary>What a file says of itself, and, when it was made just now, what became of the pages.</summary>
    public static void Print(TextWriter output, string file, OverlayHeader header, OverlayCounts? counts, bool json)
    {
        var line = new OverlayLine(header.Id(), header.BaseId, file, header.FileLength, header.DiskPages * PageSize.Bytes, header.MemoryPages * PageSize.Bytes, header.Literals, counts);
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(line, OverlayJson.Default.OverlayLine));
            return;
        }

        output.WriteLine($"file     {file}, {line.Bytes} bytes");
        output.WriteLine($"id       {line.Id}");
        output.WriteLine(header.BaseId == OverlayHeader.NoBase ? "base     none: this is an exported base" : $"base     {line.Base}");
        output.WriteLine($"of       a disk of {RuntimeOptions.Size(line.DiskBytes)}{(line.MemoryBytes > 0 ? $" and a memory of {RuntimeOptions.Size(line.MemoryBytes)}" : "")}");
        output.WriteLine(counts is null
            ? $"carries  {line.CarriedPages} pages of 4 KiB"
            : $"pages    {counts.Changed} changed: {counts.Zero} zero, {counts.InBase} elsewhere in the base, {counts.Repeated} like another one, {counts.Carried} carried");
    }

    private static VerbCommand Cut()
    {
        var verb = new VerbCommand("create", "Freeze a running VM, write what differs from its base, and let it go on.")
        {
            Examples = [("cloudlet overlay create one app.overlay --small --end", "fewer bytes; the VM ends when the overlay is whole"), ("cloudlet overlay create one app.overlay --trim", "without what deleted files left on its disk and in its memory")],
            Exits = [(ExitCodes.Failed, "there is no such VM, or the file can't be written; the VM goes on")],
        };
        var store = RuntimeOptions.Store();
        var which = VmVerb.Which();
        var file = new Argument<string>("FILE") { Description = "The overlay's file; one that is there is replaced." };
        var small = Small();
        var trim = new Option<bool>("--trim") { Description = "First let the guest discard the blocks of deleted files and fill its free memory with zeros; needs its guest agent." };
        var end = new Option<bool>("--end") { Description = "End the VM when the overlay is whole." };
        var json = RuntimeOptions.Json();
        verb.Arguments.Add(which);
        verb.Arguments.Add(file);
        foreach (var option in (Option[])[store, small, trim, end, json])
            verb.Options.Add(option);
        verb.SetAction(async (parsed, ct) =>
        {
            var cut = new OverlayCut { Vm = parsed.GetValue(which)!, Path = parsed.GetValue(file)!, Effort = Effort(parsed.GetValue(small)), Trims = parsed.GetValue(trim), EndsVm = parsed.GetValue(end) };
            var made = await new OverlayCutter(new RuntimeStore(parsed.GetValue(store)!)).CutAsync(cut, new ErrorLines(parsed.InvocationConfiguration.Error), ct);
            Print(parsed.InvocationConfiguration.Output, cut.Path, made.Header, made.Counts, parsed.GetValue(json));
            return ExitCodes.Ok;
        });
        return verb;
    }

    private static VerbCommand Show()
    {
        var verb = new VerbCommand("show", "Show what an overlay or an exported base says of itself; only its header is read.");
        var file = File();
        var json = RuntimeOptions.Json();
        verb.Arguments.Add(file);
        verb.Options.Add(json);
        verb.SetAction(async (parsed, ct) =>
        {
            await using var from = OverlaySource.Open(parsed.GetValue(file)!);
            Print(parsed.InvocationConfiguration.Output, parsed.GetValue(file)!, await OverlayReader.HeaderAsync(from, ct), counts: null, parsed.GetValue(json));
            return ExitCodes.Ok;
        });
        return verb;
    }

    private static VerbCommand Verify()
    {
        var verb = new VerbCommand("verify", "Check every byte of an overlay or an exported base by its digests. Its base is not needed.")
        {
            Exits = [(ExitCodes.Invalid, "it is damaged, or no overlay")],
        };
        var file = File();
        verb.Arguments.Add(file);
        verb.SetAction(async (parsed, ct) =>
        {
            await using var from = OverlaySource.Open(parsed.GetValue(file)!);
            var overlay = await OverlayReader.OpenAsync(from, ct);
            await overlay.VerifyAsync(null, ct);
            await parsed.InvocationConfiguration.Output.WriteLineAsync($"{parsed.GetValue(file)} is whole: {overlay.Header.Id()}");
            return ExitCodes.Ok;
        });
        return verb;
    }

    private static Argument<string> File() => new("FILE|URL") { Description = "The overlay: a file, or an http(s) URL." };
}

/// <summary>An overlay as one line of JSON.</summary>
internal sealed record OverlayLine(string Id, string Base, string File, long Bytes, long DiskBytes, long MemoryBytes, long CarriedPages, OverlayCounts? Pages);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OverlayLine))]
internal sealed partial class OverlayJson : JsonSerializerContext;
