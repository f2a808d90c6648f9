using System.CommandLine;
using System.Text.Json;
using Cloudlet.Cli.Output;
using Cloudlet.Cli.Remote;
using Cloudlet.Errors;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Overlays;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet base</c>: sealed virtual machines that others are resumed from.</summary>
internal static class BaseVerb
{
    public static Command Create()
    {
        var verb = new VerbCommand("base", "Bases: virtual machines sealed while running, from which any number of VMs is resumed.")
        {
            Examples =
            [
                ("cloudlet base create debian.qcow2 --name debian --until 'serial:login:'", "boot an image and seal it when it is ready"),
                ("cloudlet base list", "all bases of the store"),
                ("cloudlet vm resume debian", "a VM that continues where the base was sealed"),
            ],
        };
        var store = RuntimeOptions.Store();
        verb.Options.Add(store);
        verb.Options.Add(ServiceOptions.Service);
        verb.Subcommands.Add(Import(store));
        verb.Subcommands.Add(Make(store));
        verb.Subcommands.Add(List(store));
        verb.Subcommands.Add(Show(store));
        verb.Subcommands.Add(Export(store));
        verb.Subcommands.Add(PlaceVerbs.PushBase(store));
        verb.Subcommands.Add(PlaceVerbs.PullBase(store));
        verb.Subcommands.Add(Verify(store));
        verb.Subcommands.Add(Remove(store));
        return verb;
    }

