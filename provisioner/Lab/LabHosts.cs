using Cloudlet.Errors;
using Cloudlet.Lab.Hosts;
using Cloudlet.Lab.Images;
using Cloudlet.Lab.Model;
using Cloudlet.Lab.Native;
using Cloudlet.Lab.Ssh;
using Cloudlet.Machine.Netlink;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Lab;

/// <summary>
/// The hosts of a lab, for <c>cloudlet lab up|prepare|down|list|reboot</c>. Every change of a host takes the store's lock. After a killed
/// command, <c>up</c> continues, or <c>down</c> removes what exists. All but <see cref="List"/> need root.
/// </summary>
public sealed partial class LabHosts
{
    private readonly LabStore _store;
    private readonly IProcesses _processes;
    private readonly Func<string?, IRouteNetlink> _openLinks;
    private readonly TimeProvider _clock;
    private readonly HostRecords _records;
    private readonly LabImages _images;
    private readonly LabNetwork _network;
    private readonly LabSsh _ssh;
    private readonly ContainerBoot _boot;

    /// <summary>Opens the lab of a store.</summary>
    /// <param name="store">Store of images, hosts and keys.</param>
    /// <param name="processes">Runs the helper programs on this machine.</param>
    /// <param name="openLinks">Opens rtnetlink in a named network namespace; null means this machine's.</param>
    /// <param name="clock">Clock for waits and records.</param>
    public LabHosts(LabStore store, IProcesses processes, Func<string?, IRouteNetlink> openLinks, TimeProvider clock)
    {
        _store = store;
        _processes = processes;
        _openLinks = openLinks;
        _clock = clock;
        _records = new HostRecords(store);
        _images = new LabImages(store, processes, clock);
        _network = new LabNetwork(store.Network, openLinks);
        _ssh = new LabSsh(store, processes);
        _boot = new ContainerBoot(processes, clock);
    }

    /// <summary>The hosts of the store by name, with their current state.</summary>
    public IReadOnlyList<LabHost> List() => [.. _records.All().Select(View)];

    /// <summary>One host with its current state; NotFound when the store does not have it.</summary>
    public LabHost Get(string name) => View(_records.Get(name));

    /// <summary>
    /// The image that <see cref="UpAsync"/> makes this host from; it is built unless the store has it. The host's name does not matter.
    /// </summary>
    public async Task<LabImage> PrepareAsync(LabHostSpec spec, IProgress<string> progress, CancellationToken ct)
    {
        spec.Validate();
        RequireRoot("prepare");
        CreateStore();
        return await _images.PrepareAsync(spec, progress, ct);
    }

    /// <summary>
    /// Makes the host and waits until it has booted; restarts it when it was stopped; does nothing when it runs. AlreadyExists when the
    /// store has a different host of that name. After a failed first <c>up</c> the host is removed.
    /// </summary>
    public async Task<LabUpResult> UpAsync(LabHostSpec spec, IProgress<string> progress, CancellationToken ct)
    {
        spec.Validate();
        RequireRoot("up");
        CreateStore();
        var image = FindSame(spec)?.Image;
        if (spec.Kind == LabHostKind.Container)
            image ??= (await _images.PrepareAsync(spec, progress, ct)).Digest;
        using var exclusive = await _store.LockAsync(_clock, ct);
        var existing = FindSame(spec);
        if (existing is not null && View(existing).State == LabHostState.Running)
            return new LabUpResult(View(existing), Started: false, Boot: null, Notices());
        progress.Report($"starting {spec.Name}");
        try
        {
            var report = image is null
                ? StartNamespace(spec)
                : await StartContainerAsync(existing ?? NewRecord(spec, image), isNew: existing is null, ct);
            return new LabUpResult(Get(spec.Name), Started: true, report, Notices(report));
        }
        catch when (existing is null)
        {
            await RemoveAsync(spec.Name, CancellationToken.None);
            throw;
        }
    }

    /// <summary>
    /// Powers the host off and removes it; with the last host also the lab's bridge and keys. NotFound when there is no such host.
    /// </summary>
    public async Task DownAsync(string name, CancellationToken ct)
    {
        RequireRoot("down");
        using var exclusive = await _store.LockAsync(_clock, ct);
        if (!Directory.Exists(_store.HostFolder(name)))
            throw _records.Missing(name);
        await RemoveAsync(name, ct);
    }

    /// <summary>Removes the images that no host uses; returns their digests.</summary>
    public async Task<IReadOnlyList<string>> PruneImagesAsync(CancellationToken ct)
    {
        RequireRoot("down --images");
        using var exclusive = await _store.LockAsync(_clock, ct);
        return await _images.PruneAsync([.. _records.All().Select(r => r.Image).OfType<string>()], ct);
    }

