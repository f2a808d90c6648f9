namespace Cloudlet.Resources.State;

/// <summary>Where a host keeps what the engine remembers. Nothing of it has to survive: without it a host still reaches its description.</summary>
/// <param name="Folder">Journal, last applied state, vault; survives reboots.</param>
/// <param name="RunFolder">Lock, stamps, guard; lost at a reboot.</param>
public sealed record StatePaths(string Folder, string RunFolder)
{
    /// <summary>Of the host itself.</summary>
    public static StatePaths Host { get; } = new("/var/lib/cloudlet", "/run/cloudlet");

    /// <summary>Of a network namespace of this host: it does not survive a reboot, and so its state doesn't.</summary>
    public static StatePaths ForNamespace(string name) => new($"/run/cloudlet/netns/{name}", $"/run/cloudlet/netns/{name}");

    /// <summary>The one lock of the host.</summary>
    public string Lock => $"{RunFolder}/lock";

    /// <summary>The journal of the last run that changed something.</summary>
    public string Journal => $"{Folder}/journal.json";

    /// <summary>The last applied state.</summary>
    public string Applied => $"{Folder}/applied.json";

    /// <summary>How the host was before our first run.</summary>
    public string Origin => $"{Folder}/origin.json";

    /// <summary>Earlier contents of files.</summary>
    public string Vault => $"{Folder}/vault";

    /// <summary>What the processes of units have loaded.</summary>
    public string Units => $"{RunFolder}/units";

    /// <summary>The process that goes back when nobody confirms, on hosts without systemd.</summary>
    public string Guard => $"{RunFolder}/guard.json";
}
