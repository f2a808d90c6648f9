using System.ComponentModel;
using System.Text.Json.Serialization;
using Cloudlet.DesiredState.Site.Structure;
using Cloudlet.DesiredState.Site.Validation;

namespace Cloudlet.DesiredState.Site;

/// <summary>A site as its files say it: the root of a site file. Property names are the keys of the YAML in camelCase; a <see cref="DescriptionAttribute"/> becomes the help of the JSON Schema.</summary>
[Description("A site: cloudlet hosts and what they should be.")]
public sealed record SiteSection
{
    /// <summary>Name of the site.</summary>
    [Description("Name of the site, used in messages.")]
    public string? Site { get; init; }

    /// <summary>What every host inherits.</summary>
    [Description("What every host inherits; a host's own keys win, and a null there removes the inherited entry.")]
    public HostSection? Defaults { get; init; }

    /// <summary>Host name → host.</summary>
    [Description("The hosts, by name.")]
    [SchemaNames("^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$")]
    public IReadOnlyDictionary<string, HostSection>? Hosts { get; init; }
}

/// <summary>How a host applies its links at boot.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BootNetwork>))]
public enum BootNetwork
{
    /// <summary>systemd-networkd: .netdev and .network files.</summary>
    [JsonStringEnumMemberName("networkd")] Networkd,

    /// <summary>ifupdown: /etc/network/interfaces.d.</summary>
    [JsonStringEnumMemberName("ifupdown")] Ifupdown,

    /// <summary>No boot configuration: links last until the next boot.</summary>
    [JsonStringEnumMemberName("none")] None,
}

/// <summary>One host.</summary>
[Description("One host: how to reach it and what it should be.")]
public sealed record HostSection
{
    /// <summary>How to reach the host.</summary>
    [Description("How to reach the host: local (the default), ssh://user@host:port, or netns://name for a network namespace of this machine (links only).")]
    [SchemaPattern("^(local|ssh://.+|netns://.+)$")]
    public string? Reach { get; init; }

    /// <summary>Which program applies the links at boot.</summary>
    [Description("Which program of the host applies the links at boot: networkd (the default), ifupdown, or none.")]
    public BootNetwork? Boot { get; init; }

    /// <summary>Module name → module.</summary>
    [Description("Kernel modules to load now and at boot, by name.")]
    [SchemaNames("^[A-Za-z0-9_][A-Za-z0-9_-]*$")]
    public IReadOnlyDictionary<string, ModuleSection?>? Modules { get; init; }

    /// <summary>Link name → link.</summary>
    [Description("Network links, by name (at most 15 bytes).")]
    [SchemaNames("^[^/:%\\s-][^/:%\\s]{0,14}$")]
    public IReadOnlyDictionary<string, LinkSection>? Links { get; init; }

    /// <summary>Absolute path → file.</summary>
    [Description("Files, folders and symbolic links, by absolute path.")]
    [SchemaNames("^/.+")]
    public IReadOnlyDictionary<string, FileSection>? Files { get; init; }

    /// <summary>Package name → package.</summary>
    [Description("Packages of the distribution, by name; `name:` alone means installed, in any version.")]
    [SchemaNames("^[a-z0-9][a-z0-9+.-]+$")]
    public IReadOnlyDictionary<string, PackageSection?>? Packages { get; init; }

    /// <summary>Unit name → unit.</summary>
    [Description("Units of the service manager, by name with suffix.")]
    [SchemaNames("\\.(service|socket|timer|target|path|mount|automount|slice|swap)$")]
    public IReadOnlyDictionary<string, UnitSection>? Units { get; init; }

    /// <summary>What the host is to Nova.</summary>
    [Description("What the host is to Nova: a role that stands for the packages, files, units and links of a cloudlet's single node, controller or compute host.")]
    public NovaSection? Nova { get; init; }

    /// <summary>The health daemon.</summary>
    [Description("The health daemon, which holds the host to this description by itself; `health: {}` installs it with its defaults.")]
    public HealthSection? Health { get; init; }

