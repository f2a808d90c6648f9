namespace Cloudlet.ServiceApi.Contracts;

/// <summary>Who asks, and what he may do.</summary>
/// <param name="Account">Name of the account.</param>
/// <param name="Project">Its project: it sees only this project's VMs and overlays.</param>
/// <param name="Role">reader, member or admin.</param>
/// <param name="Way">How it was recognized: socket, token, keystone or certificate.</param>
/// <param name="Quota">What the project may use.</param>
/// <param name="Used">What it uses.</param>
public sealed record IdentityView(string Account, string Project, string Role, string Way, QuotaView Quota, QuotaView Used);

/// <summary>Limits of a project, or what it uses.</summary>
/// <param name="Vms">Running VMs.</param>
/// <param name="MemoryMib">Their memory, MiB.</param>
/// <param name="StorageMib">Disk space of VMs, overlays, uploads and own bases, MiB.</param>
/// <param name="Uploads">Uploads at the same time.</param>
public sealed record QuotaView(int Vms, long MemoryMib, long StorageMib, int Uploads);

/// <summary>An account of this service.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Project">Its project.</param>
/// <param name="Role">reader, member or admin.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Expires">When its token ends.</param>
public sealed record AccountView(string Name, string Project, string Role, DateTimeOffset Created, DateTimeOffset Expires)
{
    /// <summary>When it was revoked.</summary>
    public DateTimeOffset? Revoked { get; init; }

    /// <summary>Its token. It is shown only once, when it is made.</summary>
    public string? Token { get; init; }
}

/// <summary>Makes an account, or a new token for it.</summary>
public sealed record CreateAccountRequest
{
    /// <summary>Its name: lower-case letters, digits and dashes, at most 40.</summary>
    public string? Name { get; init; }

    /// <summary>Its project; by default one with the name of the account.</summary>
    public string? Project { get; init; }

    /// <summary>reader, member or admin.</summary>
    public string Role { get; set; } = "member";

    /// <summary>Days until its token ends.</summary>
    public int Days { get; set; } = 90;
}

/// <summary>The host.</summary>
/// <param name="Name">Its host name.</param>
/// <param name="Version">Version of the service.</param>
/// <param name="Processors">Processors.</param>
/// <param name="MemoryBytes">Memory.</param>
/// <param name="FreeMemoryBytes">Memory that is available.</param>
/// <param name="StoreBytes">Size of the store's file system.</param>
/// <param name="FreeStoreBytes">Its free space.</param>
/// <param name="Load">Load average of the last minute.</param>
/// <param name="RunningVms">VMs that run.</param>
public sealed record HostView(
    string Name,
    string Version,
    int Processors,
    long MemoryBytes,
    long FreeMemoryBytes,
    long StoreBytes,
    long FreeStoreBytes,
    double Load,
    int RunningVms
)
{
    /// <summary>Version of QEMU; missing without one.</summary>
    public string? QemuVersion { get; init; }

    /// <summary>Why VMs can't run here; missing when they can.</summary>
    public string? QemuProblem { get; init; }

    /// <summary>The health daemon's view; missing where none runs.</summary>
    public System.Text.Json.JsonElement? Health { get; init; }
}
