using Cloudlet.Lab.Native;

namespace Cloudlet.Lab.Hosts;

/// <summary>
/// The control groups of a container. systemd-nspawn creates its groups below the one it is started in, so each container gets a separate
/// one: below its systemd unit, or at the top when this machine does not run systemd.
/// </summary>
internal static class ControlGroups
{
    /// <summary>
    /// Groups of a container in every hierarchy that systemd inside uses (cgroups(7): version 2, and version 1's <c>name=systemd</c>).
    /// </summary>
    public static IReadOnlyList<string> For(string machine, string? unit, IReadOnlyList<MountEntry> mounts)
    {
        var below = unit is null ? $"cloudlet-lab-{machine}" : $"system.slice/{unit}/container";
        return
        [
            .. mounts
                .Where(m => m.Type == "cgroup2" || (m.Type == "cgroup" && m.SuperOptions.Split(',').Contains("name=systemd")))
                .Select(m => Path.Combine(m.Point, below))
                .Distinct(),
        ];
    }

    /// <summary>Removes a group and those below it, if they are empty.</summary>
    public static void Remove(string group)
    {
        if (!Directory.Exists(group))
            return;
        foreach (var child in Directory.EnumerateDirectories(group))
            Remove(child);
        try
        {
            Directory.Delete(group);
        }
        catch (IOException)
        {
            // A process that is not reaped yet still counts; the caller retries.
        }
    }
}
