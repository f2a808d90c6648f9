using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudlet.Cli.Hosts;
using Cloudlet.Cli.Output;
using Cloudlet.Lab.Guests;
using Cloudlet.Lab.Model;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet lab</c>: hosts for experiments.</summary>
internal static class LabVerb
{
    // Of a host that is never made: its image does not depend on its name.
    private const string AnyName = "host";

    public static Command Create()
    {
        var verb = new VerbCommand("lab", "Hosts for experiments: containers that boot real systemd, and network namespaces. Needs root.")
        {
            Examples =
            [
                ("cloudlet lab up edge-1", "a host within seconds (the first one builds an image)"),
                ("cloudlet apply site.yaml --ssh-config \"$(cloudlet lab list --ssh-config)\"", "reach it over ssh"),
                ("cloudlet lab reboot edge-1", "see what survives"),
                ("cloudlet lab down --all", "leave nothing behind"),
            ],
        };
        var store = new Option<string>("--store")
        {
            Description = "Folder of images and hosts.",
            DefaultValueFactory = _ => LabStore.DefaultPath,
            Recursive = true,
            HelpName = "FOLDER",
        };
        verb.Options.Add(store);
        verb.Subcommands.Add(Up(store));
        verb.Subcommands.Add(Prepare(store));
        verb.Subcommands.Add(Down(store));
        verb.Subcommands.Add(List(store));
        verb.Subcommands.Add(Shell(store));
        verb.Subcommands.Add(Reboot(store));
        verb.Subcommands.Add(Image(store));
        return verb;
    }

