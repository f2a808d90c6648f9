namespace Cloudlet.DesiredState.Kinds.Files;

/// <summary>Common parts of the boot files.</summary>
public static class BootFiles
{
    /// <summary>First line of every boot file.</summary>
    public const string Notice = "# Managed by Provision (cloudlet): changes are overwritten.";

    /// <summary>Folder of systemd-networkd's files.</summary>
    internal const string NetworkdFolder = "/etc/systemd/network";

    /// <summary>Folder of unit files.</summary>
    internal const string UnitFolder = "/etc/systemd/system";

    /// <summary>A boot file: the notice, then the text; mode 0644, owned by root.</summary>
    internal static FileSpec Text(string path, string text) =>
        Root(path, FileKind.File) with
        {
            Content = $"{Notice}\n{text}",
            Mode = "0644",
        };

    /// <summary>A folder that Debian does not ship.</summary>
    internal static FileSpec Folder(string path) => Root(path, FileKind.Directory) with { Mode = "0755" };

    /// <summary>A symbolic link.</summary>
    internal static FileSpec Symlink(string path, string target) => Root(path, FileKind.Symlink) with { Target = target };

    private static FileSpec Root(string path, FileKind kind) =>
        new()
        {
            Id = FileSpec.IdOf(path),
            Path = path,
            Kind = kind,
            Owner = "root",
            Group = "root",
        };
}
