using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Cli.Output;
using Cloudlet.Cli.Remote;
using Cloudlet.Synthesis;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet store</c>: maintenance of the store.</summary>
internal static class StoreVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("store", "The store of bases and VMs, and other stores that bases and overlays are pushed to.")
        {
            Examples =
            [
                ("cloudlet store verify", "after a disk error, or before you trust a base"),
                ("cloudlet store gc", "remove leftovers of killed commands"),
                ("cloudlet store list oci://registry.example:5000/cloudlet", "what was pushed there"),
            ],
        };
        var store = RuntimeOptions.Store();
        verb.Options.Add(store);
        verb.Options.Add(ServiceOptions.Service);
        verb.Subcommands.Add(Collect(store));
        verb.Subcommands.Add(Verify(store));
        verb.Subcommands.Add(PlaceVerbs.List());
        verb.Subcommands.Add(PlaceVerbs.Delete());
        return verb;
    }

    private static VerbCommand Collect(Option<string> store)
    {
        var verb = new VerbCommand(
            "gc",
            "Remove leftovers of killed commands, and all but the last MiB of the VMs' console logs. Bases and VMs stay."
        );
        verb.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var removed = new StoreKeeper(new RuntimeStore(parsed.GetValue(store)!)).Collect();
            foreach (var (path, bytes) in removed)
                output.WriteLine($"{(File.Exists(path) ? "shortened" : "removed")} {path} ({ByteText.Of(bytes)})");
            output.WriteLine(removed.Count == 0 ? "nothing to remove" : $"{ByteText.Of(removed.Sum(r => r.Bytes))} removed");
            return ExitCodes.Ok;
        });
        verb.OnService((client, parsed, ct) => OnServiceAsync(client, "collect", parsed, ct));
        return verb;
    }

    private static VerbCommand Verify(Option<string> store)
    {
        var verb = new VerbCommand("verify", "Verify every base by its digests, and the disk of every VM that does not run.")
        {
            Exits = [(ExitCodes.Failed, "something is damaged; the output shows what")],
        };
        var json = RuntimeOptions.Json();
        verb.Options.Add(json);
        verb.SetAction(
            (parsed, ct) =>
                TellAsync(
                    new StoreKeeper(new RuntimeStore(parsed.GetValue(store)!)).VerifyAsync(
                        new ErrorLines(parsed.InvocationConfiguration.Error),
                        ct
                    ),
                    parsed.InvocationConfiguration.Output,
                    parsed.GetValue(json)
                )
        );
        verb.OnService((client, parsed, ct) => OnServiceAsync(client, "verify", parsed, ct));
        return verb;
    }

    private static async Task<int> OnServiceAsync(
        ServiceApi.Client.ServiceClient client,
        string what,
        ParseResult parsed,
        CancellationToken ct
    )
    {
        var done = await client.RunAsync(HttpMethod.Post, $"/v1/store/{what}", parsed.InvocationConfiguration, ct);
        await parsed.InvocationConfiguration.Output.WriteLineAsync(done?.Note);
        return ExitCodes.Ok;
    }

    /// <summary>Prints results as they arrive; the exit status is 1 when something is damaged.</summary>
    public static async Task<int> TellAsync(IAsyncEnumerable<StoreFinding> findings, TextWriter output, bool json)
    {
        var damaged = 0;
        await foreach (var finding in findings)
        {
            damaged += finding.Problems.Count > 0 ? 1 : 0;
            await output.WriteLineAsync(
                json
                    ? JsonSerializer.Serialize(finding, StoreJson.Default.StoreFinding)
                    : $"{finding.Kind, -5} {finding.Id}  "
                        + $"{(finding.Problems.Count == 0 ? "well" : $"DAMAGED\n  {string.Join("\n  ", finding.Problems)}")}"
            );
        }

        return damaged == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StoreFinding))]
internal sealed partial class StoreJson : JsonSerializerContext;
