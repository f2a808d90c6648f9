using System.CommandLine;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;
using Cloudlet.Cli.Output;
using Cloudlet.Cli.Remote;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Cli.Verbs;

/// <summary><c>cloudlet vm</c>: virtual machines that were resumed from bases.</summary>
internal static class VmVerb
{
    private static readonly TimeSpan ClockLimit = TimeSpan.FromSeconds(30); // an idle machine takes 2 s

    private static readonly (int Code, string Meaning)[] NoVm = [(ExitCodes.Failed, "there is no such VM, or its process has ended")];

    public static Command Create()
    {
        var verb = new VerbCommand("vm", "Virtual machines, resumed from bases. They outlive the command that started them.")
        {
            Examples =
            [
                (
                    "cloudlet vm resume counter --name one --forward 7000:7000",
                    "continue where the base was sealed; port 7000 of this machine is forwarded to it"
                ),
                ("cloudlet vm list", "running and ended VMs"),
                ("cloudlet vm stop one --force --remove", "remove it completely"),
            ],
        };
        var store = RuntimeOptions.Store();
        verb.Options.Add(store);
        verb.Options.Add(ServiceOptions.Service);
        verb.Subcommands.Add(Resume(store));
        verb.Subcommands.Add(List(store));
        verb.Subcommands.Add(Show(store));
        verb.Subcommands.Add(Console(store));
        verb.Subcommands.Add(Pause(store));
        verb.Subcommands.Add(Continue(store));
        verb.Subcommands.Add(Stop(store));
        return verb;
    }

