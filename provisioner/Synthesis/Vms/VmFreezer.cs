using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Vms;

/// <summary>Pauses a running VM between two instructions, so that memory, disk and device state can be read consistently.</summary>
public sealed class VmFreezer(RuntimeStore store)
{
    private const string State = "state";

    /// <summary>
    /// Freezes a VM; one that was paused stays paused afterwards. NotFound when it does not run, Busy when another command uses it.
    /// </summary>
    /// <param name="vm">The VM.</param>
    /// <param name="devicesPath">File that the device state is written to.</param>
    /// <param name="progress">What is being done.</param>
    /// <param name="ct">Stops it; the VM keeps running.</param>
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
            var version = QmpAnswers.Version(await control.ExecuteAsync("query-version", ct));
            progress.Report($"freezing VM {vm.Label}");
            QemuUser.Current.Create(state);
            await store.HavingRoomAsync($"the state of the devices of VM {vm.Label}", () => BaseCreator.SaveAsync(control, State, ct));
            BaseCreator.TakeDevices(state, devicesPath);
            File.Delete(state);
            var memory = GuestMemory.Of(vm.Record.Process.Pid, origin.MemoryPath, origin.Manifest.Memory!.Length);
            return new FrozenVm(vm, origin, memory, devicesPath, control, taken) { Guard = guard, QemuVersion = version };
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

/// <summary>A frozen VM. It is resumed, or ended, when this is disposed.</summary>
public sealed class FrozenVm : IAsyncDisposable
{
    private readonly QmpClient _control;
    private readonly FileStream _lock;

    internal FrozenVm(RunningVm vm, BaseVm origin, GuestMemory memory, string devicesPath, QmpClient control, FileStream taken) =>
        (Vm, Base, Memory, DevicesPath, _control, _lock) = (vm, origin, memory, devicesPath, control, taken);

    /// <summary>The VM.</summary>
    public RunningVm Vm { get; }

    /// <summary>Its base.</summary>
    public BaseVm Base { get; }

    /// <summary>Its memory.</summary>
    public GuestMemory Memory { get; }

    /// <summary>Its disk layer: qcow2 over the base's disk, flushed.</summary>
    public string DiskPath => Vm.DiskPath;

    /// <summary>File of its device state.</summary>
    public string DevicesPath { get; }

    /// <summary>Version of the running QEMU, which may differ from the installed one.</summary>
    public required string QemuVersion { get; init; }

    /// <summary>True: disposing ends the VM and keeps its folder. False: disposing resumes it.</summary>
    public bool EndsVm { get; set; }

    /// <summary>Resumes it if we are killed; null when it was paused before.</summary>
    internal ThawGuard? Guard { get; init; }

    /// <summary>Resumes the VM, or ends it.</summary>
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

    /// <summary>Resumes the guest and disconnects. If QEMU has exited, the next command reports it.</summary>
    internal static async Task ThawAsync(QmpClient control, ThawGuard? guard)
    {
        try
        {
            if (guard is not null)
                await control.ExecuteAsync("cont", CancellationToken.None);
        }
        catch (CloudletException)
        {
            // QEMU has exited or hangs, so there is nothing to resume; the original error is reported.
        }

        guard?.Dispose();
        await control.DisposeAsync();
    }
}
