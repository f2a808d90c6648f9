using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Disks;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Refusals;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Vms;

/// <summary>What to start a VM from.</summary>
public sealed record VmStartOptions
{
    /// <summary>The base, whose memory and disk the VM's changes are layered over.</summary>
    public required BaseVm Base { get; init; }

    /// <summary>Makes the disk layer at a path: qcow2 over the base's disk. Null: an empty layer.</summary>
    public Func<string, CancellationToken, Task>? MakeDisk { get; init; }

    /// <summary>Returns the file of the device state, after memory was filled. Null: the base's.</summary>
    public Func<CancellationToken, Task<string>>? DevicesPath { get; init; }

    /// <summary>Version of the QEMU that wrote that device state; null: the one that sealed the base.</summary>
    public string? QemuVersion { get; init; }

    /// <summary>True for the VM of an overlay: reasons against it are errors that refuse the overlay.</summary>
    internal bool IsFromOverlay { get; init; }

    /// <summary>
    /// Writes the pages that differ from the base's memory, before the device state is loaded. Null: none do. The memory is closed when it
    /// returns.
    /// </summary>
    public Func<GuestMemory, CancellationToken, Task>? Fill { get; init; }

    /// <summary>Ports of this machine's loopback that are forwarded to the guest.</summary>
    public IReadOnlyList<PortForward> Forwards { get; init; } = [];

    /// <summary>Its name, or null.</summary>
    public string? Name { get; init; }

    /// <summary>True: the guest can reach every network that this machine can reach.</summary>
    public bool IsOpen { get; init; }

    /// <summary>The error for a reason why the VM can't be started.</summary>
    internal CloudletException Error(ErrorKind kind, OverlayRefusal reason, Exception? inner = null) =>
        IsFromOverlay ? new OverlayRefusedException(kind, reason, inner) : new CloudletException(kind, reason.Message, inner);
}

/// <summary>Starts VMs from sealed states. A failure leaves nothing behind.</summary>
public sealed class VmStarter(RuntimeStore store)
{
    private static readonly TimeSpan LoadLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LoadPause = TimeSpan.FromMilliseconds(2);

    /// <summary>
    /// Starts a VM, which then outlives this process. Unsupported, with every reason, when this machine can't run it; Unexpected when the
    /// base has changed since it was sealed; ProcessFailed, with QEMU's messages, when the state does not fit. Nothing runs then.
    /// </summary>
    public Task<RunningVm> StartAsync(VmStartOptions start, IProgress<string> progress, CancellationToken ct) =>
        store.TryAsync($"start a VM of base {start.Base.ShortId}", () => MakeAsync(start, progress, ct));

    private async Task<RunningVm> MakeAsync(VmStartOptions start, IProgress<string> progress, CancellationToken ct)
    {
        var (vm, definition) = (start.Base, start.Base.Manifest.Definition);
        if (definition is null || !vm.Manifest.IsSealed)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"base {vm.ShortId} is a disk alone and has nothing to resume: make a base of it with 'cloudlet base create {vm.ShortId}'"
            );
        PortForward.RequireCard(definition, start.Forwards);
        var host = await QemuHost.FindAsync(store, ct);
        if (QemuHost.ReasonOf(await host.ObstaclesAsync(store, definition.WrittenBy(start.QemuVersion), ct)) is { } obstacle)
            throw start.Error(ErrorKind.Unsupported, obstacle);
        using var inUse = BaseCatalog.Hold(vm);
        if (BaseSeal.ReasonAgainst(vm, progress, ct) is { } change)
            throw start.Error(ErrorKind.Unexpected, change);
        using var claim = new VmCatalog(store).Claim(start.Name);
        var forwards = FreePort.Choose(start.Forwards);

