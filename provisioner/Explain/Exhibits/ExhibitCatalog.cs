namespace Cloudlet.Explain.Exhibits;

/// <summary>How one kind of exhibit is collected. Placeholders are UNIT, PATH, SERVICE, ID, PROVIDER, PID.</summary>
/// <param name="Id">Id of the exhibit.</param>
/// <param name="How">Command, path or request; <c>GET nova …</c> goes to the endpoint of that service.</param>
/// <param name="Format">What the text looks like.</param>
/// <param name="For">Which names the placeholders stand for.</param>
/// <param name="Keep">Which end of a long text is kept.</param>
public sealed record ExhibitRequest(string Id, string How, string Format, string For = "", KeptEnd Keep = KeptEnd.First)
{
    /// <summary>True when a diagnosis needs it: its absence is reported.</summary>
    public bool IsNeeded { get; init; }
}

/// <summary>Every exhibit that is understood, and that a collector should collect; others are ignored.</summary>
public static class ExhibitCatalog
{
    /// <summary>
    /// Version of Nova's API that is used: it has everything that is read (forced_down, a server's flavor, hypervisors with their service),
    /// and every release since Pike supports it. For an older API, its newest version.
    /// </summary>
    public const string ComputeVersion = "2.53";

    /// <summary>Version of Nova's API for servers: the last one that names the flavor by its id.</summary>
    public const string ServerVersion = "2.46";

    /// <summary>Version of Placement's API that is used.</summary>
    public const string PlacementVersion = "1.14";

    /// <summary>Units that help to explain why no server is scheduled. A unit that the host does not have gives no exhibit.</summary>
    public static IReadOnlyList<string> Units { get; } =
    [
        "nova-compute.service",
        "nova-scheduler.service",
        "nova-conductor.service",
        "nova-api.service",
        "placement-api.service",
        "rabbitmq-server.service",
        "libvirtd.service",
        "virtqemud.service",
        "neutron-linuxbridge-agent.service",
        "neutron-openvswitch-agent.service",
        "keystone.service",
        "glance-api.service",
        "nova-api-metadata.service",
        "nova-novncproxy.service",
        "neutron-server.service",
        "neutron-metadata-agent.service",
        "neutron-ovn-metadata-agent.service",
        "mariadb.service",
        "memcached.service",
        "openvswitch-switch.service",
        "ovsdb-server.service",
        "ovs-vswitchd.service",
        "ovn-central.service",
        "ovn-ovsdb-server-nb.service",
        "ovn-ovsdb-server-sb.service",
        "ovn-northd.service",
        "ovn-controller.service",
        "cloudlet-dashboard.service",
    ];

    /// <summary>Services whose log files are read.</summary>
    public static IReadOnlyList<string> Logs { get; } =
    ["nova-compute", "nova-scheduler", "nova-conductor", "neutron-linuxbridge-agent", "neutron-openvswitch-agent"];

    /// <summary>
    /// Configuration in the order in which nova-compute reads it, then Neutron's. Of a folder, the files that end in <c>.conf</c>, by name.
    /// </summary>
    public static IReadOnlyList<string> Configuration { get; } =
    [
        "/etc/nova/nova.conf",
        "/etc/nova/nova.conf.d/",
        "/etc/nova/nova-compute.conf",
        "/etc/nova/nova-compute.conf.d/",
        "/etc/neutron/neutron.conf",
        "/etc/neutron/plugins/ml2/ml2_conf.ini",
        "/etc/neutron/neutron_ovn_metadata_agent.ini",
        "/etc/neutron/plugins/ml2/linuxbridge_agent.ini",
        "/etc/neutron/plugins/ml2/openvswitch_agent.ini",
        "/etc/keystone/keystone.conf",
        "/etc/glance/glance-api.conf",
        "/etc/placement/placement.conf",
    ];