    private static VerbCommand Import(Option<string> store)
    {
        var verb = new VerbCommand(
            "import",
            "Import an exported base, or the disk of an image (qcow2, raw, vmdk, vdi or vhdx, detected by content) as a base that "
                + "can be booted by 'base create'."
        )
        {
            Examples =
            [
                ("cloudlet base import debian-12.qcow2 --name debian-disk", "a disk to make bases from"),
                ("cloudlet base import disk.img --format raw", "a raw disk that is not recognized as one"),
                ("cloudlet base import http://10.0.0.7:8000/counter.base", "a base that was exported elsewhere; it has the same id here"),
            ],
            Exits =
            [
                (ExitCodes.Failed, "the store is full or can't be written to, or the server does not send it"),
                (ExitCodes.Invalid, "the file is damaged, encrypted, of an unknown format, or needs another file"),
            ],
        };
        var image = new Argument<string>("IMAGE") { Description = "A file; an exported base may also be an http(s) URL." };
        var format = Format();
        var name = RuntimeOptions.Name("base");
        var json = RuntimeOptions.Json();
        verb.Arguments.Add(image);
        verb.Options.Add(format);
        verb.Options.Add(name);
        var isPublic = Public();
        verb.Options.Add(isPublic);
        verb.Options.Add(json);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var (runtime, from, progress) = (
                    new RuntimeStore(parsed.GetValue(store)!),
                    parsed.GetValue(image)!,
                    new ErrorLines(parsed.InvocationConfiguration.Error)
                );
                var asked = parsed.GetValue(format);
                var made =
                    asked is null && BaseArchive.IsOne(from)
                        ? await new BaseArchive(runtime).ImportAsync(from, parsed.GetValue(name), progress, ct)
                        : await new BaseImporter(runtime).ImportAsync(from, asked, parsed.GetValue(name), progress, ct);
                Print(parsed.InvocationConfiguration.Output, made, parsed.GetValue(json));
                return ExitCodes.Ok;
            }
        );
        verb.OnService(
            (client, parsed, ct) =>
            {
                var request = new CreateBaseRequest
                {
                    Name = parsed.GetValue(name),
                    Format = parsed.GetValue(format),
                    Public = parsed.GetValue(isPublic),
                };
                return RemoteBases.CreateAsync(
                    client,
                    parsed.GetValue(image)!,
                    request,
                    parsed.InvocationConfiguration,
                    parsed.GetValue(json),
                    ct
                );
            }
        );
        return verb;
    }

    private static VerbCommand DescribeMake() =>
        new("create", "Boot a disk until it is ready, then seal memory, device state and disk of that moment.")
        {
            Examples =
            [
                (
                    "cloudlet base create guest.qcow2 --name counter --until 'serial:cloudlet guest is ready'",
                    "until this text appears on its serial port"
                ),
                ("cloudlet base create debian-disk --memory 1G --cpus 2 --until port:22", "an imported disk, until sshd answers"),
                ("cloudlet base create debian-disk --until manual", "until you press Enter, after preparing it on its console"),
                ("cloudlet base create appliance.vmdk --disk sata --card e1000e", "a guest without drivers for virtio"),
            ],
            Exits =
            [
                (ExitCodes.Failed, "the guest ended or was not ready in time, or this machine can't run it"),
                (ExitCodes.Invalid, "the image or the requested machine is not valid; nothing was started"),
            ],
        };

    private static VerbCommand Make(Option<string> store)
    {
        var verb = DescribeMake();
        var source = new Argument<string>("IMAGE|BASE")
        {
            Description = "An image file, or name or id of a base. A file takes precedence over a base of the same name.",
        };
        var format = Format();
        var name = RuntimeOptions.Name("base");
        var machine = new BootOptions();
        var json = RuntimeOptions.Json();
        var isPublic = Public();
        verb.Arguments.Add(source);
        foreach (var option in (Option[])[format, name, .. machine.All, isPublic, json])
            verb.Options.Add(option);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var errors = parsed.InvocationConfiguration.Error;
                var creation = machine.CreationOf(parsed, parsed.GetValue(source)!) with
                {
                    Format = parsed.GetValue(format),
                    Name = parsed.GetValue(name),
                    Person = (console, stop) => AskAsync(errors, console, stop),
                };
                var made = await new BaseCreator(new RuntimeStore(parsed.GetValue(store)!)).CreateAsync(
                    creation,
                    new ErrorLines(errors),
                    ct
                );
                Print(parsed.InvocationConfiguration.Output, made, parsed.GetValue(json));
                return ExitCodes.Ok;
            }
        );
        verb.OnService(
            (client, parsed, ct) =>
            {
                var request = new CreateBaseRequest
                {
                    Name = parsed.GetValue(name),
                    Format = parsed.GetValue(format),
                    Boot = machine.RequestOf(parsed),
                    Public = parsed.GetValue(isPublic),
                };
                return RemoteBases.CreateAsync(
                    client,
                    parsed.GetValue(source)!,
                    request,
                    parsed.InvocationConfiguration,
                    parsed.GetValue(json),
                    ct
                );
            }
        );
        return verb;
    }

    private static VerbCommand List(Option<string> store)
    {
        var verb = new VerbCommand("list", "Show the bases.");
        var json = RuntimeOptions.Json();
        verb.Options.Add(json);
        verb.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var bases = new BaseCatalog(new RuntimeStore(parsed.GetValue(store)!)).List();
            foreach (var one in bases)
                Print(output, one, parsed.GetValue(json));
            if (bases.Count == 0 && !parsed.GetValue(json))
                output.WriteLine("no bases; `cloudlet base create IMAGE` makes one");
            return ExitCodes.Ok;
        });
        verb.OnService((client, parsed, ct) => RemoteBases.ListAsync(client, parsed.InvocationConfiguration, parsed.GetValue(json), ct));
        return verb;
    }

    private static VerbCommand Show(Option<string> store)
    {
        var verb = new VerbCommand("show", "Show one base: its machine, its parts and their digests.");
        var which = Which();
        var json = RuntimeOptions.Json();
        verb.Arguments.Add(which);
        verb.Options.Add(json);
        verb.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var one = new BaseCatalog(new RuntimeStore(parsed.GetValue(store)!)).Get(parsed.GetValue(which)!);
            if (parsed.GetValue(json))
                Print(output, one, json: true);
            else
                Describe(output, one);
            return ExitCodes.Ok;
        });
        verb.OnService(
            (client, parsed, ct) =>
                RemoteBases.ShowAsync(client, parsed.GetValue(which)!, parsed.InvocationConfiguration, parsed.GetValue(json), ct)
        );
        return verb;
    }

    private static VerbCommand Export(Option<string> store)
    {
        var verb = new VerbCommand("export", "Write a base to one file, which `base import` reads elsewhere.")
        {
            Examples =
            [
                ("cloudlet base export counter counter.base", "a file to copy to another cloudlet"),
                ("cloudlet base export counter counter.base --small", "fewer bytes, more time"),
            ],
        };
        var which = Which();
        var file = new Argument<string>("FILE")
        {
            Description = "The file; an existing regular one is replaced, a device such as /dev/stdout is written to.",
        };
        var small = OverlayVerb.Small();
        var json = RuntimeOptions.Json();
        verb.Arguments.Add(which);
        verb.Arguments.Add(file);
        verb.Options.Add(small);
        verb.Options.Add(json);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var runtime = new RuntimeStore(parsed.GetValue(store)!);
                var made = await new BaseArchive(runtime).ExportAsync(
                    new BaseCatalog(runtime).Get(parsed.GetValue(which)!),
                    parsed.GetValue(file)!,
                    OverlayVerb.Effort(parsed.GetValue(small)),
                    new ErrorLines(parsed.InvocationConfiguration.Error),
                    ct
                );
                var beside = OverlayText.Beside(parsed.GetValue(file)!, parsed.InvocationConfiguration);
                var version = made.QemuVersion ?? new BaseCatalog(runtime).Get(parsed.GetValue(which)!).Manifest.Definition?.QemuVersion;
                OverlayText.Print(
                    beside,
                    parsed.GetValue(file)!,
                    new OverlaySummary(made.Header, version),
                    made.Counts,
                    parsed.GetValue(json)
                );
                return ExitCodes.Ok;
            }
        );
        verb.OnService(
            (client, parsed, ct) =>
                RemoteBases.ExportAsync(
                    client,
                    parsed.GetValue(which)!,
                    parsed.GetValue(file)!,
                    parsed.GetValue(small),
                    parsed.InvocationConfiguration,
                    parsed.GetValue(json),
                    ct
                )
        );
        return verb;
    }

    private static VerbCommand Verify(Option<string> store)
    {
        var verb = new VerbCommand("verify", "Read bases completely, and compare disk, memory and device state with their digests.")
        {
            Examples =
            [
                ("cloudlet base verify counter", "after a disk error, or before you trust a base"),
                ("cloudlet store verify", "all bases, and the disks of VMs"),
            ],
            Exits = [(ExitCodes.Failed, "there is no such base, or one is damaged")],
        };
        var which = new Argument<string[]>("BASE") { Description = "Names, or the first digits of ids.", Arity = ArgumentArity.OneOrMore };
        var json = RuntimeOptions.Json();
        verb.Arguments.Add(which);
        verb.Options.Add(json);
        verb.SetAction(
            (parsed, ct) =>
            {
                var runtime = new RuntimeStore(parsed.GetValue(store)!);
                var catalog = new BaseCatalog(runtime);
                List<BaseVm> bases = [.. parsed.GetValue(which)!.Select(catalog.Get)];
                return StoreVerb.TellAsync(
                    new StoreKeeper(runtime).VerifyAsync(bases, new ErrorLines(parsed.InvocationConfiguration.Error), ct),
                    parsed.InvocationConfiguration.Output,
                    parsed.GetValue(json)
                );
            }
        );
        verb.OnService(
            (client, parsed, ct) => RemoteBases.VerifyAsync(client, parsed.GetValue(which)!, parsed.InvocationConfiguration, ct)
        );
        return verb;
    }

    private static VerbCommand Remove(Option<string> store)
    {
        var verb = new VerbCommand("remove", "Remove bases that no VM uses.")
        {
            Exits = [(ExitCodes.Failed, "there is no such base, or a VM uses it")],
        };
        var which = new Argument<string[]>("BASE") { Description = "Names, or the first digits of ids.", Arity = ArgumentArity.OneOrMore };
        verb.Arguments.Add(which);
        verb.SetAction(parsed =>
        {
            var keeper = new StoreKeeper(new RuntimeStore(parsed.GetValue(store)!));
            foreach (var one in parsed.GetValue(which)!)
                parsed.InvocationConfiguration.Output.WriteLine($"base {keeper.RemoveBase(one).ShortId} was removed");
            return ExitCodes.Ok;
        });
        verb.OnService(
            (client, parsed, ct) => client.RemoveAsync("bases", "base", parsed.GetValue(which)!, parsed.InvocationConfiguration, ct)
        );
        return verb;
    }

    private static Option<bool> Public() =>
        new("--public") { Description = "At a service: every project can use it; for administrators. A folder's bases are public anyway." };

    private static Option<string?> Format()
    {
        var format = new Option<string?>("--format")
        {
            Description =
                "The image's format: raw, qcow2, vmdk, vdi or vhdx. By default it is detected by content; raw accepts any bytes as a disk.",
            HelpName = "FORMAT",
        };
        format.CompletionSources.Add("raw", "qcow2", "vmdk", "vdi", "vhdx");
        return format;
    }

    /// <summary>The argument for a base.</summary>
    public static Argument<string> Which() => new("BASE") { Description = "Name, or the first digits of the id." };

    /// <summary>Prints a base on one line.</summary>
    public static void Print(TextWriter output, BaseVm one, bool json)
    {
        var manifest = one.Manifest;
        if (json)
            output.WriteLine(
                JsonSerializer.Serialize(
                    new BaseLine(one.Id, one.Name, manifest.IsSealed, one.Folder, manifest),
                    RuntimeJson.Default.BaseLine
                )
            );
        else if (manifest.Definition is { } machine)
            output.WriteLine(
                $"{one.ShortId}  {one.Name ?? "-", -16} sealed  disk {ByteText.Of(manifest.Disk.Length), -6} memory "
                    + $"{ByteText.Of(machine.MemoryBytes), -6} {machine.Cpus} x "
                    + $"{machine.Cpu} ({machine.Accelerator})"
            );
        else
            output.WriteLine($"{one.ShortId}  {one.Name ?? "-", -16} disk    disk {ByteText.Of(manifest.Disk.Length)}");
    }

    private static void Describe(TextWriter output, BaseVm one)
    {
        output.WriteLine($"base     {one.Id}");
        output.WriteLine($"name     {one.Name ?? "-"}");
        output.WriteLine($"folder   {one.Folder}");
        foreach (
            var (name, part) in new[] { ("disk", one.Manifest.Disk), ("memory", one.Manifest.Memory), ("devices", one.Manifest.Devices) }
        )
            if (part is not null)
                output.WriteLine($"{name, -8} {part.Length} bytes, {part.Digest}");
        if (one.Manifest.Definition is { } machine)
            output.WriteLine(
                $"machine  {machine.Machine}, layout {machine.Layout}, {machine.Cpus} x {machine.Cpu}, "
                    + $"{ByteText.Of(machine.MemoryBytes)}, {machine.Accelerator}, "
                    + $"disk {machine.Disk ?? VmDefinition.Virtio}, "
                    + $"card {machine.Card ?? VmDefinition.Virtio}, QEMU {machine.QemuVersion}"
            );
    }

    private static async Task AskAsync(TextWriter errors, string console, CancellationToken ct)
    {
        if (Console.IsInputRedirected)
            throw new CloudletException(ErrorKind.InvalidInput, "--until manual needs a terminal, because you have to press Enter");
        await errors.WriteLineAsync(
            $"The console is the socket {console} (socat -,raw,echo=0,escape=0x1d UNIX-CONNECT:{console}). Press Enter here when the "
                + "guest is ready to be sealed."
        );

        // A read from a terminal can't be cancelled; the process exits without waiting for it.
        await Task.Run(Console.ReadLine, CancellationToken.None).WaitAsync(ct);
    }
}
