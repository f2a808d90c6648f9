using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.Kinds.Files;

/// <summary>Finds what blocks a file and must stay: an operator's decision, or more than one description should remove.</summary>
internal sealed class FileObstacles(IHostFiles files)
{
    private const string Nothing = "/dev/null";
    private const string UnitFolder = "/etc/systemd/system";

    /// <summary>Folders in which a link to /dev/null disables something: a unit, a network file, a rule.</summary>
    private static readonly string[] Switches =
    [
        "/etc/systemd/",
        "/etc/modules-load.d/",
        "/etc/modprobe.d/",
        "/etc/sysctl.d/",
        "/etc/tmpfiles.d/",
        "/etc/udev/rules.d/",
        "/etc/binfmt.d/",
        "/etc/sysusers.d/",
    ];

    /// <summary>Why the file is not changed, with what to do; null: nothing blocks it.</summary>
    /// <param name="desired">The wanted file.</param>
    /// <param name="observed">The present file, or null.</param>
    /// <param name="goes">True for the resources that are removed before it.</param>
    public string? Find(FileSpec desired, FileSpec? observed, Func<string, bool> goes) =>
        Locked(desired, observed) ?? Mask(desired, observed) ?? Full(desired, observed, goes);

    private string? Locked(FileSpec desired, FileSpec? observed)
    {
        if (
            observed is not null
            && files.Stat(desired.Path) is { } there
            && (there.IsImmutable || (there.IsAppendOnly && there.Type != HostFileType.Directory))
        )
            return $"{desired.Id}: an operator made it {(there.IsImmutable ? "immutable" : "append-only")}, which is left "
                + $"alone; run `chattr -{(there.IsImmutable ? "i" : "a")} {desired.Path}`, "
                + "or remove it from the description";
        if (
            observed is not null
            && observed.Kind == desired.Kind
            && (desired.Content ?? observed.Content) == observed.Content
            && desired.Target == observed.Target
        )
            return null;
        var folder = Path.GetDirectoryName(desired.Path) ?? "/";
        return files.Stat(folder) is { IsImmutable: true }
            ? $"{desired.Id}: its folder is immutable, so nothing in it can be created or replaced; run `chattr -i {folder}`, or remove "
                + "it from the description"
            : null;
    }

    /// <summary>
    /// A mask is a link to /dev/null in place of the file that it disables; for units also below /run, until the next boot.
    /// </summary>
    private string? Mask(FileSpec desired, FileSpec? observed)
    {
        if (desired.Kind != FileKind.File || !Switches.Any(folder => desired.Path.StartsWith(folder, StringComparison.Ordinal)))
            return null;
        var name = Path.GetFileName(desired.Path);
        var isUnit = Path.GetDirectoryName(desired.Path) == UnitFolder;
        var isMasked =
            observed is { Kind: FileKind.Symlink, Target: Nothing }
            || (isUnit && observed is null && files.Stat($"/run/systemd/system/{name}") is { Target: Nothing });
        if (!isMasked)
            return null;
        return isUnit
            ? $"{desired.Id}: an operator masked {name}, and its content would unmask it; run `systemctl unmask {name}` to use it "
                + "again, or remove the content from the description"
            : $"{desired.Id}: an operator disabled it with a link to {Nothing}, which is left alone; remove the link to use it "
                + "again, or remove it from the description";
    }

    private string? Full(FileSpec desired, FileSpec? observed, Func<string, bool> goes)
    {
        if (observed is not { Kind: FileKind.Directory } || desired.Kind == FileKind.Directory)
            return null;
        var stays = files.List(desired.Path).Where(name => !goes(FileSpec.IdOf($"{desired.Path}/{name}"))).ToList();
        return stays.Count == 0
            ? null
            : $"{desired.Id}: a non-empty folder is in its place ({stays[0]}{(stays.Count > 1 ? ", …" : "")}) and is not "
                + "replaced; move its content away";
    }
}
