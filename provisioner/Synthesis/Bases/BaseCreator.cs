using Cloudlet.Errors;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Pages;
using Cloudlet.Synthesis.Qemu;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Bases;

/// <summary>What to make a base from.</summary>
public sealed record BaseCreation
{
    /// <summary>
    /// An image file, or the name or id of a base whose disk is booted. A file takes precedence over a base of the same name.
    /// </summary>
    public required string Source { get; init; }

    /// <summary>The required format of the image, or null for any. <c>raw</c> accepts any bytes as a disk.</summary>
    public string? Format { get; init; }

    /// <summary>Its name, or null.</summary>
    public string? Name { get; init; }

    /// <summary>Guest memory, bytes.</summary>
    public long MemoryBytes { get; init; } = 512L << 20;

    /// <summary>Virtual processors.</summary>
    public int Cpus { get; init; } = 1;

    /// <summary>CPU model and features.</summary>
    public string Cpu { get; init; } = DefaultCpu;

    /// <summary><c>tcg</c>, <c>kvm</c>, or null: kvm where a probe machine ran with it, else tcg.</summary>
    public string? Accelerator { get; init; }

    /// <summary>How the disk is attached: virtio, scsi or sata. The guest needs a driver for it to boot.</summary>
    public string Disk { get; init; } = VmDefinition.Virtio;

    /// <summary>The network card: virtio, e1000e, vmxnet3 or none.</summary>
    public string Card { get; init; } = VmDefinition.Virtio;

    /// <summary>When the guest is ready.</summary>
    public Readiness Until { get; init; } = new(ReadinessKind.Idle, "", 5);

    /// <summary>Time limit for that.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>True: the guest can reach every network that this machine can reach.</summary>
    public bool IsOpen { get; init; }

    /// <summary>
    /// For <see cref="ReadinessKind.Manual"/>: completes when the user says that the guest is ready; the argument is the path of its
    /// console socket.
    /// </summary>
    public Func<string, CancellationToken, Task>? Person { get; init; }

    /// <summary>
    /// Old enough for every host with KVM, new enough for the instructions that current programs need, with random numbers at boot.
    /// </summary>
    public const string DefaultCpu = "Westmere,+rdrand";
}

/// <summary>Boots a disk until the guest is ready, then seals its memory, device state and disk.</summary>
public sealed class BaseCreator(RuntimeStore store)
{
    /// <summary>Limit of the device state, in bytes. The devices of these layouts need some ten KiB.</summary>
    internal const long MostDevices = 16 << 20;

    private const string MachineType = "pc-q35-7.2";

    /// <summary>
    /// Makes a base. InvalidInput and Unsupported before anything starts; ProcessFailed when the guest ends before it is ready, Timeout
    /// when it takes too long. A failure leaves nothing behind.
    /// </summary>
    public Task<BaseVm> CreateAsync(BaseCreation creation, IProgress<string> progress, CancellationToken ct) =>
        store.TryAsync($"make a base of {creation.Source}", () => MakeAsync(creation, progress, ct));

