using Cloudlet.Errors;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Vms;

/// <summary>The VMs of a store.</summary>
public sealed class VmCatalog(RuntimeStore store)
{
    /// <summary>Every VM, running or not, the oldest first.</summary>
    public IReadOnlyList<RunningVm> List() =>
        !Directory.Exists(store.VmsFolder)
            ? []
            :
            [
                .. Directory
                    .EnumerateDirectories(store.VmsFolder)
                    .Select(f => VmRecord.Read(f) is { } record ? new RunningVm(record, f) : null)
                    .OfType<RunningVm>()
                    .Where(v => store.Shows(v.Record.Project))
                    .OrderBy(v => v.Record.Created),
            ];

    /// <summary>
    /// The VM with that name or id prefix. NotFound when there is none; InvalidInput, with all candidates, when there are several.
    /// </summary>
    public RunningVm Get(string idOrName)
    {
        var all = List();
        var found = all.Where(v => v.Name == idOrName || v.Id == idOrName).ToList();
        if (found.Count == 0 && idOrName.Length >= 2)
            found = [.. all.Where(v => v.Id.StartsWith(idOrName, StringComparison.Ordinal))];
        return found switch
        {
            [var one] => one,
            [] => throw new CloudletException(
                ErrorKind.NotFound,
                $"{store.Folder} has no VM '{idOrName}': 'cloudlet vm list' shows those it has"
            ),
            _ => throw new CloudletException(
                ErrorKind.InvalidInput,
                $"'{idOrName}' is ambiguous: {string.Join(", ", found.Select(v => v.Name is null ? v.Id : $"{v.Id} ({v.Name})"))}: give "
                    + "more digits of the id"
            ),
        };
    }

    /// <summary>
    /// Reserves a name for a VM that is being started, until disposed. InvalidInput when the name is not valid, AlreadyExists when a VM has
    /// it or another command reserves it.
    /// </summary>
    internal FileStream? Claim(string? name) => name is null ? null : store.ClaimFreeName("vm", name, RequireFree);

    private void RequireFree(string name)
    {
        if (List().FirstOrDefault(v => v.Name == name && v.Record.Project == store.Project) is { } other)
            throw new CloudletException(
                ErrorKind.AlreadyExists,
                $"VM {other.Id} is named '{name}' already{(other.IsAlive ? "" : " (it does not run any more)")}: choose another "
                    + $"name, or remove it with 'cloudlet vm stop {name} --remove'"
            );
    }
}