        using var staged = store.Stage();
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
        await MakeFilesAsync(start, staged, ct);
        var arguments = new QemuArguments(definition)
        {
            Name = $"cloudlet-{id}",
            MemoryFile = Below(vm, BaseVm.MemoryFile),
            SharesMemory = false,
            Disk = Below(vm, BaseVm.DiskFile),
            DiskLayer = RunningVm.DiskFile,
            WaitsForState = true,
            Forwards = forwards,
            IsOpen = start.IsOpen,
        };
        return await store.HavingRoomAsync(
            "what a guest reads and writes",
            async () =>
            {
                await using var qemu = await QemuProcess.StartAsync(host.Path, arguments, staged.Path, QemuHost.KvmGroup(definition), ct);
                await ResumeAsync(qemu, start, ct);
                var record = new VmRecord
                {
                    Id = id,
                    Name = start.Name,
                    Project = store.Project,
                    BaseId = vm.Id,
                    Process = qemu.Identity,
                    Forwards = forwards,
                    Created = DateTimeOffset.UtcNow,
                };
                record.Write(staged.Path);
                staged.Publish(Path.Combine(store.VmsFolder, id), VmRecord.File);
                qemu.LetGo();
                return new RunningVm(record, staged.Path);
            }
        );
    }

    private static async Task ResumeAsync(QemuProcess qemu, VmStartOptions start, CancellationToken ct)
    {
        var vm = start.Base;
        await using var control = await qemu.ControlAsync(ct);
        if (start.Fill is not null)
            using (var memory = GuestMemory.Of(qemu.Identity.Pid, vm.MemoryPath, vm.Manifest.Memory!.Length))
                await start.Fill(memory, ct);
        await LoadAsync(qemu, control, start, ct);
        await control.ExecuteAsync("cont", ct);
    }

    /// <summary>Path of a base's file relative to QEMU's working folder, which is as deep in the store as the base's.</summary>
    internal static string Below(BaseVm vm, string file) => $"../../bases/{vm.Id}/{file}";

    private static async Task MakeFilesAsync(VmStartOptions start, StagedFolder staged, CancellationToken ct)
    {
        var user = QemuUser.Current;
        user.LetPass(staged.Path);
        user.CreateFolder(staged[QemuArguments.Sockets]);
        user.Create(staged[QemuArguments.ConsoleLog]);
        if (start.MakeDisk is null)
        {
            using var layer = new Qcow2Layer(
                staged[RunningVm.DiskFile],
                Below(start.Base, BaseVm.DiskFile),
                start.Base.Manifest.Disk.Length
            );
        }
        else
        {
            await start.MakeDisk(staged[RunningVm.DiskFile], ct);
        }

        user.LetWrite(staged[RunningVm.DiskFile]);
    }

    private static async Task LoadAsync(QemuProcess qemu, QmpClient control, VmStartOptions start, CancellationToken ct)
    {
        var devices = start.DevicesPath is null ? start.Base.DevicesPath : await start.DevicesPath(ct);
        using (var socket = await qemu.ConnectAsync(QemuArguments.LoadSocket, ct))
        {
            await using var stream = new NetworkStream(socket);
            await using var file = File.OpenRead(devices);
            try
            {
                await file.CopyToAsync(stream, ct);
                socket.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // QEMU closed the connection early; its migration status tells the reason.
            }
        }

        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(LoadPause, ct))
        {
            string? status;
            try
            {
                status = (await control.ExecuteAsync("query-migrate", ct)).Text("status");
            }
            catch (CloudletException e) when (e.Kind == ErrorKind.Unreachable)
            {
                throw Rejected("no answer", e);
            }

            if (status == "completed")
                return;
            if (status == "failed" || watch.Elapsed > LoadLimit)
                throw Rejected(status ?? "no status", null);
        }

        CloudletException Rejected(string found, Exception? cause)
        {
            var error = qemu.Explain(
                $"QEMU did not accept the device state, which does not fit the machine or is damaged: expected completed, found {found}",
                cause
            );
            return start.Error(
                error.Kind,
                new OverlayRefusal(OverlayRefusalCode.DeviceStateRejected, "completed", found, error.Message),
                cause
            );
        }
    }
}
