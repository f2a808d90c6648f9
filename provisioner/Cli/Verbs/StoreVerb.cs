using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet store</c>: care for bases and VMs.</summary>
internal static class StoreVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("store", "The store of bases and VMs.")
        {
            Examples = [("cloudlet store verify", "after a disk error, or before a base is trusted"), ("cloudlet store gc", "what killed commands left behind")],
        };
        var store = RuntimeOptions.Store();
        verb.Options.Add(store);
        verb.Subcommands.Add(Collect(store));
        verb.Subcommands.Add(Verify(store));
        return verb;
    }

    private static VerbCommand Collect(Option<string> store)
    {
        var verb = new VerbCommand("gc", "Remove what killed commands have left in the making, and what VMs wrote to their consoles before the last MiB. Bases and VMs stay.");
        verb.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var removed = new StoreKeeper(new RuntimeStore(parsed.GetValue(store)!)).Collect();
            foreach (var (path, bytes) in removed)
                output.WriteLine($"{(File.Exists(path) ? "shortened" : "removed")} {path} ({RuntimeOptions.Size(bytes)})");
            output.WriteLine(removed.Count == 0 ? "nothing to remove" : $"{RuntimeOptions.Size(removed.Sum(r => r.Bytes))} removed");
            return ExitCodes.Ok;
        });
        return verb;
    }

    private static VerbCommand Verify(Option<string> store)
    {
        var verb = new VerbCommand("verify", "Check every base by its digests, and the disk of every VM that does not run.") { Exits = [(ExitCodes.Failed, "something is damaged; what, is said")] };
        var json = RuntimeOptions.Json();
        verb.Options.Add(json);
        verb.SetAction(async (parsed, ct) =>
        {
            var (output, damaged) = (parsed.InvocationConfiguration.Output, 0);
            await foreach (var finding in new StoreKeeper(new RuntimeStore(parsed.GetValue(store)!)).VerifyAsync(new ErrorLines(parsed.InvocationConfiguration.Error), ct))
            {
                damaged += finding.Problems.Count > 0 ? 1 : 0;
                await output.WriteLineAsync(parsed.GetValue(json)
                    ? JsonSerializer.Serialize(finding, StoreJson.Default.StoreFinding)
                    : $"{finding.Kind,-5} {finding.Id}  {(finding.Problems.Count == 0 ? "well" : $"DAMAGED\n  {string.Join("\n  ", finding.Problems)}")}");
            }

            return damaged == 0 ? ExitCodes.Ok : ExitCodes.Failed;
        });
        return verb;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StoreFinding))]
internal sealed partial class StoreJson : JsonSerializerContext;