    private static VerbCommand Resume(Option<string> store)
    {
        var verb = new VerbCommand(
            "resume",
            "Start a VM that continues where a base was sealed. Its changes are private; the base stays as it is."
        )
        {
            Examples = [("cloudlet vm resume counter --forward 0:7000", "any free port of this machine, which is printed")],
            Exits =
            [
                (ExitCodes.Failed, "there is no such base, this machine can't run it, or it has changed since it was sealed; nothing runs"),
                (ExitCodes.Invalid, "a name or port is not valid; nothing was started"),
            ],
        };
        var which = BaseVerb.Which();
        var name = RuntimeOptions.Name("VM");
        var forwards = Forwards();
        var open = Open();
        var json = RuntimeOptions.Json();
        verb.Arguments.Add(which);
        foreach (var option in (Option[])[name, forwards, open, json])
            verb.Options.Add(option);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var watch = Stopwatch.StartNew();
                var runtime = new RuntimeStore(parsed.GetValue(store)!);
                var start = new VmStartOptions
                {
                    Base = new BaseCatalog(runtime).Get(parsed.GetValue(which)!),
                    Name = parsed.GetValue(name),
                    Forwards = [.. (parsed.GetValue(forwards) ?? []).Select(PortForward.Parse)],
                    IsOpen = parsed.GetValue(open),
                };
                var vm = await new VmStarter(runtime).StartAsync(start, new ErrorLines(parsed.InvocationConfiguration.Error), ct);
                await TellAsync(parsed.InvocationConfiguration, vm, watch.Elapsed, parsed.GetValue(json), ct);
                return ExitCodes.Ok;
            }
        );
        verb.OnService(
            (client, parsed, ct) =>
            {
                var request = new CreateVmRequest
                {
                    Base = parsed.GetValue(which),
                    Name = parsed.GetValue(name),
                    Forwards = RemoteVms.Forwards(parsed.GetValue(forwards)),
                    OpenNetwork = parsed.GetValue(open),
                };
                return RemoteVms.CreateAsync(client, request, parsed.InvocationConfiguration, parsed.GetValue(json), ct);
            }
        );
        return verb;
    }

    /// <summary>Corrects the clock of a resumed guest, and prints its VM.</summary>
    public static async Task TellAsync(InvocationConfiguration to, RunningVm vm, TimeSpan took, bool json, CancellationToken ct)
    {
        if (!json)
        {
            var ports = vm.Record.Forwards.Select(f => $"\n127.0.0.1:{f.HostPort} leads to port {f.GuestPort} of the guest");
            var name = vm.Name is null ? "" : $" ({vm.Name})";
            await to.Output.WriteLineAsync($"VM {vm.Id}{name} runs after {took.TotalSeconds:0.00} s{string.Concat(ports)}");
        }
        var clock = await GuestClock.CorrectAsync(vm, ClockLimit, ct);
        if (json)
            await to.Output.WriteLineAsync(
                JsonSerializer.Serialize(
                    Line(vm, VmState.Running) with
                    {
                        Clock = clock.Note,
                        ResumeMs = Math.Round(took.TotalMilliseconds, 1),
                    },
                    RuntimeJson.Default.VmLine
                )
            );
        await to.Error.WriteLineAsync($"note: {clock.Note}");
    }

    private static VerbCommand List(Option<string> store)
    {
        var verb = new VerbCommand(
            "list",
            "Show the VMs: running, paused, stalled (its disk could not be written) or dead (its process has ended; its folder "
                + "remains)."
        );
        var json = RuntimeOptions.Json();
        verb.Options.Add(json);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var output = parsed.InvocationConfiguration.Output;
                var vms = new VmCatalog(new RuntimeStore(parsed.GetValue(store)!)).List();
                foreach (var vm in vms)
                    await PrintAsync(output, vm, parsed.GetValue(json), ct);
                if (vms.Count == 0 && !parsed.GetValue(json))
                    await output.WriteLineAsync("no VMs; `cloudlet vm resume BASE` starts one");
                return ExitCodes.Ok;
            }
        );
        verb.OnService((client, parsed, ct) => RemoteVms.ListAsync(client, parsed.InvocationConfiguration, parsed.GetValue(json), ct));
        return verb;
    }

    private static VerbCommand Show(Option<string> store)
    {
        var verb = new VerbCommand("show", "Show one VM, and the end of its console output.");
        var which = Which();
        var json = RuntimeOptions.Json();
        verb.Arguments.Add(which);
        verb.Options.Add(json);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var output = parsed.InvocationConfiguration.Output;
                var vm = new VmCatalog(new RuntimeStore(parsed.GetValue(store)!)).Get(parsed.GetValue(which)!);
                await PrintAsync(output, vm, parsed.GetValue(json), ct);
                if (!parsed.GetValue(json))
                    await output.WriteLineAsync($"base     {vm.BaseId}\nfolder   {vm.Folder}\nend of console:\n{vm.ConsoleTail(10)}");
                return ExitCodes.Ok;
            }
        );
        verb.OnService(
            (client, parsed, ct) =>
                RemoteVms.ShowAsync(client, parsed.GetValue(which)!, parsed.InvocationConfiguration, parsed.GetValue(json), ct)
        );
        return verb;
    }

    private static VerbCommand Console(Option<string> store)
    {
        var verb = new VerbCommand("console", "Connect this terminal to the VM's serial port. Ctrl-] disconnects.");
        var which = Which();
        verb.Arguments.Add(which);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var vm = new VmCatalog(new RuntimeStore(parsed.GetValue(store)!)).Get(parsed.GetValue(which)!);
                await new TerminalRelay(parsed.InvocationConfiguration.Error).RunAsync(
                    new NetworkStream(await vm.OpenConsoleAsync(ct), ownsSocket: true),
                    ct
                );
                return ExitCodes.Ok;
            }
        );
        verb.OnService((client, parsed, ct) => RemoteVms.ConsoleAsync(client, parsed.GetValue(which)!, parsed.InvocationConfiguration, ct));
        return verb;
    }

    private static VerbCommand Continue(Option<string> store) =>
        SetPaused(
            new VerbCommand("continue", "Resume a paused guest, or one that stalled because its disk could not be written.")
            {
                Exits = NoVm,
            },
            store,
            isPaused: false
        );

    private static VerbCommand Pause(Option<string> store) =>
        SetPaused(
            new VerbCommand("pause", "Pause a guest. It keeps its memory, and `vm continue` resumes it.") { Exits = NoVm },
            store,
            isPaused: true
        );

    private static VerbCommand SetPaused(VerbCommand verb, Option<string> store, bool isPaused)
    {
        var which = Which();
        verb.Arguments.Add(which);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var vm = new VmCatalog(new RuntimeStore(parsed.GetValue(store)!)).Get(parsed.GetValue(which)!);
                await (isPaused ? vm.PauseAsync(ct) : vm.ContinueAsync(ct));
                await parsed.InvocationConfiguration.Output.WriteLineAsync($"VM {vm.Label} {(isPaused ? "is paused" : "continues")}");
                return ExitCodes.Ok;
            }
        );
        verb.OnService(
            (client, parsed, ct) => RemoteVms.SetPausedAsync(client, parsed.GetValue(which)!, isPaused, parsed.InvocationConfiguration, ct)
        );
        return verb;
    }

    private static VerbCommand Stop(Option<string> store)
    {
        var verb = new VerbCommand(
            "stop",
            "Shut a VM's guest down. Its disk layer and logs stay until --remove; it can't be resumed again."
        )
        {
            Examples =
            [
                ("cloudlet vm stop one --remove", "shut the guest down, then remove its files"),
                ("cloudlet vm stop one --force --remove", "at once, as a power cut would"),
            ],
            Exits = [(ExitCodes.Failed, "there is no such VM, or its guest did not shut down in time; it keeps running")],
        };
        var which = Which();
        var force = new Option<bool>("--force") { Description = "Power it off at once, without a shutdown." };
        var remove = new Option<bool>("--remove") { Description = "Also remove its folder: disk layer and logs." };
        var timeout = RuntimeOptions.Timeout("Time limit of the shutdown.", TimeSpan.FromSeconds(90));
        verb.Arguments.Add(which);
        foreach (var option in (Option[])[force, remove, timeout])
            verb.Options.Add(option);
        verb.SetAction(
            async (parsed, ct) =>
            {
                var stopper = new VmStopper(new RuntimeStore(parsed.GetValue(store)!));
                var vm = await stopper.StopAsync(
                    parsed.GetValue(which)!,
                    parsed.GetValue(force),
                    parsed.GetValue(remove),
                    parsed.GetValue(timeout),
                    new ErrorLines(parsed.InvocationConfiguration.Error),
                    ct
                );
                await parsed.InvocationConfiguration.Output.WriteLineAsync(
                    $"VM {vm.Label} {(parsed.GetValue(remove) ? "was removed" : $"has ended; its disk layer is {vm.DiskPath}")}"
                );
                return ExitCodes.Ok;
            }
        );
        verb.OnService(
            (client, parsed, ct) =>
            {
                var request = new StopVmRequest
                {
                    Force = parsed.GetValue(force),
                    TimeoutSeconds = (int)parsed.GetValue(timeout).TotalSeconds,
                };
                return RemoteVms.StopAsync(
                    client,
                    parsed.GetValue(which)!,
                    request,
                    parsed.GetValue(remove),
                    parsed.InvocationConfiguration,
                    ct
                );
            }
        );
        return verb;
    }

    /// <summary>The option for outgoing connections of the guest.</summary>
    public static Option<bool> Open() =>
        new("--open-network")
        {
            Description =
                "Let the guest reach every network of this machine, and this machine's loopback (as 10.0.2.2). By default it "
                + "reaches nothing; only forwards lead in.",
        };

    /// <summary>The option for forwarded ports.</summary>
    public static Option<string[]> Forwards() =>
        new("--forward")
        {
            Description =
                "A port of this machine's loopback, forwarded to a TCP port of the guest; 0 for any free one. May be given several times.",
            HelpName = "HOSTPORT:GUESTPORT",
        };

    /// <summary>The argument for a VM.</summary>
    public static Argument<string> Which() => new("VM") { Description = "Name, or the first digits of the id." };

    private static VmLine Line(RunningVm vm, VmState state) =>
        new(
            vm.Id,
            vm.Name,
            vm.BaseId,
            Word(state),
            vm.Record.Process.Pid,
            [.. vm.Record.Forwards.Select(f => new VmForwardLine(f.HostPort, f.GuestPort))],
            vm.Record.Created,
            vm.Folder
        )
        {
            Project = vm.Record.Project,
        };

    private static string Word(VmState state) =>
        state switch
        {
            VmState.Running => "running",
            VmState.Paused => "paused",
            VmState.Stalled => "stalled",
            _ => "dead",
        };

    private static async Task PrintAsync(TextWriter output, RunningVm vm, bool json, CancellationToken ct)
    {
        var state = await vm.StateAsync(ct);
        if (json)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(Line(vm, state), RuntimeJson.Default.VmLine));
            return;
        }

        await output.WriteLineAsync(
            $"{vm.Id}  {vm.Name ?? "-", -16} {Word(state), -8} base {vm.BaseId[..12]}  pid {vm.Record.Process.Pid, -8} since "
                + $"{vm.Record.Created:u}{string.Concat(vm.Record.Forwards.Select(f => $"  {f}"))}"
        );
        if (state == VmState.Stalled)
            await output.WriteLineAsync(
                $"    its disk could not be written: make room in the file system of {vm.Folder}, then 'cloudlet vm continue {vm.Label}'"
            );
        if (state == VmState.Dead && vm.LastWords(3) is { Length: > 0 } words)
            await output.WriteLineAsync($"    end of QEMU's log: {words.ReplaceLineEndings("\n    ")}");
    }
}
