namespace Cloudlet.Lab.Model;

/// <summary>State of a lab host.</summary>
public enum LabHostState
{
    /// <summary>Its processes, or its namespace, exist.</summary>
    Running,

    /// <summary>It was powered off, or this machine was rebooted since: <c>lab up</c> restarts it.</summary>
    Stopped,

    /// <summary>It ended without being powered off: <c>lab up</c> restarts it, its console log has the details.</summary>
    Lost,
}

/// <summary>A lab host as <c>cloudlet lab list</c> shows it.</summary>
/// <param name="Spec">Its specification.</param>
/// <param name="State">Its state.</param>
/// <param name="Address">Management address of a container (IPv4), or null for a namespace.</param>
/// <param name="Since">When it was last started, UTC.</param>
/// <param name="Folder">Folder of its files: the root file system in <c>root</c>, its console output in <c>console.log</c>.</param>
public sealed record LabHost(LabHostSpec Spec, LabHostState State, string? Address, DateTimeOffset Since, string Folder)
{
    /// <summary>Host name.</summary>
    public string Name => Spec.Name;

    /// <summary>The container's root file system as seen from this machine while it is up. Without its /run and /tmp.</summary>
    public string RootPath => Path.Combine(Folder, "root");

    /// <summary>The host's <c>reach</c> in a site file.</summary>
    public string ReachedBy => Spec.Kind == LabHostKind.Netns ? $"netns://{Name}" : $"ssh://root@{Address}";
}

/// <summary>Result of a boot.</summary>
/// <param name="BootId">The kernel's random id of this boot.</param>
/// <param name="SystemState"><c>running</c>, or <c>degraded</c> when units failed.</param>
/// <param name="FailedUnits">Units that failed.</param>
/// <param name="SshAnswers">Whether the ssh server could be reached on the management address.</param>
public sealed record LabBootReport(string BootId, string SystemState, IReadOnlyList<string> FailedUnits, bool SshAnswers);

/// <summary>Result of <c>lab up</c>.</summary>
/// <param name="Host">The host, running.</param>
/// <param name="Started">False when it was running already.</param>
/// <param name="Boot">Result of the boot; null for a namespace or when it was running already.</param>
/// <param name="Notices">Notices for the user: missing drivers, failed units.</param>
public sealed record LabUpResult(LabHost Host, bool Started, LabBootReport? Boot, IReadOnlyList<string> Notices);
