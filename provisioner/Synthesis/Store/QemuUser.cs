using System.Globalization;

namespace Cloudlet.Synthesis.Store;

/// <summary>
/// The user that QEMU runs as. Under root it is a separate user by number, which needs no account and owns no file of the host. Otherwise
/// it is the current user.
/// </summary>
internal sealed record QemuUser(uint User, uint Group, bool IsOwn)
{
    /// <summary>systemd's list of user numbers (systemd.io/UIDS-GIDS) leaves 60706–61183 unused.</summary>
    public const uint DefaultId = 60800;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The user for QEMUs of this process.</summary>
    public static QemuUser Current { get; } =
        Environment.IsPrivilegedProcess
            ? new QemuUser(DefaultId, DefaultId, IsOwn: true)
            : new QemuUser(Syscalls.Self().User, Syscalls.Self().Group, IsOwn: false);

    /// <summary>Lets QEMU read and write a file that we own. When QEMU runs as the current user, its group gets no access.</summary>
    public void LetWrite(string file) => Share(file, OwnerOnly, UnixFileMode.GroupRead | UnixFileMode.GroupWrite);

    /// <summary>Lets QEMU open files in a folder, but neither create nor remove any.</summary>
    public void LetPass(string folder) =>
        Share(folder, OwnerOnly | UnixFileMode.UserExecute, UnixFileMode.GroupRead | UnixFileMode.GroupExecute);

    /// <summary>Creates an empty file that we own and QEMU may write.</summary>
    public void Create(string file)
    {
        new FileStream(
            file,
            new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = OwnerOnly,
            }
        ).Dispose();
        LetWrite(file);
    }

    /// <summary>Creates a folder that QEMU owns, for its sockets.</summary>
    public void CreateFolder(string folder)
    {
        Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        if (IsOwn)
            Syscalls.Own(folder, User, Group);
    }

    /// <summary>The start of a command line that runs the rest as this user, without privileges that QEMU does not need.</summary>
    /// <param name="kvm">Group that may use hardware virtualization, or null.</param>
    public IReadOnlyList<string> Prefix(uint? kvm) =>
        !IsOwn
            ? []
            :
            [
                "setpriv",
                $"--reuid={Text(User)}",
                $"--regid={Text(Group)}",
                kvm is { } group ? $"--groups={Text(group)}" : "--clear-groups",
                "--no-new-privs",
                "--inh-caps=-all",
                "--bounding-set=-all",
            ];

    private static string Text(uint id) => id.ToString(CultureInfo.InvariantCulture);

    private void Share(string path, UnixFileMode ours, UnixFileMode qemus)
    {
        if (IsOwn)
            Syscalls.Own(path, 0, Group);
        File.SetUnixFileMode(path, IsOwn ? ours | qemus : ours);
    }
}