    /// <summary>What to ask for.</summary>
    public static IReadOnlyList<ExhibitRequest> All { get; } =
    [
        new(
            ExhibitIds.Host,
            "hostnamectl --static; hostname --fqdn; the name that healthd recorded first",
            "lines `hostname NAME`, `fqdn NAME`, `recorded NAME`; the last one only where there is a record"
        )
        {
            IsNeeded = true,
        },
        new(
            ExhibitIds.Unit("UNIT"),
            "systemctl show UNIT --property=LoadState,ActiveState,SubState,Result,ExecMainStatus,NRestarts,UnitFileState,MainPID",
            "lines `Property=value`",
            "each of Units"
        )
        {
            IsNeeded = true,
        },
        new(ExhibitIds.Process("UNIT"), "cat /proc/PID/status", "the file as it is; `State:` is read", "units with a MainPID"),
        new(
            ExhibitIds.Journal("UNIT"),
            "journalctl --unit=UNIT --lines=200 --output=cat --no-pager",
            "messages alone, oldest first",
            "each of Units",
            KeptEnd.Last
        ),
        new(
            ExhibitIds.Log("SERVICE"),
            "tail --bytes=262144 /var/log/PROJECT/SERVICE.log",
            "lines of oslo.log; the first line whole or left out",
            "each of Logs",
            KeptEnd.Last
        ),
        new(ExhibitIds.Configuration("PATH"), "cat PATH", "the file, its secrets as ***", "each file of Configuration, in that order")
        {
            IsNeeded = true,
        },
        new(
            ExhibitIds.Freshness("UNIT"),
            "cloudlet verify; UNIT: configuration. What the process loaded (its stamp, or its own report) beside the files",
            "`state fresh`, `state stale` or `state unknown`; `by stamp`, `by report` or `by times`; `file PATH` and `option "
                + "SECTION.NAME` for each that differs; never a value",
            "units with configuration"
        )
        {
            IsNeeded = true,
        },
        new(ExhibitIds.Links, "ip -json address show", "its JSON") { IsNeeded = true },
        new(
            ExhibitIds.Clock,
            "HEAD of Nova's API, between two looks at the clock",
            "lines `before TIME`, `date DATE`, `after TIME`: TIME is ISO 8601 in UTC, DATE the header as it came"
        )
        {
            IsNeeded = true,
        },
        new(
            ExhibitIds.Broker,
            "a TCP connection to each broker of transport_url, closed at once",
            "a line for each: `HOST:PORT RESULT [words]`; RESULT is open, refused, timeout, unreachable or unresolved"
        )
        {
            IsNeeded = true,
        },
        new(ExhibitIds.Services, "GET nova /os-services", "JSON of the answer") { IsNeeded = true },
        new(ExhibitIds.Hypervisors, "GET nova /os-hypervisors/detail", "JSON of the answer") { IsNeeded = true },
        new(
            ExhibitIds.Server("ID"),
            "GET nova /servers/ID",
            "JSON of the answer",
            "the server that was asked about, else the newest one in ERROR"
        ),
        new(
            ExhibitIds.Flavor("ID"),
            "GET nova /flavors/ID",
            "JSON of the answer",
            "the flavor of that server, or the one that was asked about"
        ),
        new(ExhibitIds.MappedHosts, "nova-manage cell_v2 list_hosts", "its table") { IsNeeded = true },
        new(ExhibitIds.Providers, "GET placement /resource_providers", "JSON of the answer") { IsNeeded = true },
        new(
            ExhibitIds.Inventories("PROVIDER"),
            "GET placement /resource_providers/PROVIDER/inventories",
            "JSON of the answer",
            "uuid of the host's provider; on a controller of every one, at most 64"
        ),
        new(ExhibitIds.Usages("PROVIDER"), "GET placement /resource_providers/PROVIDER/usages", "JSON of the answer", "the same"),
        new(ExhibitIds.Traits("PROVIDER"), "GET placement /resource_providers/PROVIDER/traits", "JSON of the answer", "the same"),
        new(ExhibitIds.Agents, "GET neutron /v2.0/agents", "JSON of the answer") { IsNeeded = true },
        .. CloudExhibits.All,
    ];
}
