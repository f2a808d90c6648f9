using System.Globalization;

namespace Cloudlet.Synthesis.Store;

/// <summary>
/// The user that QEMU runs as. Under root, and in a service with <see cref="Needed"/>, it is a separate user by number, which needs no
/// account and owns no file of the host: a guest that breaks out of QEMU gets nothing of ours. Otherwise it is the current user.
/// </summary>
/// <param name="User">Its number.</param>
/// <param name="Group">Number of its group.</param>
/// <param name="IsOwn">True for a user of its own.</param>
internal sealed record QemuUser(uint User, uint Group, bool IsOwn)
{
    /// <summary>systemd's list of user numbers (systemd.io/UIDS-GIDS) leaves 60706–61183 unused.</summary>
    public const uint DefaultId = 60800;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Capabilities by which a process that is not root runs QEMU as another user (capabilities(7)): it becomes that user (CAP_SETUID,
    /// CAP_SETGID), gives it files (CAP_CHOWN), reaches its sockets (CAP_DAC_OVERRIDE), ends it (CAP_KILL), and reads the memory of its
    /// guest for an overlay (CAP_SYS_PTRACE).
    /// </summary>
    public const ulong Needed = (1UL << 0) | (1UL << 1) | (1UL << 5) | (1UL << 6) | (1UL << 7) | (1UL << 19);

    /// <summary>The user for QEMUs of this process.</summary>
    public static QemuUser Current { get; } = For(Environment.IsPrivilegedProcess, Syscalls.Self(), File.ReadLines("/proc/self/status"));

    /// <summary>Owner of the files that QEMU may use but not remove: ourselves.</summary>
    public uint Owner { get; init; } = Syscalls.Self().User;

    /// <summary>The user for QEMUs of a process.</summary>
    /// <param name="isRoot">True for root.</param>
    /// <param name="self">Its user and group.</param>
    /// <param name="status">Its /proc/PID/status.</param>
    public static QemuUser For(bool isRoot, (uint User, uint Group) self, IEnumerable<string> status) =>
        isRoot || Passes(status)
            ? new QemuUser(DefaultId, DefaultId, IsOwn: true) { Owner = self.User }
            : new QemuUser(self.User, self.Group, IsOwn: false) { Owner = self.User };

    /// <summary>True when the process has what is needed and passes it to its programs: an ambient capability is in every set.</summary>
    private static bool Passes(IEnumerable<string> status)
    {
        const string Line = "CapAmb:";
        return status.FirstOrDefault(static l => l.StartsWith(Line, StringComparison.Ordinal)) is { } line
            && ulong.TryParse(line.AsSpan(Line.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var set)
            && (set & Needed) == Needed;
    }

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
                // The kernel takes capabilities away only from root that becomes another user; ambient ones go with the inheritable ones.
                "--inh-caps=-all",
                // Without CAP_SETPCAP it stays as it is, which gives nothing to a process that can gain no privileges.
                "--bounding-set=-all",
            ];

    private static string Text(uint id) => id.ToString(CultureInfo.InvariantCulture);

    private void Share(string path, UnixFileMode ours, UnixFileMode qemus)
    {
        if (IsOwn)
            Syscalls.Own(path, Owner, Group);
        File.SetUnixFileMode(path, IsOwn ? ours | qemus : ours);
    }
}
