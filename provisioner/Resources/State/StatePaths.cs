namespace Cloudlet.Resources.State;

/// <summary>
/// Paths of the engine's records on a host. None of them has to survive: without them a host still reaches its description.
/// </summary>
/// <param name="Folder">Journal, last applied state, vault; survives reboots.</param>
/// <param name="RunFolder">Lock, stamps, guard; lost at a reboot.</param>
public sealed record StatePaths(string Folder, string RunFolder)
{
    /// <summary>Paths for the host itself.</summary>
    public static StatePaths Host { get; } = new("/var/lib/cloudlet", "/run/cloudlet");

    /// <summary>Paths for a network namespace of this host: it does not survive a reboot, so its state need not either.</summary>
    public static StatePaths ForNamespace(string name) => new($"/run/cloudlet/netns/{name}", $"/run/cloudlet/netns/{name}");

    /// <summary>The only lock of the host.</summary>
    public string Lock => $"{RunFolder}/lock";

    /// <summary>The journal of the last run that changed something.</summary>
    public string Journal => $"{Folder}/journal.json";

    /// <summary>The last applied state.</summary>
    public string Applied => $"{Folder}/applied.json";

    /// <summary>The state of the host before our first run.</summary>
    public string Origin => $"{Folder}/origin.json";

    /// <summary>The owner of the host.</summary>
    public string Owner => $"{Folder}/owner.json";

    /// <summary>The identity of the machine or network namespace that the records are about.</summary>
    public string Identity => $"{Folder}/identity";

    /// <summary>Earlier contents of files.</summary>
    public string Vault => $"{Folder}/vault";

    /// <summary>Which content of the vault is the last value of each secret.</summary>
    public string Secrets => $"{Folder}/secrets";

    /// <summary>Records of what the processes of units have loaded.</summary>
    public string Units => $"{RunFolder}/units";

    /// <summary>The mounts of described files.</summary>
    public string Mounts => $"{RunFolder}/mounts.json";

    /// <summary>The process that rolls an unconfirmed run back, on hosts without systemd.</summary>
    public string Guard => $"{RunFolder}/guard.json";
}
