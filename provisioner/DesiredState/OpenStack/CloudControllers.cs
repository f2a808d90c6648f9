using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.OpenStack;

/// <summary>The controllers of a site: a compute host names its own by its name there.</summary>
internal sealed class CloudControllers
{
    private readonly Dictionary<string, string> _addresses = new(StringComparer.Ordinal);
    private readonly HashSet<string> _others = new(StringComparer.Ordinal);

    /// <summary>No controllers: for a host that is described alone.</summary>
    public static CloudControllers None { get; } = new([]);

    /// <summary>The controllers among the hosts of a site.</summary>
    public CloudControllers(IEnumerable<(string Name, HostSection Host)> hosts)
    {
        foreach (var (name, host) in hosts)
        {
            if (host.OpenStack is { } cloud && (cloud.Role == OpenStackRole.Controller || cloud.ComputeHosts == true))
                _addresses[name] = new CloudHost(name, host, None).Address;
            else
                _others.Add(name);
        }
    }

    /// <summary>True for a controller of the site.</summary>
    public bool Has(string? name) => name is not null && _addresses.ContainsKey(name);

    /// <summary>True for a host of the site without this role.</summary>
    public bool IsOther(string name) => _others.Contains(name);

    /// <summary>The names, for messages.</summary>
    public IEnumerable<string> Names => _addresses.Keys;

    /// <summary>Address of a controller of the site; null: there is none with this name.</summary>
    public string? AddressOf(string? name) => name is null ? null : _addresses.GetValueOrDefault(name);
}