    private static VerbCommand Up(Option<string> store)
    {
        var verb = new VerbCommand("up", "Make a lab host and wait until it has booted; start one that is stopped.")
        {
            Examples =
            [
                ("cloudlet lab up edge-1 --boot ifupdown", "a host that uses ifupdown"),
                ("cloudlet lab up ns1 --kind netns", "a network namespace, for links only"),
                ("cloudlet lab up edge-1 --with nova", "a compute host and its controller"),
            ],
        };
        var name = Name();
        var kind = new Option<LabHostKind>("--kind")
        {
            Description = "container (boots systemd) or netns (a network namespace).",
            DefaultValueFactory = _ => LabHostKind.Container,
        };
        var (boot, packages, with) = (Boot(), Packages(), With());
        verb.Arguments.Add(name);
        verb.Options.Add(kind);
        verb.Options.Add(boot);
        verb.Options.Add(packages);
        verb.Options.Add(with);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
                var spec = new LabHostSpec(parsed.GetValue(name)!, parsed.GetValue(kind), parsed.GetValue(boot))
                {
                    With = parsed.GetValue(with),
                    Packages = SplitNames(parsed.GetValue(packages)),
                };
                var up = await HostFactory.OpenLab(parsed.GetValue(store)!).UpAsync(spec, new ErrorLines(errors), ct);
                await output.WriteLineAsync($"{up.Host.Name} {(up.Started ? "is up" : "was up already")}: {up.Host.ReachedBy}");
                foreach (var notice in up.Notices)
                    await errors.WriteLineAsync($"note: {notice}");
                return ExitCodes.Ok;
            }
        );
        return verb;
    }

    private static VerbCommand Prepare(Option<string> store)
    {
        var verb = new VerbCommand(
            "prepare",
            "Build the image that `lab up` with the same options makes a host from, unless the store has it. Needs the network."
        )
        {
            Examples =
            [
                ("cloudlet lab prepare --with nova", "later, a host with Nova is up within seconds"),
                ("cloudlet lab prepare --boot ifupdown --packages strace,chrony", "an image with more packages"),
            ],
            Exits =
            [
                (ExitCodes.Failed, "a package or program is missing, a mirror can't be reached, or the disk is full"),
                (ExitCodes.Invalid, "an option or the name of a package is not valid"),
            ],
        };
        var (boot, packages, with, json) = (Boot(), Packages(), With(), Options.Json());
        verb.Options.Add(boot);
        verb.Options.Add(packages);
        verb.Options.Add(with);
        verb.Options.Add(json);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
                var spec = new LabHostSpec(AnyName, LabHostKind.Container, parsed.GetValue(boot))
                {
                    With = parsed.GetValue(with),
                    Packages = SplitNames(parsed.GetValue(packages)),
                };
                var image = await HostFactory.OpenLab(parsed.GetValue(store)!).PrepareAsync(spec, new ErrorLines(errors), ct);
                await output.WriteLineAsync(
                    parsed.GetValue(json)
                        ? JsonSerializer.Serialize(new LabImageLine(image.Digest, image.Root, image.Built), LabJson.Default.LabImageLine)
                        : $"image {image.Digest} {(image.Built ? "is ready" : "was ready already")}: {image.Root}"
                );
                return ExitCodes.Ok;
            }
        );
        return verb;
    }

    private static VerbCommand Down(Option<string> store)
    {
        var verb = new VerbCommand("down", "Power lab hosts off and remove them completely.")
        {
            Examples = [("cloudlet lab down edge-1", "one host"), ("cloudlet lab down --all --images", "all hosts, and unused images")],
        };
        var names = new Argument<string[]>("NAME") { Description = "Lab hosts.", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "Every lab host of the store." };
        var images = new Option<bool>("--images") { Description = "Also remove images that no host uses." };
        verb.Arguments.Add(names);
        verb.Options.Add(all);
        verb.Options.Add(images);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var lab = HostFactory.OpenLab(parsed.GetValue(store)!);
                foreach (var host in parsed.GetValue(all) ? lab.List().Select(h => h.Name) : parsed.GetValue(names) ?? [])
                {
                    await lab.DownAsync(host, ct);
                    await parsed.InvocationConfiguration.Output.WriteLineAsync($"{host} was removed");
                }

                if (parsed.GetValue(images))
                    foreach (var digest in await lab.PruneImagesAsync(ct))
                        await parsed.InvocationConfiguration.Output.WriteLineAsync($"image {digest} was removed");
                return ExitCodes.Ok;
            }
        );
        return verb;
    }

    private static VerbCommand List(Option<string> store)
    {
        var verb = new VerbCommand("list", "Show the lab hosts.");
        var json = Options.Json();
        var ssh = new Option<bool>("--ssh-config") { Description = "Print only the path of the ssh configuration file for them." };
        verb.Options.Add(json);
        verb.Options.Add(ssh);
        verb.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var folder = parsed.GetValue(store)!;
            if (parsed.GetValue(ssh))
            {
                output.WriteLine(new LabStore(folder).SshConfigPath);
                return ExitCodes.Ok;
            }

            var hosts = HostFactory.OpenLab(folder).List();
            foreach (var host in hosts)
                output.WriteLine(
                    parsed.GetValue(json)
                        ? JsonSerializer.Serialize(
                            new LabHostLine(host.Name, host.Spec.Kind, host.Spec.Boot, host.State, host.ReachedBy, host.Since),
                            LabJson.Default.LabHostLine
                        )
                        : $"{host.Name, -16} {host.Spec.Kind.ToString().ToLowerInvariant(), -10} "
                            + $"{host.Spec.Boot.ToString().ToLowerInvariant(), -9} "
                            + $"{host.State.ToString().ToLowerInvariant(), -8} "
                            + $"{host.ReachedBy, -26} since {host.Since:u}"
                );
            if (hosts.Count == 0 && !parsed.GetValue(json))
                output.WriteLine("no lab hosts; `cloudlet lab up NAME` makes one");
            return ExitCodes.Ok;
        });
        return verb;
    }

    private static VerbCommand Shell(Option<string> store)
    {
        var verb = new VerbCommand("shell", "Run a shell in a lab host, or one command; needs no network.")
        {
            Examples =
            [
                ("cloudlet lab shell edge-1", "a login shell"),
                ("cloudlet lab shell edge-1 -- ip -br addr", "one command; its exit status is ours"),
            ],
        };
        var name = Name();
        var command = new Argument<string[]>("COMMAND")
        {
            Description = "The command and its arguments, after --.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        verb.Arguments.Add(name);
        verb.Arguments.Add(command);
        verb.SetAction(
            (parsed, ct) =>
                HostFactory.OpenLab(parsed.GetValue(store)!).ShellAsync(parsed.GetValue(name)!, parsed.GetValue(command) ?? [], ct)
        );
        return verb;
    }

    private static VerbCommand Reboot(Option<string> store)
    {
        var verb = new VerbCommand("reboot", "Reboot a lab host and wait until it is up again. Only its disk survives, as on a real host.");
        var name = Name();
        var cut = new Option<bool>("--power-cut") { Description = "Kill it instead of shutting it down." };
        verb.Arguments.Add(name);
        verb.Options.Add(cut);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var lab = HostFactory.OpenLab(parsed.GetValue(store)!);
                var host = parsed.GetValue(name)!;
                var report = parsed.GetValue(cut) ? await lab.PowerCutAsync(host, ct) : await lab.RebootAsync(host, ct);
                await parsed.InvocationConfiguration.Output.WriteLineAsync(
                    $"{host} is up again: boot {report.BootId}, system {report.SystemState}"
                );
                foreach (var unit in report.FailedUnits)
                    await parsed.InvocationConfiguration.Error.WriteLineAsync($"note: failed unit {unit}");
                return ExitCodes.Ok;
            }
        );
        return verb;
    }

    private static VerbCommand Image(Option<string> store)
    {
        var verb = new VerbCommand(
            "image",
            "Make a Debian disk image that boots in a virtual machine and runs a counter, to try `base` and `vm`."
        )
        {
            Examples =
            [
                ("cloudlet lab image counter.qcow2", "the first one downloads Debian"),
                (
                    "cloudlet base create counter.qcow2 --until 'serial:cloudlet guest is ready'",
                    "boot it and seal it when its counter answers"
                ),
            ],
            Exits =
            [
                (ExitCodes.Failed, "a package or program is missing, or the disk is full"),
                (ExitCodes.Invalid, "the size or a package is not valid"),
            ],
        };
        var output = new Argument<string>("OUTPUT") { Description = "File to make (qcow2)." };
        var size = new Option<string>("--size")
        {
            Description = "Size of the disk as the guest sees it; unused space takes no room.",
            DefaultValueFactory = _ => "1G",
            HelpName = "SIZE",
        };
        var packages = Packages();
        verb.Arguments.Add(output);
        verb.Options.Add(size);
        verb.Options.Add(packages);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var disk = new GuestDisk(new LabStore(parsed.GetValue(store)!), new HostProcesses(), TimeProvider.System);
                var file = parsed.GetValue(output)!;
                await disk.MakeAsync(
                    file,
                    RuntimeOptions.ParseSize(parsed.GetValue(size)!),
                    SplitNames(parsed.GetValue(packages)),
                    new ErrorLines(parsed.InvocationConfiguration.Error),
                    ct
                );
                await parsed.InvocationConfiguration.Output.WriteLineAsync(
                    $"{file} boots by itself ({new FileInfo(file).Length >> 20} MiB); root has no password on its serial console"
                );
                return ExitCodes.Ok;
            }
        );
        return verb;
    }

    private static Option<LabBoot> Boot() =>
        new("--boot") { Description = "Network system of the host: networkd or ifupdown.", DefaultValueFactory = _ => LabBoot.Networkd };

    private static Option<string[]> Packages() =>
        new("--packages") { Description = "More Debian packages in the image, separated by commas.", HelpName = "NAMES" };

    private static Option<LabFlavor> With() =>
        new("--with")
        {
            Description =
                "Purpose of its image: none, nova (Nova, placement, Glance and RabbitMQ, for templates/sites/nova.yaml), or openstack "
                + "(everything that templates/sites/openstack.yaml installs).",
            DefaultValueFactory = _ => LabFlavor.None,
        };

    private static IReadOnlyList<string> SplitNames(string[]? names) =>
        [.. (names ?? []).SelectMany(n => n.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private static Argument<string> Name() => new("NAME") { Description = "Name of the lab host." };
}

/// <summary>An image as one line of JSON.</summary>
internal sealed record LabImageLine(string Image, string Root, bool Built);

/// <summary>A lab host as one line of JSON.</summary>
internal sealed record LabHostLine(string Name, LabHostKind Kind, LabBoot Boot, LabHostState State, string Reach, DateTimeOffset Since);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LabHostLine))]
[JsonSerializable(typeof(LabImageLine))]
internal sealed partial class LabJson : JsonSerializerContext;
