using Pulumi;

namespace Cloudlet.Sites;

/// <summary>
/// A host: how to reach it and what it should be. The properties are the keys of a host in a site file, and the provider reads them the
/// same way.
/// </summary>
public sealed class HostArgs : ResourceArgs
{
    [Input("templates")]
    private InputMap<string>? _templates;

    /// <summary>
    /// Name of the host in its site, as messages and its HostState show it; the name of the resource when left out.
    /// </summary>
    [Input("name")]
    public Input<string>? Name { get; set; }

    /// <summary>
    /// The text of each template that <see cref="Files"/> refer to, by its name: a provider reads no files of the program.
    /// </summary>
    public InputMap<string> Templates
    {
        get => _templates ??= [];
        set => _templates = value;
    }

    /// <summary>
    /// What happens to the host when the resource is deleted: restore returns it to its earlier state; forget leaves it as it is. When left
    /// out, the provider's configuration decides, whose default is restore.
    /// </summary>
    [Input("onDelete")]
    public Input<string>? OnDelete { get; set; }

    /// <summary>
    /// How to reach the host: local (the default), ssh://user@host:port, or netns://name for a network namespace of this machine (links
    /// only).
    /// </summary>
    [Input("reach")]
    public Input<string>? Reach { get; set; }

    /// <summary>
    /// True: the next update takes over a host that another site or stack describes; when left out, the provider's configuration decides.
    /// </summary>
    [Input("takeOver")]
    public Input<bool>? TakeOver { get; set; }

    /// <summary>Which program of the host configures the links at boot: networkd (the default), ifupdown, or none.</summary>
    [Input("boot")]
    public Input<BootNetwork>? Boot { get; set; }

    [Input("modules")]
    private InputMap<ModuleArgs>? _modules;

    /// <summary>Kernel modules to load now and at boot, by name.</summary>
    public InputMap<ModuleArgs> Modules
    {
        get => _modules ??= [];
        set => _modules = value;
    }

    [Input("links")]
    private InputMap<LinkArgs>? _links;

    /// <summary>Network links, by name (at most 15 bytes).</summary>
    public InputMap<LinkArgs> Links
    {
        get => _links ??= [];
        set => _links = value;
    }

    [Input("sysctls")]
    private InputMap<string>? _sysctls;

    /// <summary>Kernel settings (sysctl) by name, e.g. net.ipv4.ip_forward: 1, now and at boot.</summary>
    public InputMap<string> Sysctls
    {
        get => _sysctls ??= [];
        set => _sysctls = value;
    }

    [Input("files")]
    private InputMap<FileArgs>? _files;

    /// <summary>Files, folders and symbolic links, by absolute path.</summary>
    public InputMap<FileArgs> Files
    {
        get => _files ??= [];
        set => _files = value;
    }

    [Input("packages")]
    private InputMap<PackageArgs>? _packages;

    /// <summary>Packages of the distribution, by name; `name:` alone means installed, in any version.</summary>
    public InputMap<PackageArgs> Packages
    {
        get => _packages ??= [];
        set => _packages = value;
    }

    [Input("conditions")]
    private InputMap<ConditionArgs>? _conditions;

    /// <summary>Conditions that an update waits for, by name, such as a service of another host that answers.</summary>
    public InputMap<ConditionArgs> Conditions
    {
        get => _conditions ??= [];
        set => _conditions = value;
    }

    [Input("units")]
    private InputMap<UnitArgs>? _units;

    /// <summary>systemd units, by name with suffix.</summary>
    public InputMap<UnitArgs> Units
    {
        get => _units ??= [];
        set => _units = value;
    }

    [Input("databases")]
    private InputMap<DatabaseArgs>? _databases;

    /// <summary>Databases of the host's MariaDB, by name. A database is never dropped.</summary>
    public InputMap<DatabaseArgs> Databases
    {
        get => _databases ??= [];
        set => _databases = value;
    }

    [Input("databaseAccounts")]
    private InputMap<DatabaseAccountArgs>? _databaseAccounts;

