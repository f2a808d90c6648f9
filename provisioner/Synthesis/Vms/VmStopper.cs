using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Vms;

/// <summary>Ends VMs.</summary>
public sealed class VmStopper(RuntimeStore store)
{
    private static readonly TimeSpan AgentLimit = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Stops a VM: its guest shuts down, or with <paramref name="force"/> is powered off. Timeout when the guest takes longer than
    /// <paramref name="limit"/>; it keeps running then. A VM that has ended already is not an error.
    /// </summary>
    /// <param name="idOrName">The VM.</param>
    /// <param name="force">True: power off at once.</param>
    /// <param name="remove">True: its folder, with its disk and logs, is removed.</param>
    /// <param name="limit">How long the guest may take.</param>
    /// <param name="progress">What is being done.</param>
    /// <param name="ct">Stops it.</param>
    public Task<RunningVm> StopAsync(
        string idOrName,
        bool force,
        bool remove,
        TimeSpan limit,
        IProgress<string> progress,
        CancellationToken ct
    ) => store.TryAsync($"stop VM {idOrName}", () => EndAsync(idOrName, force, remove, limit, progress, ct));

    private async Task<RunningVm> EndAsync(
        string idOrName,
        bool force,
        bool remove,
        TimeSpan limit,
        IProgress<string> progress,
        CancellationToken ct
    )
    {
        var vm = new VmCatalog(store).Get(idOrName);
        using var alone = vm.Lock();
        if (vm.IsAlive && !force)
            await ShutDownAsync(vm, limit, progress, ct);
        if (vm.IsAlive)
            await vm.EndAsync(ct);
        if (!remove)
            return vm;
        using var bin = store.Stage();
        Directory.Move(vm.Folder, bin["vm"]);
        return vm;
    }

    private static async Task ShutDownAsync(RunningVm vm, TimeSpan limit, IProgress<string> progress, CancellationToken ct)
    {
        progress.Report($"asking the guest of VM {vm.Label} to shut down (at most {limit.TotalSeconds:0} s)");
        await AskAsync(vm, ct);
        if (!await vm.Record.Process.EndsWithinAsync(limit, ct))
            throw new CloudletException(
                ErrorKind.Timeout,
                $"the guest of VM {vm.Label} did not shut down within {limit.TotalSeconds:0} s: give it more time with --timeout, or "
                    + "stop it as a power cut would with --force. Its console ended "
                    + $"with:\n{LogTail.Of(vm.ConsoleLog, 5)}"
            );
    }

    /// <summary>
    /// Requests a shutdown by the power button and the agent: a guest may have no agent, or ignore the button. The agent does not answer a
    /// shutdown; disconnecting at once might cancel the request.
    /// </summary>
    private static async Task AskAsync(RunningVm vm, CancellationToken ct)
    {
        await using (var control = await vm.ControlAsync(ct))
            await control.ExecuteAsync("system_powerdown", ct);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(AgentLimit);
        try
        {
            using var agent = await GuestAgent.FindAsync(vm, timeout.Token);
            if (agent is not null)
                await agent.ExecuteAsync("{\"execute\":\"guest-shutdown\",\"arguments\":{\"mode\":\"powerdown\"}}", timeout.Token);
        }
        catch (Exception e) when (e is IOException or CloudletException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            // The power button was pressed; the caller waits for its effect.
        }
    }
}
