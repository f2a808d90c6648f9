using Cloudlet.Errors;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Bases;

/// <summary>What a base is to be made of.</summary>
public sealed record BaseCreation
{
    /// <summary>An image file, or name or id of a base whose disk is booted. A file of that name comes first.</summary>
    public required string Source { get; init; }

    /// <summary>What people call it, or null.</summary>
    public string? Name { get; init; }

    /// <summary>Guest memory, bytes.</summary>
    public long MemoryBytes { get; init; } = 512L << 20;

    /// <summary>Virtual processors.</summary>
    public int Cpus { get; init; } = 1;

    /// <summary>CPU model and features.</summary>
    public string Cpu { get; init; } = DefaultCpu;

    /// <summary><c>tcg</c>, <c>kvm</c>, or null: kvm where it is to be had.</summary>
    public string? Accelerator { get; init; }

    /// <summary>What the disk is attached by: virtio, scsi or sata. A guest boots only from what it has a driver for.</summary>
    public string Disk { get; init; } = VmDefinition.Virtio;

    /// <summary>The network card: virtio, e1000e, vmxnet3 or none.</summary>
    public string Card { get; init; } = VmDefinition.Virtio;

    /// <summary>When the guest is ready.</summary>
    public Readiness Until { get; init; } = new(ReadinessKind.Idle, "", 5);

    /// <summary>How long that may take.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>True: the guest reaches what this machine reaches.</summary>
    public bool IsOpen { get; init; }

    /// <summary>For <see cref="ReadinessKind.Manual"/>: ends when the person says that the guest is ready; the argument is where its console can be reached.</summary>
    public Func<string, CancellationToken, Task>? Person { get; init; }

    /// <summary>Old enough to be on every host that KVM runs on, with the instructions that programs of today expect, and random numbers at boot.</summary>
    public const string DefaultCpu = "Westmere,+rdrand";
}

/// <summary>Boots a disk until it is ready, and seals memory, device state and disk of that moment.</summary>
public sealed class BaseCreator(RuntimeStore store)
{
    /// <summary>Device state is some ten KiB; a device that has more of it is one that this layout has not.</summary>
    internal const long MostDevices = 16 << 20;

    private const string MachineType = "pc-q35-7.2";

    /// <summary>
    /// Makes a base. InvalidInput and Unsupported before anything starts; ProcessFailed when the guest ends before it is ready, Timeout when it takes too long: nothing is left then.
    /// </summary>
    public Task<BaseVm> CreateAsync(BaseCreation creation, IProgress<string> progress, CancellationToken ct) =>
        store.TryAsync($"made a base of {creation.Source}", () => MakeAsync(creation, progress, ct));

    private async Task<BaseVm> MakeAsync(BaseCreation creation, IProgress<string> progress, CancellationToken ct)
    {
        var host = await QemuHost.FindAsync(store, ct);
        var definition = new VmDefinition
        {
            Layout = QemuArguments.Layout,
            Machine = MachineType,
            Accelerator = creation.Accelerator ?? (host.Accelerators.ContainsKey("kvm") ? "kvm" : "tcg"),
            Cpu = creation.Cpu,
            Cpus = creation.Cpus,
            MemoryBytes = creation.MemoryBytes,
            QemuVersion = host.Version,
            Disk = creation.Disk == VmDefinition.Virtio ? null : creation.Disk,
            Card = creation.Card == VmDefinition.Virtio ? null : creation.Card,
        };
        if (definition.Problems() is { Count: > 0 } problems)
            throw new CloudletException(ErrorKind.InvalidInput, $"there can't be such a virtual machine:\n  {string.Join("\n  ", problems)}");
        definition.RequireCardFor(creation.Until.GuestPort is { } asked ? [new PortForward(0, asked)] : []);
        host.Require(definition);
        var catalog = new BaseCatalog(store);
        catalog.RequireFree(creation.Name);
        using var staged = store.Stage();
        await TakeDiskAsync(creation.Source, catalog, staged, progress, ct);
        await BootAsync(creation, definition, host, staged, progress, ct);
        Directory.Delete(staged[QemuArguments.Sockets], recursive: true);
        foreach (var log in (string[])[QemuArguments.ConsoleLog, QemuProcess.Log])
            File.Delete(staged[log]);
        BasePublisher.PunchZeros(staged[BaseVm.DiskFile], ct);
        progress.Report($"{BasePublisher.PunchZeros(staged[BaseVm.MemoryFile], ct) >> 20} of {definition.MemoryBytes >> 20} MiB of memory are in use");
        return BasePublisher.Publish(store, staged, definition, creation.Name, progress, ct);
    }