    private async Task<BaseVm> MakeAsync(BaseCreation creation, IProgress<string> progress, CancellationToken ct)
    {
        var host = await QemuHost.FindAsync(store, ct);
        var definition = new VmDefinition
        {
            Layout = VmDefinition.NewestLayout,
            Machine = MachineType,
            Accelerator = creation.Accelerator ?? "tcg",
            Cpu = creation.Cpu,
            Cpus = creation.Cpus,
            MemoryBytes = creation.MemoryBytes,
            QemuVersion = host.Version,
            Disk = creation.Disk == VmDefinition.Virtio ? null : creation.Disk,
            Card = creation.Card == VmDefinition.Virtio ? null : creation.Card,
        };
        if (definition.Problems() is { Count: > 0 } problems)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"invalid VM definition:\n  {string.Join("\n  ", problems.Select(p => p.Message))}"
            );
        PortForward.RequireCard(definition, creation.Until.GuestPort is { } asked ? [new PortForward(0, asked)] : []);
        var catalog = new BaseCatalog(store);
        using var claim = catalog.Claim(creation.Name);
        if (creation.Accelerator is null)
            definition = await host.WithBestAcceleratorAsync(store, definition, progress, ct);
        else
            await host.RequireAsync(store, definition, ct);
        using var staged = store.Stage();
        await TakeDiskAsync(creation, catalog, staged, progress, ct);
        await BootAsync(creation, definition, host, staged, progress, ct);
        Directory.Delete(staged[QemuArguments.Sockets], recursive: true);
        foreach (var log in (string[])[QemuArguments.ConsoleLog, QemuProcess.Log])
            File.Delete(staged[log]);
        BasePublisher.PunchZeros(staged[BaseVm.DiskFile], ct);
        progress.Report(
            $"{BasePublisher.PunchZeros(staged[BaseVm.MemoryFile], ct) >> 20} of {definition.MemoryBytes >> 20} MiB of memory are in use"
        );
        return BasePublisher.Publish(store, staged, definition, creation.Name, progress, ct);
    }

    /// <summary>Copies the device state that QEMU wrote. The guest may control QEMU, so the file is not trusted.</summary>
    internal static void TakeDevices(string from, string to)
    {
        if (new FileInfo(from) is not { Exists: true, LinkTarget: null, Length: > 0 and <= MostDevices })
            throw new CloudletException(ErrorKind.Unexpected, $"QEMU wrote no device state of 1 to {MostDevices} bytes");
        File.Copy(from, to, overwrite: true);
    }

    /// <summary>
    /// Stops the guest between two instructions and writes its device state. The disk is consistent then: stopping waits for requests in
    /// flight and flushes.
    /// </summary>
    internal static async Task SaveAsync(QmpClient control, string file, CancellationToken ct)
    {
        await control.ExecuteAsync("stop", ct);

        // Despite its name it has nothing to do with Xen: it is the only command that writes the state of all devices without memory and
        // disks.
        await control.ExecuteAsync(
            "xen-save-devices-state",
            json =>
            {
                json.WriteString("filename", file);
                // true would inactivate the disks, and a second save then aborts QEMU (bdrv_inactivate_all asserts)
                json.WriteBoolean("live", false);
            },
            ct
        );
    }

    private static async Task TakeDiskAsync(
        BaseCreation creation,
        BaseCatalog catalog,
        StagedFolder staged,
        IProgress<string> progress,
        CancellationToken ct
    )
    {
        if (File.Exists(creation.Source))
        {
            await BaseImporter.ReadDiskAsync(creation.Source, creation.Format, staged, progress, ct);
        }
        else
        {
            var origin = catalog.Get(creation.Source);
            using var inUse = BaseCatalog.Hold(origin);
            BaseSeal.Require(origin, progress, ct);
            progress.Report($"copying the disk of base {origin.ShortId}");
            BaseImporter.CopySparse(origin.DiskPath, staged[BaseVm.DiskFile], ct);
        }

        QemuUser.Current.LetPass(staged.Path);
        QemuUser.Current.LetWrite(staged[BaseVm.DiskFile]);
    }

    private async Task BootAsync(
        BaseCreation creation,
        VmDefinition definition,
        QemuHost host,
        StagedFolder staged,
        IProgress<string> progress,
        CancellationToken ct
    )
    {
        SparseFile.Create(staged[BaseVm.MemoryFile], definition.MemoryBytes).Dispose();
        QemuUser.Current.LetWrite(staged[BaseVm.MemoryFile]);
        foreach (var file in (string[])[QemuArguments.ConsoleLog, BaseVm.DevicesFile])
            QemuUser.Current.Create(staged[file]);
        QemuUser.Current.CreateFolder(staged[QemuArguments.Sockets]);
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
        Func<CancellationToken, Task>? person = creation.Person is { } ask
            ? stop => ask(Path.Combine(staged[QemuArguments.Sockets], QemuArguments.ConsoleSocket), stop)
            : null;
        var watch = new ReadinessWatch(creation.Until, qemu, control, staged[QemuArguments.ConsoleLog], port, person);
        await store.HavingRoomAsync(
            $"the memory and the disk of the guest, which takes up to {definition.MemoryBytes >> 20} MiB beside its disk",
            () => watch.WaitAsync(creation.Limit, progress, ct)
        );
        progress.Report("ready; sealing");
        await SaveAsync(control, BaseVm.DevicesFile, ct);
        await qemu.QuitAsync(control, ct);
        if (new FileInfo(staged[BaseVm.DevicesFile]).Length is 0 or > MostDevices)
            throw new CloudletException(ErrorKind.Unexpected, $"QEMU wrote no device state of 1 to {MostDevices} bytes");
    }
}