    /// <summary>Accounts of the host's MariaDB, by name: password, hosts and databases.</summary>
    public InputMap<DatabaseAccountArgs> DatabaseAccounts
    {
        get => _databaseAccounts ??= [];
        set => _databaseAccounts = value;
    }

    [Input("brokerAccounts")]
    private InputMap<BrokerAccountArgs>? _brokerAccounts;

    /// <summary>Accounts of the host's RabbitMQ, by name, each with all permissions in its virtual host.</summary>
    public InputMap<BrokerAccountArgs> BrokerAccounts
    {
        get => _brokerAccounts ??= [];
        set => _brokerAccounts = value;
    }

    [Input("schemas")]
    private InputMap<SchemaArgs>? _schemas;

    /// <summary>Tables of services of OpenStack, by name: they are those of the installed release.</summary>
    public InputMap<SchemaArgs> Schemas
    {
        get => _schemas ??= [];
        set => _schemas = value;
    }

    [Input("novaCells")]
    private InputMap<NovaCellArgs>? _novaCells;

    /// <summary>Cells of Nova, by name; cell0 holds servers that no host could take. They are never removed.</summary>
    public InputMap<NovaCellArgs> NovaCells
    {
        get => _novaCells ??= [];
        set => _novaCells = value;
    }

    [Input("ovsSettings")]
    private InputMap<string>? _ovsSettings;

    /// <summary>Settings of the host's Open vSwitch, by column and key.</summary>
    public InputMap<string> OvsSettings
    {
        get => _ovsSettings ??= [];
        set => _ovsSettings = value;
    }

    [Input("ovsBridges")]
    private InputMap<OvsBridgeArgs>? _ovsBridges;

    /// <summary>Bridges of the host's Open vSwitch, by name.</summary>
    public InputMap<OvsBridgeArgs> OvsBridges
    {
        get => _ovsBridges ??= [];
        set => _ovsBridges = value;
    }

    [Input("cloudProjects")]
    private InputMap<CloudProjectArgs>? _cloudProjects;

    /// <summary>
    /// Projects of the cloud, by name; `name:` alone means that it exists and is enabled. One that still has something is not deleted.
    /// </summary>
    public InputMap<CloudProjectArgs> CloudProjects
    {
        get => _cloudProjects ??= [];
        set => _cloudProjects = value;
    }

    [Input("cloudRoles")]
    private InputMap<CloudRoleArgs>? _cloudRoles;

    /// <summary>Roles of the cloud, by name; `name:` alone means that it exists. One that is held is not deleted.</summary>
    public InputMap<CloudRoleArgs> CloudRoles
    {
        get => _cloudRoles ??= [];
        set => _cloudRoles = value;
    }

    [Input("cloudUsers")]
    private InputMap<CloudUserArgs>? _cloudUsers;

    /// <summary>Accounts of the cloud, by name: password, project and roles. All other roles in projects of such an account go.</summary>
    public InputMap<CloudUserArgs> CloudUsers
    {
        get => _cloudUsers ??= [];
        set => _cloudUsers = value;
    }

    [Input("cloudServices")]
    private InputMap<CloudServiceArgs>? _cloudServices;

    /// <summary>Services in the catalog of the cloud, by name: type and endpoints.</summary>
    public InputMap<CloudServiceArgs> CloudServices
    {
        get => _cloudServices ??= [];
        set => _cloudServices = value;
    }

    [Input("cloudFlavors")]
    private InputMap<CloudFlavorArgs>? _cloudFlavors;

    /// <summary>
    /// Flavors (sizes of servers) of the cloud, by name. Nova cannot change one, so another size is another flavor of the same name.
    /// </summary>
    public InputMap<CloudFlavorArgs> CloudFlavors
    {
        get => _cloudFlavors ??= [];
        set => _cloudFlavors = value;
    }

    [Input("cloudImages")]
    private InputMap<CloudImageArgs>? _cloudImages;

    /// <summary>Images of the cloud, by name, uploaded from a file of this host or a URL. One that a server uses is not deleted.</summary>
    public InputMap<CloudImageArgs> CloudImages
    {
        get => _cloudImages ??= [];
        set => _cloudImages = value;
    }

