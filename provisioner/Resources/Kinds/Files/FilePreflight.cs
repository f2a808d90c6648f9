using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.Kinds.Files;

/// <summary>
/// Why writing a file is certain to fail: its owner or group does not exist, or something blocks its path that is not ours to remove.
/// </summary>
internal sealed class FilePreflight(IHostFiles files, Plan plan)
{
    /// <summary>All reasons; empty: no known reason.</summary>
    public IEnumerable<string> ReasonsAgainst(FileSpec desired, FileSpec? observed)
    {
        foreach (var reason in MissingAccounts(files, plan, desired, desired.Owner, desired.Group))
            yield return reason;
        if (observed is { Kind: FileKind.Directory } && desired.Kind != FileKind.Directory && Kept(desired.Path) is { } kept)
            yield return $"{desired.Id}: a non-empty folder is in its place ({kept}) and is not replaced; move its content away";
        if (observed is null && Obstacle(desired.Path) is { } obstacle)
            yield return $"{desired.Id}: {obstacle} is not a folder, so nothing can be below it; describe it as a folder, or choose "
                + "another path";
    }

    /// <summary>The reasons that the owner and the group of something that becomes a file do not exist.</summary>
    public static IEnumerable<string> MissingAccounts(IHostFiles files, Plan plan, ResourceSpec desired, string? owner, string? group)
    {
        if (owner is not null && !files.HasUser(owner) && !MayBring(plan, desired, "/etc/passwd"))
            yield return $"{desired.Id}: this host has no user {owner}; describe the package that creates it, or name an existing "
                + "user or a number";
        if (group is not null && !files.HasGroup(group) && !MayBring(plan, desired, "/etc/group"))
            yield return $"{desired.Id}: this host has no group {group}; describe the package that creates it, or name an existing "
                + "group or a number";
    }

    /// <summary>Whether a change of the same run may create the account first; packages come after early files.</summary>
    private static bool MayBring(Plan plan, ResourceSpec file, string accounts) =>
        plan.Makes(c => c.Spec is PackageSpec { Installed: not false } && !c.Spec.After.Contains(file.Id))
        || plan.Writes(path => path == accounts);

    /// <summary>An entry of a folder that this run does not remove.</summary>
    private string? Kept(string folder) =>
        files
            .List(folder)
            .FirstOrDefault(name =>
                !plan.Changes.Any(c =>
                    c.Action == ChangeAction.Remove && c.Spec is FileSpec file && IsAtOrAbove(file.Path, $"{folder}/{name}")
                )
            );

    private static bool IsAtOrAbove(string path, string other) => other == path || other.StartsWith(path + "/", StringComparison.Ordinal);

    /// <summary>
    /// The nearest existing ancestor of the path, if it is a file that stays. Targets of symbolic links are checked by the write itself.
    /// </summary>
    private string? Obstacle(string path)
    {
        for (var above = Path.GetDirectoryName(path); above is { Length: > 1 }; above = Path.GetDirectoryName(above))
        {
            if (files.Stat(above) is { } info)
                return
                    info.Type is HostFileType.Regular or HostFileType.Other
                    && !plan.Changes.Any(c => c.Spec is FileSpec file && IsAtOrAbove(file.Path, above))
                    ? above
                    : null;
        }

        return null;
    }
}
