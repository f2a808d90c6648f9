using Cloudlet.DesiredState.Files;

namespace Cloudlet.DesiredState.Boot;

/// <summary>A place where every file of this name pattern is ours.</summary>
/// <param name="Folder">Absolute path of the folder; its subfolders are not meant.</param>
/// <param name="Prefix">How the file names start.</param>
/// <param name="Suffix">How they end; may be empty.</param>
public sealed record OwnedPattern(string Folder, string Prefix, string Suffix)
{
    /// <summary>True for a path that the pattern covers.</summary>
    public bool Matches(string path) =>
        Path.GetDirectoryName(path) == Folder
        && Path.GetFileName(path) is var name
        && name.Length >= Prefix.Length + Suffix.Length
        && name.StartsWith(Prefix, StringComparison.Ordinal)
        && name.EndsWith(Suffix, StringComparison.Ordinal);
}

/// <summary>Which boot files are ours, and how they begin.</summary>
public static class BootFiles
{
    /// <summary>First line of every boot file.</summary>
    public const string Notice = "# Managed by Provision (cloudlet): changes are overwritten.";

    /// <summary>Folder of systemd-networkd's files.</summary>
    internal const string NetworkdFolder = "/etc/systemd/network";

    /// <summary>Folder of unit files.</summary>
    internal const string UnitFolder = "/etc/systemd/system";

    /// <summary>
    /// Where our boot files are. One that matches and is not part of the desired state is left from an earlier description: whoever applies a state removes it. Nothing else is ever removed.
    /// </summary>
    public static IReadOnlyList<OwnedPattern> OwnedPatterns { get; } =
    [
        new(NetworkdFolder, "05-cloudlet-", ".netdev"),
        new(NetworkdFolder, "05-cloudlet-", ".network"),
        new(NetworkdFolder, "06-cloudlet-", ".network"),
        new("/etc/systemd/networkd.conf.d", "50-cloudlet", ".conf"),
        new(UnitFolder, "cloudlet-link-", ".service"),
        new($"{UnitFolder}/multi-user.target.wants", "cloudlet-link-", ".service"),
        new("/etc/network/interfaces.d", "50-cloudlet", ""),
        new("/etc/modules-load.d", "50-cloudlet", ".conf"),
        new("/etc/modprobe.d", "50-cloudlet-", ".conf"),
    ];

    /// <summary>A boot file: the notice, then the text; mode 0644, owned by root.</summary>
    internal static FileSpec Text(string path, string text) => Root(path, FileKind.File) with { Content = $"{Notice}\n{text}", Mode = "0644" };

    /// <summary>A folder that Debian does not ship.</summary>
    internal static FileSpec Folder(string path) => Root(path, FileKind.Directory) with { Mode = "0755" };

    /// <summary>A symbolic link.</summary>
    internal static FileSpec Symlink(string path, string target) => Root(path, FileKind.Symlink) with { Target = target };

    private static FileSpec Root(string path, FileKind kind) => new() { Id = FileSpec.IdOf(path), Path = path, Kind = kind, Owner = "root", Group = "root" };
}