    /// <summary>Values that every template of the host sees.</summary>
    [Description("Values that every template of the host sees.")]
    public IReadOnlyDictionary<string, TemplateValue>? Values { get; init; }

    /// <summary>Secret name → absolute path of the file on the host that holds it.</summary>
    [Description("Secrets by name: the absolute path, on the host, of the file that holds each. Values never enter a site file or a HostState; in content and templates ${secret:NAME} stands for one.")]
    [SchemaPattern("^/.+")]
    public IReadOnlyDictionary<string, string>? Secrets { get; init; }
}

/// <summary>One kernel module.</summary>
[Description("One kernel module.")]
public sealed record ModuleSection
{
    /// <summary>Module options.</summary>
    [Description("Options, as modprobe.d takes them, e.g. numdummies: 0. The module dummy gets numdummies=0 unless it is given.")]
    public IReadOnlyDictionary<string, string>? Options { get; init; }
}

/// <summary>One link.</summary>
[Description("One network link with its addresses and routes.")]
public sealed record LinkSection
{
    /// <summary>Kind of the link.</summary>
    [Description("Kind of the link; `existing` configures a link that is there already, such as a network card.")]
    public Links.LinkKind? Kind { get; init; }

    /// <summary>Lower link.</summary>
    [Description("The lower link of a vlan, macvlan or vxlan.")]
    public string? Parent { get; init; }

    /// <summary>The other end of a veth.</summary>
    [Description("The other end of a veth.")]
    public string? Peer { get; init; }

    /// <summary>VLAN or VXLAN id.</summary>
    [Description("VLAN id (1-4094) of a vlan, network identifier (0-16777215) of a vxlan.")]
    [SchemaRange(0, LinkRules.MaxVxlanId)]
    public int? Id { get; init; }

    /// <summary>VXLAN local tunnel address.</summary>
    [Description("Local tunnel address of a vxlan.")]
    public string? Local { get; init; }

    /// <summary>VXLAN remote address or group.</summary>
    [Description("Remote address or multicast group of a vxlan.")]
    public string? Remote { get; init; }

    /// <summary>VXLAN port.</summary>
    [Description("UDP destination port of a vxlan (default 4789).")]
    [SchemaRange(1, 65535)]
    public int? Port { get; init; }

    /// <summary>macvlan mode.</summary>
    [Description("Mode of a macvlan: private, vepa, bridge (the default) or passthru.")]
    [SchemaPattern("^(private|vepa|bridge|passthru)$")]
    public string? Mode { get; init; }

    /// <summary>Spanning tree.</summary>
    [Description("Spanning tree on a bridge.")]
    public bool? Stp { get; init; }

    /// <summary>Hardware address.</summary>
    [Description("Hardware address, aa:bb:cc:dd:ee:ff. Without one, a link that Provision creates gets a stable one derived from host and link name.")]
    [SchemaPattern("^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$")]
    public string? Mac { get; init; }

    /// <summary>MTU in bytes.</summary>
    [Description("Maximum transmission unit in bytes, 68-65535.")]
    [SchemaRange(LinkRules.MinMtu, LinkRules.MaxMtu)]
    public int? Mtu { get; init; }

    /// <summary>Administrative state.</summary>
    [Description("Administratively up (the default) or down.")]
    public bool? Up { get; init; }

    /// <summary>Promiscuous mode.</summary>
    [Description("Receive every frame.")]
    public bool? Promiscuous { get; init; }

    /// <summary>Bridge this link is a port of.</summary>
    [Description("The bridge this link is a port of.")]
    public string? Master { get; init; }

    /// <summary>Ports of a bridge.</summary>
    [Description("Ports of a bridge: the same as `master` at each of them.")]
    public IReadOnlyList<string>? Ports { get; init; }

    /// <summary>Addresses.</summary>
    [Description("Addresses with prefix length, e.g. 10.80.0.1/24 or fd00:80::1/64.")]
    [SchemaPattern("^[0-9A-Fa-f.:]+/[0-9]{1,3}$")]
    public IReadOnlyList<string>? Addresses { get; init; }

