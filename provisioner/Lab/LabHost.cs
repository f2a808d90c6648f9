namespace Cloudlet.Lab;

/// <summary>What has become of a lab host.</summary>
public enum LabHostState
{
    /// <summary>Its processes (or its namespace) are there.</summary>
    Running,

    /// <summary>It was switched off, or this machine was restarted since: <c>lab up</c> starts it again.</summary>
    Stopped,

    /// <summary>It ended without being switched off; <c>lab up</c> starts it again, its console log says more.</summary>
    Lost,
}

/// <summary>A lab host as <c>cloudlet lab list</c> shows it.</summary>
/// <param name="Spec">What was asked for.</param>
/// <param name="State">What has become of it.</param>
/// <param name="Address">Management address of a container (IPv4), or null for a namespace.</param>
/// <param name="Since">When it was last started, UTC.</param>
/// <param name="Folder">Where its files are: the root file system is in <c>root</c>, what it printed at boot in <c>console.log</c>.</param>
public sealed record LabHost(LabHostSpec Spec, LabHostState State, string? Address, DateTimeOffset Since, string Folder)
{
    /// <summary>Host name.</summary>
    public string Name => Spec.Name;

    /// <summary>The container's root file system as seen from this machine while it is up. Its /run and /tmp are not in it.</summary>
    public string RootPath => Path.Combine(Folder, "root");

    /// <summary>How a site file reaches the host.</summary>
    public string ReachedBy => Spec.Kind == LabHostKind.Netns ? $"netns://{Name}" : $"ssh://root@{Address}";
}

/// <summary>How a boot ended.</summary>
/// <param name="BootId">The kernel's random id of this boot.</param>
/// <param name="SystemState"><c>running</c>, or <c>degraded</c> when units failed.</param>
/// <param name="FailedUnits">Units that failed.</param>
/// <param name="SshAnswers">Whether the ssh server could be reached on the management address.</param>
public sealed record LabBootReport(string BootId, string SystemState, IReadOnlyList<string> FailedUnits, bool SshAnswers);

/// <summary>What <c>lab up</c> did.</summary>
/// <param name="Host">The host, running.</param>
/// <param name="Started">False when it was running already and nothing was done.</param>
/// <param name="Boot">How it booted; null for a namespace or when nothing was started.</param>
/// <param name="Notices">What the user should know, one sentence each: missing drivers, failed units.</param>
public sealed record LabUpResult(LabHost Host, bool Started, LabBootReport? Boot, IReadOnlyList<string> Notices);
