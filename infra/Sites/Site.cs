using Pulumi;

namespace Cloudlet.Sites;

/// <summary>A site: hosts that belong together. Each site is a class whose constructor declares the hosts.</summary>
/// <param name="name">Name of the site.</param>
/// <param name="options">How the engine treats it.</param>
public abstract class Site(string name, ComponentResourceOptions? options = null) : ComponentResource("cloudlet:index:Site", name, options)
{
    private readonly SortedDictionary<string, Host> _hosts = new(StringComparer.Ordinal);

    /// <summary>The hosts by name.</summary>
    public IReadOnlyDictionary<string, Host> Hosts => _hosts;

    /// <summary>Declares a host of the site.</summary>
    /// <param name="hostName">Its name in the site.</param>
    /// <param name="args">What it should be.</param>
    /// <param name="hostOptions">How the engine treats it; its parent is the site.</param>
    protected Host AddHost(string hostName, HostArgs args, CustomResourceOptions? hostOptions = null) =>
        Keep(hostName, new Host(hostName, args, Below(hostOptions)));

    /// <summary>The outputs of a stack: addresses, digests and health, by host.</summary>
    internal IDictionary<string, object?> Outputs() =>
        new Dictionary<string, object?>
        {
            ["addresses"] = ByHost(static h => h.Addresses),
            ["digests"] = ByHost(static h => h.Digest),
            ["health"] = ByHost(static h => h.Health.Apply(static health => health?.State)),
        };

    private protected Host Keep(string hostName, Host host)
    {
        _hosts.Add(hostName, host);
        return host;
    }

    private protected CustomResourceOptions Below(CustomResourceOptions? hostOptions) =>
        CustomResourceOptions.Merge(hostOptions, new CustomResourceOptions { Parent = this });

    private Dictionary<string, object?> ByHost(Func<Host, object?> of) => _hosts.ToDictionary(static h => h.Key, h => of(h.Value));
}
