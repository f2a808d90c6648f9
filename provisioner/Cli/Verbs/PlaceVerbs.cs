using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Cli.Output;
using Cloudlet.Cli.Remote;
using Cloudlet.Errors;
using Cloudlet.Stores.Http;
using Cloudlet.Stores.Items;
using Cloudlet.Stores.Places;
using Cloudlet.Stores.Transfers;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Shelf;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Cli.Verbs;

/// <summary>Verbs for stores of bases and overlays: <c>push</c>, <c>pull</c>, <c>store list</c>, <c>store delete</c>.</summary>
internal static class PlaceVerbs
{
    private static readonly (int Code, string Meaning)[] Exits =
    [
        (ExitCodes.Failed, "the store can't be reached or refuses the account, or there is no such item"),
        (ExitCodes.Invalid, "the place is not valid, or the store sent other bytes than it promised; nothing was kept"),
    ];

    /// <summary><c>base push</c>.</summary>
    public static VerbCommand PushBase(Option<string> store)
    {
        var verb = new VerbCommand("push", "Send a base to a store, unless the store has it already.")
        {
            Examples =
            [
                (
                    "cloudlet base push counter oci://registry.example:5000/cloudlet",
                    "to an OCI registry, with the account of 'docker login'"
                ),
                ("cloudlet base push counter s3://images/bases --small", "to a bucket, with fewer bytes and more time"),
                ("cloudlet base push counter /mnt/usb", "to a folder"),
            ],
            Exits = Exits,
        };
        var which = BaseVerb.Which();
        var (place, name, replace, small, insecure, json) = (
            Place("PLACE"),
            Name(),
            Replace(),
            OverlayVerb.Small(),
            Insecure(),
            RuntimeOptions.Json()
        );
        verb.Arguments.Add(which);
        verb.Arguments.Add(place);
        foreach (var option in (Option[])[name, replace, small, insecure, json])
            verb.Options.Add(option);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var runtime = new RuntimeStore(parsed.GetValue(store)!);
                var vm = new BaseCatalog(runtime).Get(parsed.GetValue(which)!);
                using var to = OpenWhole(parsed.GetValue(place)!, parsed.GetValue(insecure));
                var pushed = await new BaseTransfer(runtime, to, Lines(parsed)).PushAsync(
                    vm,
                    parsed.GetValue(name),
                    parsed.GetValue(replace),
                    OverlayVerb.Effort(parsed.GetValue(small)),
                    ct
                );
                Print(parsed, to.Place, pushed, parsed.GetValue(json));
                return ExitCodes.Ok;
            }
        );
        NotOnService(verb);
        return verb;
    }

    /// <summary><c>base pull</c>.</summary>
    public static VerbCommand PullBase(Option<string> store)
    {
        var verb = new VerbCommand(
            "pull",
            "Fetch a base from a store and import it. It is verified as it arrives, and has the same id here."
        )
        {
            Examples =
            [
                ("cloudlet base pull oci://registry.example:5000/cloudlet#counter", "by its name in the store"),
                ("cloudlet base pull https://images.example/bases/#3f2a90c1d4e5 --name counter", "by the first digits of its id"),
            ],
            Exits = Exits,
        };
        var (place, name, insecure, json) = (Place("PLACE[#NAME]"), RuntimeOptions.Name("base"), Insecure(), RuntimeOptions.Json());
        verb.Arguments.Add(place);
        foreach (var option in (Option[])[name, insecure, json])
            verb.Options.Add(option);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var runtime = new RuntimeStore(parsed.GetValue(store)!);
                var (from, item) = await FindAsync(parsed.GetValue(place)!, ItemKind.Base, parsed.GetValue(insecure), ct);
                using (from)
                    BaseVerb.Print(
                        parsed.InvocationConfiguration.Output,
                        await new BaseTransfer(runtime, from, Lines(parsed)).PullAsync(item, parsed.GetValue(name), ct),
                        parsed.GetValue(json)
                    );
                return ExitCodes.Ok;
            }
        );
        NotOnService(verb);
        return verb;
    }

    /// <summary><c>overlay push</c>.</summary>
    public static VerbCommand PushOverlay(Option<string> store)
    {
        var verb = new VerbCommand("push", "Send an overlay to a store, unless the store has it already. It is verified first.")
        {
            Examples =
            [
                ("cloudlet overlay push app.overlay oci://registry.example:5000/cloudlet --name app", "a file"),
                ("cloudlet overlay push app glance://", "one that is kept here, to Glance of the cloud that an openrc file names"),
            ],
            Exits = Exits,
        };
        var which = new Argument<string>("FILE|OVERLAY")
        {
            Description = "A file, or name or id of a kept overlay. A file takes precedence over an overlay of the same name.",
        };
        var (place, name, replace, insecure, json) = (Place("PLACE"), Name(), Replace(), Insecure(), RuntimeOptions.Json());
        verb.Arguments.Add(which);
        verb.Arguments.Add(place);
        foreach (var option in (Option[])[store, name, replace, insecure, json])
            verb.Options.Add(option);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var given = parsed.GetValue(which)!;
                var kept = File.Exists(given) ? null : new OverlayShelf(new RuntimeStore(parsed.GetValue(store)!)).Get(given);
                using var to = OpenWhole(parsed.GetValue(place)!, parsed.GetValue(insecure));
                var pushed = await new OverlayTransfer(to, Lines(parsed)).PushAsync(
                    kept?.Path ?? given,
                    parsed.GetValue(name) ?? kept?.Name,
                    parsed.GetValue(replace),
                    ct
                );
                Print(parsed, to.Place, pushed, parsed.GetValue(json));
                return ExitCodes.Ok;
            }
        );
        NotOnService(verb);
        return verb;
    }

    /// <summary><c>overlay pull</c>.</summary>
    public static VerbCommand PullOverlay(Option<string> store)
    {
        var verb = new VerbCommand("pull", "Fetch an overlay from a store. The file appears when every byte of it was verified.")
        {
            Examples =
            [
                ("cloudlet overlay pull s3://images/overlays#app app.overlay", "to a file"),
                ("cloudlet overlay pull s3://images/overlays#app", "to the overlays that are kept here"),
            ],
            Exits = Exits,
        };
        var place = Place("PLACE[#NAME]");
        var file = new Argument<string?>("FILE")
        {
            Description =
                "The overlay's file; an existing regular one is replaced, a device such as /dev/stdout is written to. Without it, the "
                + "overlay is kept in the folder of bases and VMs.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var (name, insecure, json) = (RuntimeOptions.Name("overlay that is kept"), Insecure(), RuntimeOptions.Json());
        verb.Arguments.Add(place);
        verb.Arguments.Add(file);
        foreach (var option in (Option[])[store, name, insecure, json])
            verb.Options.Add(option);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var (from, item) = await FindAsync(parsed.GetValue(place)!, ItemKind.Overlay, parsed.GetValue(insecure), ct);
                using var _ = from;
                var transfer = new OverlayTransfer(from, Lines(parsed));
                if (parsed.GetValue(file) is { } path)
                {
                    var summary = await transfer.PullAsync(item, path, ct);
                    var beside = OverlayText.Beside(path, parsed.InvocationConfiguration);
                    OverlayText.Print(beside, path, summary, counts: null, parsed.GetValue(json));
                    return ExitCodes.Ok;
                }

                var shelf = new OverlayShelf(new RuntimeStore(parsed.GetValue(store)!));
                var kept = await transfer.KeepAsync(item, shelf, parsed.GetValue(name), ct);
                RemoteOverlays.Print(parsed.InvocationConfiguration.Output, OverlayVerb.ViewOf(kept), parsed.GetValue(json));
                return ExitCodes.Ok;
            }
        );
        NotOnService(verb);
        return verb;
    }

    /// <summary><c>store list</c>.</summary>
    public static VerbCommand List()
    {
        var verb = new VerbCommand("list", "Show the bases and overlays of a store.")
        {
            Examples = [("cloudlet store list oci://registry.example:5000/cloudlet", "all of a repository")],
            Exits = [Exits[0]],
        };
        var (place, insecure, json) = (Place("PLACE"), Insecure(), RuntimeOptions.Json());
        verb.Arguments.Add(place);
        verb.Options.Add(insecure);
        verb.Options.Add(json);
        verb.SetAction(
            async (parsed, ct) =>
            {
                using var from = OpenWhole(parsed.GetValue(place)!, parsed.GetValue(insecure));
                var output = parsed.InvocationConfiguration.Output;
                var keys = await from.ListAsync(ct);
                foreach (var key in keys.OrderBy(static k => k.Kind).ThenBy(static k => k.Name, StringComparer.Ordinal))
                    if (await from.FindAsync(key, ct) is { } item)
                        await output.WriteLineAsync(parsed.GetValue(json) ? JsonOf(item, from.Place, isSent: null) : TextOf(item));
                if (keys.Count == 0 && !parsed.GetValue(json))
                    await output.WriteLineAsync($"{from.Place} has no bases or overlays; 'cloudlet base push BASE {from.Place}' sends one");
                return ExitCodes.Ok;
            }
        );
        return verb;
    }

    /// <summary><c>store delete</c>.</summary>
    public static VerbCommand Delete()
    {
        var verb = new VerbCommand("delete", "Delete a base or an overlay from a store. What was pulled from it stays.")
        {
            Examples =
            [
                ("cloudlet store delete s3://images/bases#counter", "by its name"),
                ("cloudlet store delete oci://registry.example:5000/cloudlet#overlay/app", "the overlay, where a base has the same name"),
            ],
            Exits = Exits,
        };
        var (place, insecure) = (Place("PLACE#NAME"), Insecure());
        verb.Arguments.Add(place);
        verb.Options.Add(insecure);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var given = StorePlace.Parse(parsed.GetValue(place)!);
                if (given.Item is null)
                    throw new CloudletException(
                        ErrorKind.InvalidInput,
                        "say which: PLACE#NAME; 'cloudlet store list PLACE' shows the names"
                    );
                var (from, item) = await FindAsync(parsed.GetValue(place)!, kind: null, parsed.GetValue(insecure), ct);
                using var _ = from;
                await from.RemoveAsync(item, ct);
                await parsed.InvocationConfiguration.Output.WriteLineAsync($"{item.Key} was deleted from {from.Place}");
                return ExitCodes.Ok;
            }
        );
        return verb;
    }

    private static Argument<string> Place(string name) =>
        new(name)
        {
            Description =
                "The store: file:///FOLDER, https://HOST/PATH/, glance://[CLOUD], s3://BUCKET/PREFIX or oci://HOST:PORT/REPOSITORY "
                + "(docs/guides/stores.md).",
        };

    private static Option<string?> Name() =>
        new("--name") { Description = "Its name in the store; by default the one it has here.", HelpName = "NAME" };

    private static Option<bool> Replace() => new("--replace") { Description = "Replace another one that has this name in the store." };

    private static Option<bool> Insecure() =>
        new("--insecure") { Description = "Allow http without TLS also to servers that are not on this machine." };

    private static ErrorLines Lines(ParseResult parsed) => new(parsed.InvocationConfiguration.Error);

    private static StoreOptions OptionsOf(bool insecure) => new() { AllowsPlainHttp = insecure };

    private static IStore OpenWhole(string place, bool insecure) =>
        StorePlace.Parse(place) is { Item: null } whole
            ? whole.Open(OptionsOf(insecure))
            : throw new CloudletException(
                ErrorKind.InvalidInput,
                $"'{place}' names an item, expected a store: leave out what begins with #"
            );

    private static async Task<(IStore Store, StoredItem Item)> FindAsync(string place, ItemKind? kind, bool insecure, CancellationToken ct)
    {
        var parsed = StorePlace.Parse(place);
        var store = parsed.Open(OptionsOf(insecure));
        try
        {
            return (store, await ItemChoice.FindAsync(store, parsed.Item, kind, ct));
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>A service would have to have the account of the store.</summary>
    private static void NotOnService(VerbCommand verb) =>
        verb.OnService(
            (_, _, _) =>
                throw new CloudletException(
                    ErrorKind.Unsupported,
                    $"a service can't {verb.Name} yet: run it on the service's host as root, with --store {RuntimeStore.DefaultPath}"
                )
        );

    private static void Print(ParseResult parsed, string place, PushResult pushed, bool json) =>
        parsed.InvocationConfiguration.Output.WriteLine(json ? JsonOf(pushed.Item, place, pushed.IsSent) : TextOf(pushed.Item));

    private static string TextOf(StoredItem item) =>
        $"{item.Key.ShortId}  {item.Key.KindName, -7} {(item.Key.IsNamed ? item.Key.Name : "-"), -20} "
        + $"{ByteText.Of(item.Length), 6}  "
        + $"{item.Pushed?.ToUniversalTime().ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture) ?? "-", -16}"
        + (item.BaseId is { } baseId ? $"  of base {baseId[..12]}" : "");

    private static string JsonOf(StoredItem item, string place, bool? isSent) =>
        JsonSerializer.Serialize(
            new ItemLine(place, item.Key.KindName, item.Key.Id, item.Key.Name, item.Length, item.Sha256)
            {
                Base = item.BaseId,
                QemuVersion = item.QemuVersion,
                Pushed = item.Pushed,
                Sent = isSent,
            },
            PlaceJson.Default.ItemLine
        );
}

/// <summary>An item of a store as one line of JSON.</summary>
internal sealed record ItemLine(string Place, string Kind, string Id, string Name, long Bytes, string Sha256)
{
    /// <summary>Base of an overlay.</summary>
    public string? Base { get; init; }

    /// <summary>QEMU that wrote its device state.</summary>
    public string? QemuVersion { get; init; }

    /// <summary>When it was pushed.</summary>
    public DateTimeOffset? Pushed { get; init; }

    /// <summary>After a push: false when the store had the content already.</summary>
    public bool? Sent { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(ItemLine))]
internal sealed partial class PlaceJson : JsonSerializerContext;
