using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.OpenStack;

/// <summary>A host with a role in a cloud, with all defaults and derived addresses.</summary>
internal sealed class CloudHost
{
    /// <summary>The link that the role makes where the description names none.</summary>
    public const string DefaultLink = "cloudlet0";

    private const string Loopback = "127.0.0.1";

    private static readonly string[] ControllerSecrets =
    [
        "db-keystone",
        "db-glance",
        "db-placement",
        "db-nova",
        "db-neutron",
        "keystone-admin",
        "svc-glance",
        "svc-placement",
        "svc-neutron",
    ];

    private static readonly string[] SharedSecrets = ["rabbit", "svc-nova", "metadata"];

    private readonly HostSection _host;

    /// <summary>
    /// Derives the values; if the description has problems (<see cref="CloudProblems"/>), unknown values are empty.
    /// </summary>
    /// <param name="name">Name of the host in its site.</param>
    /// <param name="host">The host as described.</param>
    /// <param name="controllers">The controllers of the site.</param>
    public CloudHost(string name, HostSection host, CloudControllers controllers)
    {
        Name = name;
        _host = host;
        Section = host.OpenStack!;
        Link = Section.Interface ?? DefaultLink;
        Address = AddressOf(Section.Address ?? (Declared(Link)?.Addresses is [var first, ..] ? first : null)) ?? "";
        SiteController = Role == OpenStackRole.Compute && controllers.Has(Section.Controller) ? Section.Controller : null;
        Controller = HasController ? Address : controllers.AddressOf(SiteController) ?? Section.Controller ?? "";
    }

    public string Name { get; }

    /// <summary>The described section.</summary>
    public OpenStackSection Section { get; }

    public OpenStackRole Role => Section.Role ?? OpenStackRole.AllInOne;

    public bool HasController => Role != OpenStackRole.Compute;

    public bool HasCompute => Role != OpenStackRole.Controller;

    /// <summary>Other hosts use this controller, so its broker and OVN's southbound database listen on its address.</summary>
    public bool IsRemote => Role == OpenStackRole.Controller || Section.ComputeHosts == true;

    public bool IsUserspace => Section.Datapath == OpenStackDatapath.Userspace;

    public bool HasDashboard => HasController && Section.Dashboard != false;

    public string Virtualization => Section.Virtualization == OpenStackVirtualization.Qemu ? "qemu" : "kvm";

    public string Region => Section.Region ?? "RegionOne";

    /// <summary>The link with the host's address.</summary>
    public string Link { get; }

    /// <summary>The role declares the link.</summary>
    public bool MakesLink => Section.Address is not null;

    /// <summary>The address of the host's endpoints, consoles and tunnels.</summary>
    public string Address { get; }

    /// <summary>Address or name of the controller.</summary>
    public string Controller { get; }

    /// <summary>The controller, where it is another host of the same site.</summary>
    public string? SiteController { get; }

    /// <summary>A veth joins the role's link to the provider's bridge.</summary>
    public bool HasVeth => MakesLink && Section.ProviderInterface is null;

    /// <summary>The port of the provider's bridge; null: the host has no physical network.</summary>
    public string? ProviderPort => Section.ProviderInterface ?? (HasVeth ? "flat0n" : null);

    /// <summary>Where services of this host listen that only hosts of the cloud use.</summary>
    public string Listen => HasController && !IsRemote ? Loopback : Address;

    /// <summary>Where the broker is.</summary>
    public string Broker => HasController ? Listen : Controller;

    /// <summary>Where OVN's southbound database is.</summary>
    public string Southbound => HasController ? "unix:/run/ovn/ovnsb_db.sock" : $"tcp:{InUrl(Controller)}:6642";

    /// <summary>Base of the URLs of the cloud's services.</summary>
    public string Endpoint => $"http://{InUrl(Controller)}";

    /// <summary>URL of Keystone.</summary>
    public string AuthUrl => $"{Endpoint}:5000/v3";

    /// <summary>Secrets of the role that the host does not describe itself, each with where it comes from.</summary>
    public IEnumerable<(string Name, string Source)> OwnSecrets
    {
        get
        {
            var needed = HasController ? SharedSecrets.Concat(ControllerSecrets) : SharedSecrets;
            if (HasDashboard)
                needed = needed.Append("dashboard");
            var source = HasController ? "{generate: 32}" : $"{{from: {SiteController}}}";
            return NeedsSecrets ? [] : needed.Where(n => !Has(n)).Order(StringComparer.Ordinal).Select(n => (n, source));
        }
    }

    /// <summary>Secrets that only the description can give: this host's controller is not in its site.</summary>
    public IEnumerable<string> MissingSecrets => NeedsSecrets ? SharedSecrets.Where(n => !Has(n)) : [];

    private bool NeedsSecrets => !HasController && SiteController is null;

    /// <summary>The file of a secret.</summary>
    public string SecretFile(string name) => _host.SecretPath(name) ?? SecretSource.PathOf(name);

    /// <summary>The host's own description of a link.</summary>
    public LinkSection? Declared(string link) => _host.Links?.GetValueOrDefault(link);

    /// <summary>An address in a URL.</summary>
    public static string InUrl(string address) => address.Contains(':') ? $"[{address}]" : address;

    /// <summary>An address without its prefix length; null: it is not valid.</summary>
    public static string? AddressOf(string? prefix) =>
        prefix is not null && IpPrefix.TryParse(prefix, out var parsed, out _) ? parsed.Address.ToString() : null;

    private bool Has(string secret) => _host.Secrets?.ContainsKey(secret) == true;
}