    /// <summary>Copies the device state that QEMU wrote, which is as trustworthy as its guest.</summary>
    internal static void TakeDevices(string from, string to)
    {
        if (new FileInfo(from) is not { Exists: true, LinkTarget: null, Length: > 0 and <= MostDevices })
            throw new CloudletException(ErrorKind.Unexpected, $"QEMU wrote no device state of 1 to {MostDevices} bytes");
        File.Copy(from, to, overwrite: true);
    }

    /// <summary>Stops the guest between two instructions and writes the state of its devices. Its disk is whole and written then: stopping waits for what is under way and flushes.</summary>
    internal static async Task SaveAsync(QmpClient control, string file, CancellationToken ct)
    {
        await control.ExecuteAsync("stop", ct);

        // The name is an accident: it is the one command that writes the state of all devices without memory and disks.
        await control.ExecuteAsync("xen-save-devices-state", json =>
        {
            json.WriteString("filename", file);
            json.WriteBoolean("live", false); // true takes the disks from QEMU, and a second save then ends it (bdrv_inactivate_all asserts)
        }, ct);
    }

    private static async Task TakeDiskAsync(string source, BaseCatalog catalog, StagedFolder staged, IProgress<string> progress, CancellationToken ct)
    {
        if (File.Exists(source))
        {
            await BaseImporter.ReadDiskAsync(source, staged, progress, ct);
        }
        else
        {
            var origin = catalog.Get(source);
            using var held = BaseCatalog.Hold(origin);
            progress.Report($"copying the disk of base {origin.ShortId}");
            BaseImporter.CopySparse(origin.DiskPath, staged[BaseVm.DiskFile], ct);
        }

        VmUser.Current.LetPass(staged.Path);
        VmUser.Current.LetWrite(staged[BaseVm.DiskFile]);
    }

    private async Task BootAsync(BaseCreation creation, VmDefinition definition, QemuHost host, StagedFolder staged, IProgress<string> progress, CancellationToken ct)
    {
        SparseFile.Create(staged[BaseVm.MemoryFile], definition.MemoryBytes).Dispose();
        VmUser.Current.LetWrite(staged[BaseVm.MemoryFile]);
        foreach (var file in (string[])[QemuArguments.ConsoleLog, BaseVm.DevicesFile])
            VmUser.Current.Create(staged[file]);
        VmUser.Current.CreateFolder(staged[QemuArguments.Sockets]);
        int? port = creation.Until.GuestPort is null ? null : FreePort.Take();
        var arguments = new QemuArguments(definition)
        {
            Name = "cloudlet-base",
            MemoryFile = BaseVm.MemoryFile,
            SharesMemory = true,
            Disk = BaseVm.DiskFile,
            IsOpen = creation.IsOpen,
            Forwards = creation.Until.GuestPort is { } guest ? [new PortForward(port!.Value, guest)] : [],
        };
        progress.Report($"booting, waiting for {creation.Until}");
        await using var qemu = await QemuProcess.StartAsync(host.Path, arguments, staged.Path, QemuHost.KvmGroup(definition), ct);
        await using var control = await qemu.ControlAsync(ct);
        Func<CancellationToken, Task>? person = creation.Person is { } ask ? stop => ask(Path.Combine(staged[QemuArguments.Sockets], QemuArguments.ConsoleSocket), stop) : null;
        var watch = new ReadinessWatch(creation.Until, qemu, control, staged[QemuArguments.ConsoleLog], port, person);
        await store.HavingRoomAsync($"the memory and the disk of the guest, which takes up to {definition.MemoryBytes >> 20} MiB beside its disk", () => watch.WaitAsync(creation.Limit, progress, ct));
        progress.Report("ready; sealing");
        await SaveAsync(control, BaseVm.DevicesFile, ct);
        await qemu.QuitAsync(control, ct);
        if (new FileInfo(staged[BaseVm.DevicesFile]).Length is 0 or > MostDevices)
            throw new CloudletException(ErrorKind.Unexpected, $"QEMU wrote no device state of 1 to {MostDevices} bytes");
    }
}
