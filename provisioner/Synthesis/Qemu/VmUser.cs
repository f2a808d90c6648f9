using System.Globalization;
using Cloudlet.Synthesis.Store;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>
/// Whom QEMU runs as. Root gives it a user of its own, by number: no account has to be made for it, and no file of the host is its. Anybody else is the one who runs it.
/// </summary>
internal sealed record VmUser(uint User, uint Group, bool IsOwn)
{
    /// <summary>systemd's list of user numbers (systemd.io/UIDS-GIDS) leaves 60706–61183 unused.</summary>
    public const uint DefaultId = 60800;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The one for this process.</summary>
    public static VmUser Current { get; } = Environment.IsPrivilegedProcess ? new VmUser(DefaultId, DefaultId, IsOwn: true) : new VmUser(Native.Self().User, Native.Self().Group, IsOwn: false);

    /// <summary>Lets QEMU read and write a file that stays ours.</summary>
    public void LetWrite(string file) => Share(file, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);

    /// <summary>Lets QEMU use what is in a folder, and change nothing about which files it has.</summary>
    public void LetPass(string folder) => Share(folder, OwnerOnly | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute);

    /// <summary>Makes an empty file that stays ours and that QEMU may write.</summary>
    public void Create(string file)
    {
        File.Create(file).Dispose();
        LetWrite(file);
    }

    /// <summary>Makes a folder that is QEMU's alone, for its sockets.</summary>
    public void CreateFolder(string folder)
    {
        Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        if (IsOwn)
            Native.Own(folder, User, Group);
    }

    /// <summary>Command that becomes its last arguments, with this user and without any privilege or limit that QEMU does not need.</summary>
    /// <param name="kvm">Group that may use hardware virtualization, or null.</param>
    public IReadOnlyList<string> Prefix(uint? kvm) => !IsOwn ? [] :
    [
        "setpriv", $"--reuid={Text(User)}", $"--regid={Text(Group)}", kvm is { } group ? $"--groups={Text(group)}" : "--clear-groups",
        "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all",
    ];

    private static string Text(uint id) => id.ToString(CultureInfo.InvariantCulture);

    private void Share(string path, UnixFileMode mode)
    {
        if (IsOwn)
            Native.Own(path, 0, Group);
        File.SetUnixFileMode(path, mode);
    }
}
