using Cloudlet.Errors;
using Cloudlet.Service.Settings;
using Cloudlet.ServiceApi.Contracts;
using Cloudlet.Synthesis.Bases;
using Cloudlet.Synthesis.Shelf;
using Cloudlet.Synthesis.Store;
using Cloudlet.Synthesis.Vms;

namespace Cloudlet.Service.Access;

/// <summary>
/// Holds projects to their quotas. What exists is counted in the store; what is being made is reserved, so that two requests can't take the
/// same rest. Administrators have no limits.
/// </summary>
/// <param name="settings">The quotas.</param>
/// <param name="store">What exists.</param>
public sealed class QuotaGuard(ServiceSettings settings, RuntimeStore store)
{
    private readonly Lock _gate = new();
    private readonly List<(string Project, QuotaView Amount)> _reserved = [];

    /// <summary>What a project uses, with what is being made for it.</summary>
    public QuotaView Used(string project)
    {
        lock (_gate)
            return _reserved.Where(r => r.Project == project).Aggregate(Existing(project), (sum, r) => Add(sum, r.Amount));
    }

    /// <summary>Reserves an amount until disposed. QuotaExceededException, with every limit that would be exceeded.</summary>
    public IDisposable Reserve(Caller caller, QuotaView amount)
    {
        lock (_gate)
        {
            if (caller.Role != Role.Admin)
                Require(caller.Project, amount);
            var entry = (caller.Project, amount);
            _reserved.Add(entry);
            return new Reservation(() =>
            {
                lock (_gate)
                    _reserved.Remove(entry);
            });
        }
    }

    private void Require(string project, QuotaView amount)
    {
        var (used, most) = (Used(project), settings.QuotaOf(project));
        List<string> over = [];
        Check("VMs", used.Vms, amount.Vms, most.Vms);
        Check("MiB of memory", used.MemoryMib, amount.MemoryMib, most.MemoryMib);
        Check("MiB of storage", used.StorageMib, amount.StorageMib, most.StorageMib);
        Check("uploads", used.Uploads, amount.Uploads, most.Uploads);
        if (over.Count > 0)
            throw new QuotaExceededException($"the quota of project '{project}' is exceeded: {string.Join("; ", over)}");

        void Check(string what, long uses, long more, long limit)
        {
            if (more > 0 && uses + more > limit)
                over.Add($"{more} more {what} requested, {uses} of {limit} in use");
        }
    }

    private QuotaView Existing(string project)
    {
        var view = store.For(project);
        var bases = new BaseCatalog(store).List().ToDictionary(b => b.Id);
        var running = new VmCatalog(view).List();
        var alive = running.Where(v => v.IsAlive).ToList();
        var bytes =
            running.Sum(v => FolderBytes(v.Folder))
            + new OverlayShelf(view).List().Sum(o => o.Bytes)
            + bases.Values.Where(b => b.Projects?.Contains(project) == true).Sum(b => FolderBytes(b.Folder));
        return new QuotaView(
            alive.Count,
            alive.Sum(v => bases.GetValueOrDefault(v.BaseId)?.Manifest.Definition?.MemoryBytes ?? 0) >> 20,
            bytes >> 20,
            0
        );
    }

    private static long FolderBytes(string folder)
    {
        try
        {
            return new DirectoryInfo(folder).EnumerateFiles().Sum(f => StoreSize.OnDisk(f.FullName));
        }
        catch (IOException)
        {
            return 0; // it was removed in the meantime
        }
    }

    private static QuotaView Add(QuotaView a, QuotaView b) =>
        new(a.Vms + b.Vms, a.MemoryMib + b.MemoryMib, a.StorageMib + b.StorageMib, a.Uploads + b.Uploads);

    private sealed class Reservation(Action release) : IDisposable
    {
        private Action? _release = release;

        public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
    }
}

/// <summary>A project would use more than its quota.</summary>
public sealed class QuotaExceededException(string message) : CloudletException(ErrorKind.PermissionDenied, message);