    /// <summary>What to do with addresses that are not named.</summary>
    [Description("What to do with other permanent addresses of the link: remove (the default on links that Provision creates) or keep (the default on existing links).")]
    public Links.ForeignAddresses? ForeignAddresses { get; init; }

    /// <summary>Routes.</summary>
    [Description("Routes through this link. Routes that others made always stay.")]
    public IReadOnlyList<RouteSection>? Routes { get; init; }

    /// <summary>Needed for the host to count as online.</summary>
    [Description("Whether the boot waits for this link before the host counts as online (default false).")]
    public bool? RequiredForOnline { get; init; }
}

/// <summary>One route.</summary>
[Description("One route.")]
public sealed record RouteSection
{
    /// <summary>Destination.</summary>
    [Description("Destination with prefix length, or `default`.")]
    [SchemaPattern("^(default|[0-9A-Fa-f.:]+/[0-9]{1,3})$")]
    public string? To { get; init; }

    /// <summary>Gateway.</summary>
    [Description("Gateway address; without one the destination is on the link.")]
    public string? Via { get; init; }

    /// <summary>Metric.</summary>
    [Description("Metric; the smallest wins.")]
    [SchemaRange(0, int.MaxValue)]
    public int? Metric { get; init; }

    /// <summary>Source address.</summary>
    [Description("Preferred source address.")]
    public string? Source { get; init; }
}

/// <summary>One file, folder or symbolic link.</summary>
[Description("One file (content, template or oslo options), folder (directory: true) or symbolic link (symlink: target).")]
public sealed record FileSection
{
    /// <summary>Inline content.</summary>
    [Description("The content. ${secret:NAME} stands for a secret.")]
    public string? Content { get; init; }

    /// <summary>Template path.</summary>
    [Description("Path of a Scriban template, relative to the site file it stands in.")]
    public string? Template { get; init; }

    /// <summary>Options of an OpenStack service.</summary>
    [Description("The content as options of an OpenStack service, or what checks a content that is given otherwise.")]
    public OsloSection? Oslo { get; init; }

    /// <summary>Values of the template.</summary>
    [Description("Values for the template, over those of the host.")]
    public IReadOnlyDictionary<string, TemplateValue>? Values { get; init; }

    /// <summary>Target of a symbolic link.</summary>
    [Description("Target of a symbolic link.")]
    public string? Symlink { get; init; }

    /// <summary>A folder.</summary>
    [Description("True for a folder.")]
    public bool? Directory { get; init; }

    /// <summary>Permission bits.</summary>
    [Description("Permission bits as an octal string, e.g. \"0644\" (the default of files; folders 0755).")]
    public string? Mode { get; init; }

    /// <summary>Owner.</summary>
    [Description("Owner (default root).")]
    public string? Owner { get; init; }

    /// <summary>Group.</summary>
    [Description("Group (default root).")]
    public string? Group { get; init; }
}

/// <summary>One package.</summary>
[Description("One package of the distribution.")]
public sealed record PackageSection
{
    /// <summary>Whether it is installed.</summary>
    [Description("True (the default): installed; false: not installed.")]
    public bool? Installed { get; init; }

    /// <summary>Exact version.</summary>
    [Description("The exact version; any when left out.")]
    public string? Version { get; init; }
}

/// <summary>One unit.</summary>
[Description("One unit of the service manager.")]
public sealed record UnitSection
{
    /// <summary>Starts at boot.</summary>
    [Description("Whether it starts at boot; left as it is when left out.")]
    public bool? Enabled { get; init; }

    /// <summary>Runs now.</summary>
    [Description("Whether it runs now; left as it is when left out.")]
    public bool? Running { get; init; }

    /// <summary>Unit file content.</summary>
    [Description("The whole unit file, written to /etc/systemd/system; for units that no package brings.")]
    public string? Content { get; init; }

    /// <summary>Drop-in name → content.</summary>
    [Description("Drop-ins by name (without .conf): content of /etc/systemd/system/UNIT.d/NAME.conf.")]
    public IReadOnlyDictionary<string, string>? DropIns { get; init; }

