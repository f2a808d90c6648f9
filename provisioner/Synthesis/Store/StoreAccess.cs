namespace Cloudlet.Synthesis.Store;

/// <summary>Who may use files of the service that runs VMs.</summary>
public static class StoreAccess
{
    /// <summary>Gives a file or folder to a group; its owner stays.</summary>
    public static void SetGroup(string path, uint group) => Syscalls.Own(path, Syscalls.Self().User, group);

    /// <summary>True when this process is a member of a group, and so may give its files to that.</summary>
    public static bool IsMember(uint group) =>
        File.ReadLines("/proc/self/status")
            .Where(static l => l.StartsWith("Groups:", StringComparison.Ordinal) || l.StartsWith("Gid:", StringComparison.Ordinal))
            .SelectMany(static l => l.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Skip(1))
            .Contains(group.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
