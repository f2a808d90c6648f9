using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Vms;

/// <summary>Stops a running VM between two instructions, so that memory, disk and devices can be read as they were at one moment.</summary>
public sealed class VmFreezer(RuntimeStore store)
{
    private const string State = "state";

    /// <summary>Freezes a VM; one that is paused already stays so afterwards. NotFound when it does not run, Busy when another command works on it.</summary>
    /// <param name="vm">Which.</param>
    /// <param name="devicesPath">File that the device state is written to.</param>
    /// <param name="progress">What is being done.</param>
    /// <param name="ct">Stops it; the VM runs on then.</param>
    public async Task<FrozenVm> FreezeAsync(RunningVm vm, string devicesPath, IProgress<string> progress, CancellationToken ct)
    {
        var taken = vm.Lock();
        QmpClient? control = null;
        ThawGuard? guard = null;
        var state = Path.Combine(vm.Folder, State);
        try
        {
            var origin = new BaseCatalog(store).Get(vm.BaseId);
            var socket = await vm.ConnectAsync(QemuArguments.ControlSocket, ct);
            control = await QmpClient.OpenAsync(socket, ct);
            if ((await control.ExecuteAsync("query-status", ct)).Says("running"))
                guard = ThawGuard.Start(socket);
            progress.Report($"freezing VM {vm.Label}");
            VmUser.Current.Create(state);
            await store.HavingRoomAsync($"the state of the devices of VM {vm.Label}", () => BaseCreator.SaveAsync(control, State, ct));
            BaseCreator.TakeDevices(state, devicesPath);
            File.Delete(state);
            var memory = GuestMemory.Of(vm.Record.Process.Pid, origin.MemoryPath, origin.Manifest.Memory!.Length);
            return new FrozenVm(vm, origin, memory, devicesPath, control, taken) { Guard = guard };
        }
        catch
        {
            if (control is not null)
                await FrozenVm.ThawAsync(control, guard);
            File.Delete(state);
            taken.Dispose();
            throw;
        }
    }
}

/// <summary>A VM that stands still. It goes on, or ends, when this is disposed.</summary>
public sealed class FrozenVm : IAsyncDisposable
{
    private readonly QmpClient _control;
    private readonly FileStream _lock;

    internal FrozenVm(RunningVm vm, BaseVm origin, GuestMemory memory, string devicesPath, QmpClient control, FileStream taken) =>
        (Vm, Base, Memory, DevicesPath, _control, _lock) = (vm, origin, memory, devicesPath, control, taken);

    /// <summary>The VM.</summary>
    public RunningVm Vm { get; }

    /// <summary>The base that it builds on.</summary>
    public BaseVm Base { get; }

    /// <summary>Its memory.</summary>
    public GuestMemory Memory { get; }

    /// <summary>Its disk: qcow2 above the base's disk, flushed.</summary>
    public string DiskPath => Vm.DiskPath;

    /// <summary>The state of its devices.</summary>
    public string DevicesPath { get; }

    /// <summary>True: disposing ends the VM, whose folder stays. False: it goes on.</summary>
    public bool EndsVm { get; set; }

    /// <summary>Lets it go on if we can't; null: it stood still before.</summary>
    internal ThawGuard? Guard { get; init; }

    /// <summary>Lets the VM go on, or ends it.</summary>
    public async ValueTask DisposeAsync()
    {
        Memory.Dispose();
        if (EndsVm)
        {
            Guard?.Dispose();
            await _control.DisposeAsync();
            await Vm.EndAsync(CancellationToken.None);
        }
        else
        {
            await ThawAsync(_control, Guard);
        }

        await _lock.DisposeAsync();
    }

    /// <summary>Lets the guest go on and hangs up. A QEMU that has ended meanwhile is told of by whoever looks for it next.</summary>
    internal static async Task ThawAsync(QmpClient control, ThawGuard? guard)
    {
        try
        {
            if (guard is not null)
                await control.ExecuteAsync("cont", CancellationToken.None);
        }
        catch (CloudletException)
        {
            // Gone, or hanging: either way there is nothing to let go on, and the first error is the one to hear of.
        }

        guard?.Dispose();
        await control.DisposeAsync();
    }
}