    [Input("cloudNetworks")]
    private InputMap<CloudNetworkArgs>? _cloudNetworks;

    /// <summary>Networks of the cloud, by name. One that has ports is not deleted.</summary>
    public InputMap<CloudNetworkArgs> CloudNetworks
    {
        get => _cloudNetworks ??= [];
        set => _cloudNetworks = value;
    }

    [Input("cloudSubnets")]
    private InputMap<CloudSubnetArgs>? _cloudSubnets;

    /// <summary>Subnets of networks of the cloud, by name. One that has addresses in use is not deleted.</summary>
    public InputMap<CloudSubnetArgs> CloudSubnets
    {
        get => _cloudSubnets ??= [];
        set => _cloudSubnets = value;
    }

    [Input("cloudRouters")]
    private InputMap<CloudRouterArgs>? _cloudRouters;

    /// <summary>Routers of the cloud, by name: the way out, and the subnets that they connect; they have no other subnets.</summary>
    public InputMap<CloudRouterArgs> CloudRouters
    {
        get => _cloudRouters ??= [];
        set => _cloudRouters = value;
    }

    [Input("cloudSecurityGroups")]
    private InputMap<CloudSecurityGroupArgs>? _cloudSecurityGroups;

    /// <summary>
    /// Security groups of the account's project, by name; every project has one named default: what may reach servers.
    /// </summary>
    public InputMap<CloudSecurityGroupArgs> CloudSecurityGroups
    {
        get => _cloudSecurityGroups ??= [];
        set => _cloudSecurityGroups = value;
    }

    [Input("cloudQuotas")]
    private InputMap<CloudQuotaArgs>? _cloudQuotas;

    /// <summary>Quotas of projects of the cloud, by project; -1 means no limit.</summary>
    public InputMap<CloudQuotaArgs> CloudQuotas
    {
        get => _cloudQuotas ??= [];
        set => _cloudQuotas = value;
    }

    [Input("cloudKeypairs")]
    private InputMap<CloudKeypairArgs>? _cloudKeypairs;

    /// <summary>Public keys of the account in the cloud, by name, for logging in to servers.</summary>
    public InputMap<CloudKeypairArgs> CloudKeypairs
    {
        get => _cloudKeypairs ??= [];
        set => _cloudKeypairs = value;
    }

    /// <summary>
    /// The host's role in Nova: it stands for the packages, files, units and links of a cloudlet's single node, controller or compute host.
    /// </summary>
    [Input("nova")]
    public Input<NovaArgs>? Nova { get; set; }

    /// <summary>
    /// The host's role in a cloud of OpenStack: it stands for everything that an all-in-one, controller or compute host needs.
    /// </summary>
    [Input("openstack")]
    public Input<OpenStackArgs>? OpenStack { get; set; }

    /// <summary>
    /// The health daemon, which keeps the host as described; `health: {}` installs it with its defaults.
    /// </summary>
    [Input("health")]
    public Input<HealthArgs>? Health { get; set; }

    /// <summary>The cloudlet service, an API for bases, VMs and overlays; `service: {}` installs it with its defaults.</summary>
    [Input("service")]
    public Input<ServiceArgs>? Service { get; set; }

    /// <summary>Where a cloud answers, for the sections that describe its projects, users, networks and others.</summary>
    [Input("cloud")]
    public Input<CloudArgs>? Cloud { get; set; }

    [Input("values")]
    private InputMap<object>? _values;

    /// <summary>Values that every template of the host sees.</summary>
    public InputMap<object> Values
    {
        get => _values ??= [];
        set => _values = value;
    }

    [Input("secrets")]
    private InputMap<object>? _secrets;

    /// <summary>
    /// Secrets by name: the absolute path, on the host, of a file that the operator keeps, or <see cref="SecretSourceArgs"/>. Values never
    /// enter a site file or a HostState; in content and templates, ${secret:NAME} is replaced by one.
    /// </summary>
    public InputMap<object> Secrets
    {
        get => _secrets ??= [];
        set => _secrets = value;
    }
}