    private void CreateStore() =>
        Directory.CreateDirectory(_store.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    private HostRecord? FindSame(LabHostSpec spec)
    {
        var existing = _records.Find(spec.Name);
        if (existing is not null && existing.Spec != spec)
            throw new CloudletException(
                ErrorKind.AlreadyExists,
                $"lab host {spec.Name} exists with another kind, boot system or set of packages: remove it with 'cloudlet lab down "
                    + $"{spec.Name}' first."
            );
        return existing;
    }

    private HostRecord NewRecord(LabHostSpec spec, string image)
    {
        var taken = _records.All().Select(r => r.Address).OfType<string>().ToList();
        var record = new HostRecord
        {
            Spec = spec,
            Image = image,
            Address = _network.FreeAddress(taken),
        };
        _records.Write(record);
        return record;
    }

    private async Task<LabBootReport?> StartContainerAsync(HostRecord record, bool isNew, CancellationToken ct)
    {
        var container = ContainerOf(record.Spec.Name);
        _network.Ensure();
        await container.KillAsync(record.Supervisor, ct);
        _network.Unplug(container.PortName);
        container.Root.Mount(_images.RootOf(record.Image!));
        if (isNew)
        {
            HostSeed.Write(container.Root.Path, record.Spec, record.Address!, await _ssh.PublicKeyAsync(ct));
            await _ssh.SeedHostKeyAsync(container.Root.Path, record.Spec.Name, ct);
            _ssh.WriteConfig(_records.All());
        }

        var started = Started(record) with { Supervisor = await container.StartAsync(ct) };
        _records.Write(started);
        return await _boot.WaitAsync(started, container, before: null, ct);
    }

    private LabBootReport? StartNamespace(LabHostSpec spec)
    {
        var identity = NamespaceHost.Create(spec.Name, _openLinks);
        _records.Write(Started(new HostRecord { Spec = spec }) with { Namespace = identity });
        return null;
    }

    private async Task RemoveAsync(string name, CancellationToken ct)
    {
        var record = FindReadable(name);
        NamespaceHost.Delete(name, record?.Namespace);
        if (record?.Spec.Kind != LabHostKind.Netns)
        {
            var container = ContainerOf(name);
            if (record?.Supervisor is { } supervisor)
                await PowerOffAsync(supervisor, ct);
            await container.KillAsync(record?.Supervisor, ct);
            _network.Unplug(container.PortName);
            await container.SweepAsync(ct);
            container.Root.Unmount();
        }

        MountTable.DeleteFolder(_store.HostFolder(name));
        CleanUp();
    }

    // Removes the lab's bridge and keys with the last host.
    private void CleanUp()
    {
        var left = _records.All();
        if (left.All(r => r.Spec.Kind == LabHostKind.Netns))
        {
            _network.Remove();
            _ssh.Remove();
        }
        else
        {
            _ssh.WriteConfig(left);
        }

        if (Directory.Exists(_store.HostsFolder) && !Directory.EnumerateFileSystemEntries(_store.HostsFolder).Any())
            Directory.Delete(_store.HostsFolder);
    }

    // Null when the record can't be read, which must not prevent the removal of its host.
    private HostRecord? FindReadable(string name)
    {
        try
        {
            return _records.Find(name);
        }
        catch (CloudletException)
        {
            return null;
        }
    }

    private HostRecord Started(HostRecord record) => record with { Since = _clock.GetUtcNow(), MachineBoot = MachineBoot() };

    private LabHost View(HostRecord record) =>
        new(record.Spec, StateOf(record), record.Address, record.Since, _store.HostFolder(record.Spec.Name));

    private LabHostState StateOf(HostRecord record)
    {
        var runs =
            record.Spec.Kind == LabHostKind.Netns
                ? record.Namespace is not null && record.Namespace == NamespaceHost.Identity(record.Spec.Name)
                : record.Supervisor is { IsAlive: true };
        if (runs && record.MachineBoot == MachineBoot())
            return LabHostState.Running;
        var ended = record.MachineBoot != MachineBoot() || ContainerOf(record.Spec.Name).ExitStatus == 0;
        return ended ? LabHostState.Stopped : LabHostState.Lost;
    }

    private List<string> Notices(LabBootReport? boot = null)
    {
        var notices = new List<string>();
        if (!new LabKernel(_openLinks).HasLinkKind("dummy"))
            notices.Add(LabKernel.NoDummyDriver);
        if (boot is { FailedUnits.Count: > 0 })
            notices.Add($"units failed at boot: {string.Join(", ", boot.FailedUnits)}");
        if (boot is { SshAnswers: false })
            notices.Add("its ssh server can't be reached on the management address");
        return notices;
    }

    private Container ContainerOf(string name) => new(_store, name, _processes, _clock);

    private static string MachineBoot() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    private static void RequireRoot(string verb)
    {
        if (!Environment.IsPrivilegedProcess)
            throw new CloudletException(
                ErrorKind.PermissionDenied,
                "lab hosts are containers and namespaces of this machine, which only root can create and remove: run 'sudo cloudlet "
                    + $"lab {verb}'."
            );
    }
}
