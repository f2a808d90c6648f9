using System.ComponentModel;

namespace Cloudlet.DesiredState.Sections;

/// <summary>Where a cloud answers, and the account for it.</summary>
[Description("Where the cloud of the sections cloudProjects, cloudUsers and others answers, and the account that they are described with.")]
public sealed record CloudSection
{
    /// <summary>URL of Keystone.</summary>
    [Description("URL of Keystone, e.g. http://10.80.0.1:5000/v3.")]
    [SchemaPattern("^https?://.+")]
    public string? AuthUrl { get; init; }

    /// <summary>Name of the account.</summary>
    [Description("Name of the account, in the domain Default (default: admin).")]
    public string? Username { get; init; }

    /// <summary>Its project.</summary>
    [Description("Name of its project, in the domain Default, which owns networks, images and others (default: admin).")]
    public string? Project { get; init; }

    /// <summary>Its password.</summary>
    [Description("Name of the secret of this host that holds its password.")]
    public string? Secret { get; init; }

    /// <summary>Region of the services.</summary>
    [Description("Region of the services (default: RegionOne for what is created, any for what is asked).")]
    public string? Region { get; init; }

    /// <summary>Trusted certificates.</summary>
    [Description("Absolute path of a PEM file on this host with the certificates that may have issued those of the services.")]
    [SchemaPattern("^/.+")]
    public string? CaFile { get; init; }
}

/// <summary>The key <c>cloud</c> of a host.</summary>
public static class HostCloud
{
    /// <summary>The key.</summary>
    public const string Key = "cloud";
}
