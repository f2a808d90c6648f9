using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Disks;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Vms;

/// <summary>What a VM is to be started from.</summary>
public sealed record VmStart
{
    /// <summary>The base: its memory and disk are what everything else lies above.</summary>
    public required BaseVm Base { get; init; }

    /// <summary>Makes the disk at the path it gets: qcow2 with the base's disk below it. Null: an empty layer.</summary>
    public Func<string, CancellationToken, Task>? MakeDisk { get; init; }

    /// <summary>Tells the file of the device state, when memory is filled. Null: the base's own.</summary>
    public Func<CancellationToken, Task<string>>? DevicesPath { get; init; }

    /// <summary>Writes what differs from the base's memory, before devices look into it. Null: nothing does. The memory is closed when it returns.</summary>
    public Func<GuestMemory, CancellationToken, Task>? Fill { get; init; }

    /// <summary>Ports of this machine's loopback that lead into the guest.</summary>
    public IReadOnlyList<PortForward> Forwards { get; init; } = [];

    /// <summary>What people call it, or null.</summary>
    public string? Name { get; init; }

    /// <summary>True: the guest reaches what this machine reaches.</summary>
    public bool IsOpen { get; init; }
}

/// <summary>Starts VMs from sealed states. A VM that could not be started whole leaves nothing behind.</summary>
public sealed class VmStarter(RuntimeStore store)
{
    private static readonly TimeSpan s_loadLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_loadPause = TimeSpan.FromMilliseconds(2);

    /// <summary>
    /// Starts a VM, which then outlives this process. Unsupported, with every reason, when this machine can't run it; Unexpected when the base's memory is not what was sealed; ProcessFailed, with QEMU's words, when the state does not
    /// fit. Nothing runs then.
    /// </summary>
    public Task<RunningVm> StartAsync(VmStart start, IProgress<string> progress, CancellationToken ct) =>
        store.TryAsync($"started a VM of base {start.Base.ShortId}", () => MakeAsync(start, progress, ct));

    private async Task<RunningVm> MakeAsync(VmStart start, IProgress<string> progress, CancellationToken ct)
    {
        var (vm, definition) = (start.Base, start.Base.Manifest.Definition);
        if (definition is null || !vm.Manifest.IsSealed)
            throw new CloudletException(ErrorKind.InvalidInput, $"base {vm.ShortId} is a disk alone and has nothing to resume: make a base of it with 'cloudlet base create {vm.ShortId}'");
        definition.RequireCardFor(start.Forwards);
        var host = await QemuHost.FindAsync(store, ct);
        host.Require(definition);
        using var held = BaseCatalog.Hold(vm);
        RequireFiles(vm);
        MemorySeal.Require(vm, progress, ct);
        new VmCatalog(store).RequireFree(start.Name);
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
        return await store.HavingRoomAsync("what a guest reads and writes", async () =>
        {
            await using var qemu = await QemuProcess.StartAsync(host.Path, arguments, staged.Path, QemuHost.KvmGroup(definition), ct);
            await GoOnAsync(qemu, start, ct);
            var record = new VmRecord { Id = id, Name = start.Name, BaseId = vm.Id, Process = qemu.Identity, Forwards = forwards, Created = DateTimeOffset.UtcNow };
            record.Write(staged.Path);
            staged.Publish(Path.Combine(store.VmsFolder, id), VmRecord.File);
            qemu.LetGo();
            return new RunningVm(record, staged.Path);
        });
    }

    private static async Task GoOnAsync(QemuProcess qemu, VmStart start, CancellationToken ct)
    {
        var vm = start.Base;
        await using var control = await qemu.ControlAsync(ct);
        if (start.Fill is not null)
            using (var memory = GuestMemory.Of(qemu.Identity.Pid, vm.MemoryPath, vm.Manifest.Memory!.Length))
                await start.Fill(memory, ct);
        await LoadAsync(qemu, control, start.DevicesPath is null ? vm.DevicesPath : await start.DevicesPath(ct), ct);
        await control.ExecuteAsync("cont", ct);
    }

    /// <summary>As QEMU sees it from the folder it runs in, which is one below the store's like the base's is.</summary>
    internal static string Below(BaseVm vm, string file) => $"../../bases/{vm.Id}/{file}";

    /// <summary>QEMU would make a missing memory file anew, full of zeros.</summary>
    private static void RequireFiles(BaseVm vm)
    {
        var problems = new List<string>();
        foreach (var (path, part) in new[] { (vm.DiskPath, vm.Manifest.Disk), (vm.MemoryPath, vm.Manifest.Memory!), (vm.DevicesPath, vm.Manifest.Devices!) })
            if (new FileInfo(path) is not { Exists: true } file)
                problems.Add($"{path} is missing");
            else if (file.Length != part.Length)
                problems.Add($"{path} has {file.Length} bytes and not {part.Length}");
        if (problems.Count > 0)
            throw new CloudletException(ErrorKind.Unexpected, $"base {vm.ShortId} is damaged, so nothing was started:\n  {string.Join("\n  ", problems)}\nRemove it (cloudlet base remove {vm.ShortId}) and make or import it again.");
    }

    private static async Task MakeFilesAsync(VmStart start, StagedFolder staged, CancellationToken ct)
    {
        var user = VmUser.Current;
        user.LetPass(staged.Path);
        user.CreateFolder(staged[QemuArguments.Sockets]);
        user.Create(staged[QemuArguments.ConsoleLog]);
        if (start.MakeDisk is null)
        {
            using var layer = new Qcow2Layer(staged[RunningVm.DiskFile], Below(start.Base, BaseVm.DiskFile), start.Base.Manifest.Disk.Length);
        }
        else
        {
            await start.MakeDisk(staged[RunningVm.DiskFile], ct);
        }

        user.LetWrite(staged[RunningVm.DiskFile]);
    }

    private static async Task LoadAsync(QemuProcess qemu, QmpClient control, string devices, CancellationToken ct)
    {
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
                // QEMU hung up in the middle: what it says about the state is the reason.
            }
        }

        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(s_loadPause, ct))
        {
            string? status;
            try
            {
                status = (await control.ExecuteAsync("query-migrate", ct)).Text("status");
            }
            catch (CloudletException e) when (e.Kind == ErrorKind.Unreachable)
            {
                throw qemu.Explain("QEMU did not take the device state: it does not fit the machine, or is damaged", e);
            }

            if (status == "completed")
                return;
            if (status == "failed" || watch.Elapsed > s_loadLimit)
                throw qemu.Explain($"QEMU did not take the device state (it says '{status}'): it does not fit the machine, or is damaged");
        }
    }
}
