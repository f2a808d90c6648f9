using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Cloud;

/// <summary>Where a cloud answers and the account that describes it. The password is only referred to.</summary>
public sealed record CloudApi
{
    /// <summary>URL of Keystone.</summary>
    public required string AuthUrl { get; init; }

    /// <summary>Name of the account, in the domain Default.</summary>
    public required string Username { get; init; }

    /// <summary>Name of its project, in the domain Default.</summary>
    public required string Project { get; init; }

    /// <summary>Absolute path on the host of the file that holds its password.</summary>
    public required string SecretFile { get; init; }

    /// <summary>Region whose services are used; null: any.</summary>
    public string? Region { get; init; }

    /// <summary>Absolute path on the host of the certificates that those of the services are issued by; null: the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>The account of a valid host; null: it describes no cloud.</summary>
    public static CloudApi? Of(HostSection host) => host.Cloud is { } cloud ? CloudRules.ApiOf(cloud, host) : null;

    /// <summary>True for a stored one that has everything that the kinds rely on.</summary>
    internal bool IsSound =>
        Uri.TryCreate(AuthUrl, UriKind.Absolute, out var url)
        && url.Scheme is "http" or "https"
        && Username is { Length: > 0 }
        && Project is { Length: > 0 }
        && SecretFile is ['/', ..];
}
