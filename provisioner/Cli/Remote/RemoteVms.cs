using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Cloudlet.Cli.Output;
using Cloudlet.ServiceApi.Client;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Cli.Remote;

/// <summary>The verbs of VMs, at a service.</summary>
internal static class RemoteVms
{
    /// <summary>Starts a VM and prints it.</summary>
    public static async Task<int> CreateAsync(
        ServiceClient client,
        CreateVmRequest request,
        InvocationConfiguration console,
        bool json,
        CancellationToken ct
    )
    {
        var made = await client.RunAsync("/v1/vms", request, RequestJson.Default.CreateVmRequest, console, ct);
        var vm = await GetAsync(client, made!.Id, ct);
        if (json)
        {
            await console.Output.WriteLineAsync(
                JsonSerializer.Serialize(LineOf(vm) with { Clock = made.Note, ResumeMs = made.ResumeMs }, RuntimeJson.Default.VmLine)
            );
        }
        else
        {
            var name = vm.Name is null ? "" : $" ({vm.Name})";
            var ports = vm.Forwards.Select(f => $"\n127.0.0.1:{f.Host} of the cloudlet leads to port {f.Guest} of the guest");
            var took = (made.ResumeMs / 1000)?.ToString("0.00", CultureInfo.InvariantCulture);
            await console.Output.WriteLineAsync($"VM {vm.Id}{name} runs after {took} s{string.Concat(ports)}");
        }

        if (made.Note is not null)
            await console.Error.WriteLineAsync($"note: {made.Note}");
        return ExitCodes.Ok;
    }

    /// <summary>Forwards of a command line.</summary>
    public static IReadOnlyList<ForwardView> Forwards(string[]? given) =>
        [.. (given ?? []).Select(PortForward.Parse).Select(f => new ForwardView(f.HostPort, f.GuestPort))];

    /// <summary>Prints the VMs.</summary>
    public static async Task<int> ListAsync(ServiceClient client, InvocationConfiguration console, bool json, CancellationToken ct)
    {
        var vms = await client.ListAsync("/v1/vms", AnswerJson.Default.PageVmView, ct);
        foreach (var vm in vms)
            Print(console.Output, vm, json);
        if (vms.Count == 0 && !json)
            await console.Output.WriteLineAsync("no VMs; `cloudlet vm resume BASE` starts one");
        return ExitCodes.Ok;
    }

    /// <summary>Prints one VM.</summary>
    public static async Task<int> ShowAsync(
        ServiceClient client,
        string which,
        InvocationConfiguration console,
        bool json,
        CancellationToken ct
    )
    {
        var vm = await GetAsync(client, which, ct);
        Print(console.Output, vm, json);
        if (!json)
            await console.Output.WriteLineAsync(
                $"base     {vm.Base}\nproject  {vm.Project ?? "-"}\nend of console:\n{PlainText.Of(vm.ConsoleTail ?? "", keepLines: true)}"
            );
        return ExitCodes.Ok;
    }

    /// <summary>Connects the terminal with a serial port.</summary>
    public static async Task<int> ConsoleAsync(ServiceClient client, string which, InvocationConfiguration console, CancellationToken ct)
    {
        await new TerminalRelay(console.Error).RunAsync(await client.OpenConsoleAsync(which, ct), ct);
        return ExitCodes.Ok;
    }

    /// <summary>Pauses or continues a guest.</summary>
    public static async Task<int> SetPausedAsync(
        ServiceClient client,
        string which,
        bool isPaused,
        InvocationConfiguration console,
        CancellationToken ct
    )
    {
        var path = RemoteWork.PathOf("vms", which, isPaused ? "/pause" : "/continue");
        var vm = await client.CallAsync(HttpMethod.Post, path, AnswerJson.Default.VmView, ct);
        await console.Output.WriteLineAsync($"VM {vm.Name ?? vm.Id} {(isPaused ? "is paused" : "continues")}");
        return ExitCodes.Ok;
    }

    /// <summary>Stops a VM.</summary>
    public static async Task<int> StopAsync(
        ServiceClient client,
        string which,
        StopVmRequest request,
        bool removes,
        InvocationConfiguration console,
        CancellationToken ct
    )
    {
        if (removes)
            await client.RunAsync(
                HttpMethod.Delete,
                RemoteWork.PathOf("vms", which, $"?force={(request.Force ? "true" : "false")}&timeoutSeconds={request.TimeoutSeconds}"),
                console,
                ct
            );
        else
            await client.RunAsync(RemoteWork.PathOf("vms", which, "/stop"), request, RequestJson.Default.StopVmRequest, console, ct);
        await console.Output.WriteLineAsync(
            $"VM {which} {(removes ? "was removed" : "has ended; its disk layer stays until it is removed")}"
        );
        return ExitCodes.Ok;
    }

    private static Task<VmView> GetAsync(ServiceClient client, string which, CancellationToken ct) =>
        client.GetAsync(RemoteWork.PathOf("vms", which), AnswerJson.Default.VmView, ct);

    private static VmLine LineOf(VmView vm) =>
        new(
            vm.Id,
            vm.Name,
            vm.Base,
            vm.State,
            Pid: null,
            [.. vm.Forwards.Select(f => new VmForwardLine(f.Host, f.Guest))],
            vm.Created,
            Folder: null
        )
        {
            Project = vm.Project,
        };

    private static void Print(TextWriter output, VmView vm, bool json) =>
        output.WriteLine(
            json
                ? JsonSerializer.Serialize(LineOf(vm), RuntimeJson.Default.VmLine)
                : $"{vm.Id}  {vm.Name ?? "-", -16} {vm.State, -8} base {vm.Base[..12]}  project {vm.Project ?? "-", -12} "
                    + $"since {vm.Created:u}"
                    + string.Concat(vm.Forwards.Select(f => $"  {f.Host}:{f.Guest}"))
        );
}
