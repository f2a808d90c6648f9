namespace Cloudlet.OpenStack;

/// <summary>What is known about the services that are used here.</summary>
public static class ServiceTypes
{
    /// <summary>Type of Nova.</summary>
    public const string Compute = "compute";

    /// <summary>Type of Glance.</summary>
    public const string Image = "image";

    /// <summary>Type of Neutron.</summary>
    public const string Network = "network";

    /// <summary>
    /// The version of Nova's API that is asked for: the first in which the list of flavors has everything about them (Rocky; Debian 12 and
    /// 13 have newer ones).
    /// </summary>
    private const string ComputeVersion = "2.61";

    /// <summary>Name of the service in messages.</summary>
    internal static string NameOf(string type) =>
        type switch
        {
            Keystone.Type => "keystone",
            Compute => "nova",
            Image => "glance",
            Network => "neutron",
            _ => type,
        };

    /// <summary>Value of OpenStack-API-Version; null: the service has only one version.</summary>
    internal static string? VersionHeader(string type) => type == Compute ? $"{Compute} {ComputeVersion}" : null;

    /// <summary>The catalog names Glance and Neutron without a version, or with it.</summary>
    internal static string WithVersion(string type, Uri root)
    {
        var text = root.ToString().TrimEnd('/');
        var version = type switch
        {
            Image => "/v2",
            Network => "/v2.0",
            _ => "",
        };
        return text.EndsWith(version, StringComparison.Ordinal) ? text : text + version;
    }
}