    /// <summary>Configuration files it loads.</summary>
    [Description("Absolute paths of the configuration files that its process reads at its start; when one changes, the unit is restarted.")]
    [SchemaPattern("^/.+")]
    public IReadOnlyList<string>? Loads { get; init; }

    /// <summary>What to do on change.</summary>
    [Description("What to do when a loaded file has changed: restart (the default), reload, or nothing.")]
    public Units.OnChange? OnChange { get; init; }

    /// <summary>Options that a reload is enough for.</summary>
    [Description("Options that the process takes over at a reload, as section.key or section.*, e.g. DEFAULT.debug; when nothing else changed, the unit is reloaded and not restarted.")]
    [SchemaPattern(Units.OptionNames.Pattern)]
    public IReadOnlyList<string>? Mutable { get; init; }

    /// <summary>How the process says what it has loaded.</summary>
    [Description("How its process can say itself what it has loaded: guru, by the Guru Meditation Report of OpenStack services (SIGUSR2); needs [oslo_reports] log_dir.")]
    public Units.Asks? Asks { get; init; }

    /// <summary>Seconds after which a process that does not run hangs.</summary>
    [Description("Seconds: a main or worker process of the unit in which no thread has run for so long hangs, and the health daemon starts the unit anew; for services that do something by themselves at least half as often.")]
    [SchemaRange(Units.UnitSpec.ShortestHang, Units.UnitSpec.LongestHang)]
    public int? HungAfter { get; init; }

    /// <summary>Other resources that have to be as described first.</summary>
    [Description("What has to be as described before the unit is touched: ids such as link:cloudlet0 or file:/etc/x.")]
    [SchemaPattern("^(module|link|file|package|unit):.+")]
    public IReadOnlyList<string>? After { get; init; }
}

/// <summary>The health daemon of a host.</summary>
[Description("The health daemon: it holds the host to its description, event by event, and after a reboot too.")]
public sealed record HealthSection
{
    /// <summary>Seconds between full looks.</summary>
    [Description("Seconds between two full looks, the net under the events (default 600).")]
    [SchemaRange(10, 86400)]
    public int? FullLook { get; init; }

    /// <summary>Heals at once.</summary>
    [Description("How many heals of one resource may follow each other at once (default 10).")]
    [SchemaRange(1, 10000)]
    public int? Burst { get; init; }

    /// <summary>Heals a minute.</summary>
    [Description("How many further heals of one resource a minute (default 6).")]
    [SchemaRange(1, 6000)]
    public int? PerMinute { get; init; }

    /// <summary>Failures in a row.</summary>
    [Description("After how many failures in a row a resource is given up, with an alarm, until something changes (default 5).")]
    [SchemaRange(1, 1000)]
    public int? GiveUpAfter { get; init; }

    /// <summary>What to do about old configuration.</summary>
    [Description("What to do about processes that run on an old configuration: restart them (auto, the default), or show that a restart is due and wait (deferred).")]
    public Health.Restarts? Restarts { get; init; }

    /// <summary>Where metrics are read.</summary>
    [Description("Address and port of this host where Prometheus reads metrics, e.g. 127.0.0.1:9810 (default: nowhere).")]
    [SchemaPattern("^[^\\s]+:[0-9]{1,5}$")]
    public string? Metrics { get; init; }

    /// <summary>Where metrics are sent.</summary>
    [Description("Base address of an OTLP/HTTP collector that metrics are sent to, e.g. http://127.0.0.1:4318 (default: none).")]
    [SchemaPattern("^https?://.+")]
    public string? Otlp { get; init; }

    /// <summary>What is run on an alarm.</summary>
    [Description("Program (absolute path) and arguments that are run when an alarm is raised or cleared, with the alarm as JSON on standard input.")]
    public IReadOnlyList<string>? OnAlarm { get; init; }

    /// <summary>Where alarms are posted.</summary>
    [Description("Name of a secret of this host that holds the URL to which alarms are posted as JSON.")]
    public string? Webhook { get; init; }
}
