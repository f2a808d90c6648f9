using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Manifests;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Bases;

/// <summary>The bases of a store.</summary>
public sealed class BaseCatalog(RuntimeStore store)
{
    private const int LongestManifest = 64 << 10;

    /// <summary>Every readable base, ordered by name and id.</summary>
    public IReadOnlyList<BaseVm> List() =>
        !Directory.Exists(store.BasesFolder)
            ? []
            :
            [
                .. Directory
                    .EnumerateDirectories(store.BasesFolder)
                    .Select(Read)
                    .OfType<BaseVm>()
                    .Where(b => store.Project is not { } project || b.Projects is not { } projects || projects.Contains(project))
                    .OrderBy(b => b.Name, StringComparer.Ordinal)
                    .ThenBy(b => b.Id, StringComparer.Ordinal),
            ];

    /// <summary>
    /// The base with that name or id prefix. NotFound when there is none; InvalidInput, with all candidates, when there are several.
    /// </summary>
    public BaseVm Get(string idOrName)
    {
        var all = List();
        var found = all.Where(b => b.Name == idOrName || b.Id == idOrName).ToList();
        if (found.Count == 0 && idOrName.Length >= 2)
            found = [.. all.Where(b => b.Id.StartsWith(idOrName, StringComparison.Ordinal))];
        return found switch
        {
            [var one] => one,
            [] => throw new CloudletException(
                ErrorKind.NotFound,
                $"{store.Folder} has no base '{idOrName}': 'cloudlet base list' shows those it has, 'cloudlet base create' makes one"
            ),
            _ => throw new CloudletException(
                ErrorKind.InvalidInput,
                $"'{idOrName}' is ambiguous: "
                    + $"{string.Join(", ", found.Select(b => b.Name is null ? b.ShortId : $"{b.ShortId} ({b.Name})"))}: "
                    + "give more digits of the id"
            ),
        };
    }

    /// <summary>Keeps a base from being removed until disposed. Busy while it is being removed.</summary>
    internal static FileStream Hold(BaseVm vm, FileShare share = FileShare.Read)
    {
        try
        {
            return new FileStream(Path.Combine(vm.Folder, BaseVm.ManifestFile), FileMode.Open, FileAccess.Read, share);
        }
        catch (Exception e) when (e is IOException)
        {
            throw new CloudletException(
                share == FileShare.None ? ErrorKind.Busy : ErrorKind.NotFound,
                $"base {vm.ShortId} is {(share == FileShare.None ? "in use by another command" : "being removed")}; try again",
                e
            );
        }
    }

    /// <summary>
    /// Reserves a name for a base that is being made, until disposed. InvalidInput when the name is not valid, AlreadyExists when a base
    /// has it or another command reserves it.
    /// </summary>
    internal FileStream? Claim(string? name) => name is null ? null : store.ClaimFreeName("base", name, RequireFree);

    private void RequireFree(string name)
    {
        if (List().FirstOrDefault(b => b.Name == name) is { } other)
            throw new CloudletException(
                ErrorKind.AlreadyExists,
                $"base {other.ShortId} is named '{name}' already: choose another name, or remove it with 'cloudlet base remove {name}'"
            );
    }

    /// <summary>
    /// The base in a folder; null when it is missing or incomplete. The id is computed from the manifest, not taken from the folder's name.
    /// </summary>
    internal static BaseVm? Read(string folder)
    {
        try
        {
            var file = Path.Combine(folder, BaseVm.ManifestFile);
            if (new FileInfo(file) is not { Exists: true, Length: <= LongestManifest })
                return null;
            var manifest = JsonSerializer.Deserialize(File.ReadAllBytes(file), ManifestJson.Default.BaseManifest);
            var label = Path.Combine(folder, BaseVm.NameFile);
            return
                manifest is { Format: BaseManifest.CurrentFormat }
                && manifest.Problems().Count == 0
                && manifest.Id() == Path.GetFileName(folder)
                ? new BaseVm(manifest.Id(), manifest, folder)
                {
                    Name = File.Exists(label) ? File.ReadAllText(label).Trim() : null,
                    Projects = BaseProjects.Read(folder),
                }
                : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
