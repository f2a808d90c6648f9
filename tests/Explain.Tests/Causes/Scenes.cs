using Cloudlet.Errors;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;

namespace Cloudlet.Explain.Tests.Causes;

/// <summary>Broken hosts, each with the cause that an operator would have to name.</summary>
internal static class Scenes
{
    private const string Refused =
        "AMQP server on 10.80.0.1:5672 is unreachable: (0, 0): (403) ACCESS_REFUSED - Login was refused using authentication "
        + "mechanism AMQPLAIN. For details see the broker logfile.. Trying again "
        + "in 2 seconds.";
    private const string NoBroker = "AMQP server on 10.80.0.1:5672 is unreachable: [Errno 111] ECONNREFUSED. Trying again in 1 seconds.";
    private const string NoCell = "Host 'edge-1' is not mapped to any cell";

    private static readonly string ParseError =
        "Traceback (most recent call last):\n  File \"/usr/bin/nova-compute\", line 10, in "
        + "<module>\noslo_config.cfg.ConfigFileParseError: Failed to parse "
        + "/etc/nova/nova.conf: at /etc/nova/nova.conf:5, No ':' or "
        + "'=' found in assignment: 'oops'\n";

    public static readonly IReadOnlyList<(string Name, CauseKind Cause, Func<Scene> Make)> All =
    [
        ("the process runs with another my_ip", CauseKind.StaleProcess, () => Stale("DEFAULT.my_ip")),
        (
            "the process runs with another ratio, which makes the host full",
            CauseKind.StaleProcess,
            () => Stale("DEFAULT.cpu_allocation_ratio").Usages(processors: 32)
        ),
        (
            "only times show that the process is stale",
            CauseKind.StaleProcess,
            () => new Scene().Set(ExhibitIds.Freshness(Scene.Compute), "state stale\nby times\nfile /etc/nova/nova.conf\n")
        ),
        (
            "the password was changed and the service not restarted",
            CauseKind.StaleCredentials,
            () => Stale("DEFAULT.transport_url").Services(state: "down").Log(Trouble(Refused), Trouble(Refused)).Fault()
        ),
        (
            "the same before Nova noticed",
            CauseKind.StaleCredentials,
            () => Stale("DEFAULT.transport_url").Log(Trouble(Refused), Trouble(Refused))
        ),
        (
            "the password was changed only at the broker",
            CauseKind.StaleCredentials,
            () => new Scene().Services(state: "down").Log(Trouble(Refused), Trouble(Refused)).Fault()
        ),
        (
            "it is unknown what the process has loaded",
            CauseKind.StaleCredentials,
            () => new Scene().Without(ExhibitIds.Freshness(Scene.Compute)).Services(state: "down").Log(Trouble(Refused))
        ),
        (
            "the service was stopped",
            CauseKind.ServiceDown,
            () => new Scene().Unit(Scene.Compute, "inactive", "dead").Services(state: "down").Fault()
        ),
        (
            "the service was killed",
            CauseKind.ServiceDown,
            () => new Scene().Unit(Scene.Compute, "failed", "failed", "signal", 9).Fault("Timed out waiting for a reply")
        ),
        (
            "the service is masked",
            CauseKind.ServiceDown,
            () => new Scene().Unit(Scene.Compute, "inactive", "dead", file: "masked", load: "masked").Services(state: "down")
        ),
        (
            "the unit cannot be seen",
            CauseKind.ServiceDown,
            () => new Scene().Without(ExhibitIds.Unit(Scene.Compute)).Services(state: "down")
        ),
        (
            "the process was stopped",
            CauseKind.ServiceHung,
            () => new Scene().Set(ExhibitIds.Process(Scene.Compute), "Name:\tnova-compute\nState:\tT (stopped)\n")
        ),
        (
            "the same after Nova noticed",
            CauseKind.ServiceHung,
            () => new Scene().Set(ExhibitIds.Process(Scene.Compute), "State:\tT (stopped)\n").Services(state: "down").Fault()
        ),
        (
            "the process waits for a disk",
            CauseKind.ServiceHung,
            () => new Scene().Set(ExhibitIds.Process(Scene.Compute), "State:\tD (disk sleep)\n").Services(state: "down").Fault()
        ),
        ("the process runs and reports nothing", CauseKind.ServiceHung, () => new Scene().Services(state: "down")),
        (
            "the service exits at each start, for an unknown reason",
            CauseKind.CrashLoop,
            () => new Scene().Unit(Scene.Compute, "activating", "auto-restart", "exit-code", 1, restarts: 17).Services(state: "down")
        ),
        (
            "systemd gave up",
            CauseKind.CrashLoop,
            () => new Scene().Unit(Scene.Compute, "failed", "failed", "start-limit-hit", 1, restarts: 5).Services(state: "down").Fault()
        ),
        (
            "the scheduler exits at each start",
            CauseKind.CrashLoop,
            () => new Scene().Unit("nova-scheduler.service", "activating", "auto-restart", "exit-code", 1, restarts: 9)
        ),
        (
            "a line is not an option, and the service exits",
            CauseKind.BrokenConfiguration,
            () =>
                new Scene()
                    .NovaConf("oops")
                    .Unit(Scene.Compute, "activating", "auto-restart", "exit-code", 1, restarts: 17)
                    .Journal(Scene.Compute, ParseError)
                    .Services(state: "down")
                    .Fault()
        ),
        (
            "a line is not an option, and the service is being restarted",
            CauseKind.BrokenConfiguration,
            () =>
                new Scene()
                    .NovaConf("oops")
                    .Unit(Scene.Compute, "activating", "start", "success", 0, restarts: 1)
                    .Set(ExhibitIds.Freshness("nova-conductor.service"), "state stale\nby stamp\nfile /etc/nova/nova.conf\n")
        ),
        (
            "a line is not an option, and systemd gave up",
            CauseKind.BrokenConfiguration,
            () => new Scene().NovaConf("[oops").Failed(Scene.Compute).Services(state: "down")
        ),
        (
            "a driver that Nova does not have",
            CauseKind.BrokenConfiguration,
            () =>
                new Scene()
                    .NovaConf("compute_driver = libvirt.LibvirtDrivr")
                    .Failed(Scene.Compute)
                    .Services(state: "down")
                    .Log(
                        Trouble(
                            "Unable to load the virtualization driver: ModuleNotFoundError: No module named "
                                + "'nova.virt.libvirt.LibvirtDrivr'"
                        )
                    )
        ),
        (
            "a wrong type",
            CauseKind.BrokenConfiguration,
            () => new Scene().NovaConf("report_interval = ten").Failed(Scene.Compute).Services(state: "down")
        ),
        (
            "my_ip is not an address, the process runs",
            CauseKind.BrokenConfiguration,
            () =>
                new Scene()
                    .NovaConf("my_ip = 10.80.0")
                    .Services(state: "down")
                    .Log(Trouble("Error updating resources: ValueError: '10.80.0' does not appear to be an IPv4 or IPv6 address"))
        ),
        (
            "a '=' is missing, and the line is accepted anyway",
            CauseKind.BrokenConfiguration,
            () => new Scene().NovaConf("my_ip 127.0.0.1 oops = x").Services(state: "down")
        ),
        (
            "the file's own password is wrong at the start",
            CauseKind.BrokenConfiguration,
            () => new Scene().Failed(Scene.Compute).Services(state: "down").Log(Trouble(Refused))
        ),
        (
            "an operator disabled it",
            CauseKind.DisabledByOperator,
            () => new Scene().Services(status: "disabled", reason: "new disks on Monday").Traits("COMPUTE_STATUS_DISABLED").Fault()
        ),
        ("an operator disabled it without a reason", CauseKind.DisabledByOperator, () => new Scene().Services(status: "disabled")),
        (
            "libvirt is gone",
            CauseKind.DisabledAuto,
            () =>
                new Scene()
                    .Services(status: "disabled", reason: "AUTO: Connection to libvirt lost: 1")
                    .Failed("libvirtd.service")
                    .Traits("COMPUTE_STATUS_DISABLED")
                    .Fault()
        ),
        (
            "libvirt came back, the service stayed disabled",
            CauseKind.DisabledAuto,
            () => new Scene().Services(status: "disabled", reason: "AUTO: Connection to libvirt lost: 1")
        ),
        (
            "libvirt has just failed",
            CauseKind.DisabledAuto,
            () => new Scene().Failed("libvirtd.service").Log(Trouble("Connection to libvirt lost: 1"))
        ),
        ("fencing forced it down", CauseKind.ForcedDown, () => new Scene().Services(state: "down", forced: true).Fault()),
        (
            "it is mapped to no cell",
            CauseKind.HostNotMapped,
            () =>
                new Scene()
                    .Set(ExhibitIds.MappedHosts, Scene.Table())
                    .Set(ExhibitIds.Hypervisors, """{"hypervisors": []}""")
                    .Fault(NoCell, 400)
        ),
        ("another host is mapped", CauseKind.HostNotMapped, () => new Scene().Set(ExhibitIds.MappedHosts, Scene.Table("edge-2"))),
        (
            "only the fault shows it",
            CauseKind.HostNotMapped,
            () => new Scene().Dead(ExhibitIds.MappedHosts, ErrorKind.NotFound, "no such program").Fault(NoCell, 400)
        ),
        (
            "only the empty list of hypervisors shows it",
            CauseKind.HostNotMapped,
            () => new Scene().Without(ExhibitIds.MappedHosts).Set(ExhibitIds.Hypervisors, """{"hypervisors": []}""")
        ),
        ("placement has no provider", CauseKind.PlacementProviderMissing, () => new Scene().Providers().Fault()),
        (
            "placement has providers of other hosts",
            CauseKind.PlacementProviderMissing,
            () => new Scene().Providers("""{"uuid": "b", "name": "edge-2.example.org"}""")
        ),
        ("all processors are in use", CauseKind.PlacementExhausted, () => new Scene().Usages(processors: 32).Fault()),
        (
            "memory is short for the flavor",
            CauseKind.PlacementExhausted,
            () => new Scene().Usages(memory: 15000).Flavor(memory: 1024).Fault()
        ),
        (
            "reserved resources count",
            CauseKind.PlacementExhausted,
            () => new Scene().Inventories(reserved: 16384 - 2048).Usages(memory: 2048)
        ),
        ("the disk is short", CauseKind.PlacementExhausted, () => new Scene().Usages(disk: 95).Flavor(disk: 10)),
        ("more processors than the host has", CauseKind.FlavorTooBig, () => new Scene().Flavor(processors: 16).Fault()),
        (
            "more memory than the host has, and it is full",
            CauseKind.FlavorTooBig,
            () => new Scene().Flavor(memory: 65536).Usages(memory: 15000).Fault()
        ),
        ("more disk than the host has", CauseKind.FlavorTooBig, () => new Scene().Flavor(disk: 200)),
        ("a trait was not removed", CauseKind.FilteredOut, () => new Scene().Traits("COMPUTE_STATUS_DISABLED").Fault()),
        (
            "a filter left no host",
            CauseKind.FilteredOut,
            () =>
                new Scene()
                    .Fault()
                    .Set(
                        ExhibitIds.Log("nova-scheduler"),
                        Scene.Line(
                            "INFO",
                            "nova.filters",
                            $"Filtering removed all hosts for the request with instance ID '{Scene.Server}'. Filter results: "
                                + "['ComputeFilter: (start: 1, end: 1)', 'ImagePropertiesFilter: (start: "
                                + "1, end: 0)']"
                        )
                    )
        ),
        ("another zone is requested", CauseKind.FilteredOut, () => new Scene().Fault(zone: "north")),
        (
            "the clock is ahead",
            CauseKind.ClockSkew,
            () =>
                new Scene()
                    .Set(
                        ExhibitIds.Clock,
                        "before 2026-03-04T12:05:00Z\ndate Wed, 04 Mar 2026 12:00:00 GMT\nafter 2026-03-04T12:05:00.1Z\n"
                    )
                    .Services(state: "down")
                    .Agents(alive: false)
        ),
        (
            "the clock is behind",
            CauseKind.ClockSkew,
            () =>
                new Scene()
                    .Set(
                        ExhibitIds.Clock,
                        "before 2026-03-04T11:00:00Z\ndate Wed, 04 Mar 2026 12:00:00 GMT\nafter 2026-03-04T11:00:00.1Z\n"
                    )
                    .Services(state: "down")
                    .Fault()
        ),
        (
            "the flat interface is gone",
            CauseKind.LinkMissing,
            () => new Scene().Links("10.80.0.1", withFlat: false).Failed("neutron-linuxbridge-agent.service").Agents(alive: false).Fault()
        ),
        ("my_ip is on no link", CauseKind.LinkMissing, () => new Scene().Links("10.80.0.9")),
        (
            "the agent's link is gone",
            CauseKind.LinkMissing,
            () =>
                new Scene().Set(
                    ExhibitIds.Configuration("/etc/neutron/plugins/ml2/linuxbridge_agent.ini"),
                    "[linux_bridge]\nphysical_interface_mappings = flat:eth7\n"
                )
        ),
        (
            "the bridge of an agent that Neutron does not know yet is gone",
            CauseKind.LinkMissing,
            () =>
                new Scene()
                    .Set(
                        ExhibitIds.Configuration("/etc/neutron/plugins/ml2/openvswitch_agent.ini"),
                        "[ovs]\nbridge_mappings = external:br-ex\n"
                    )
                    .Unit("neutron-openvswitch-agent.service")
                    .Set(ExhibitIds.Agents, "{\"agents\": []}")
        ),
        (
            "the process still has the my_ip of a link that is gone",
            CauseKind.LinkMissing,
            () => Stale("DEFAULT.my_ip").Links("10.80.0.1", withFlat: false)
        ),
        ("the agent is dead", CauseKind.AgentDead, () => new Scene().Agents(alive: false).Fault("Exceeded maximum number of retries.")),
        (
            "the agent's unit failed, Neutron has not noticed",
            CauseKind.AgentDead,
            () => new Scene().Failed("neutron-linuxbridge-agent.service")
        ),
        ("the agent is disabled", CauseKind.AgentDead, () => new Scene().Agents(alive: true, enabled: false)),
        (
            "the broker does not run",
            CauseKind.BrokerUnreachable,
            () =>
                new Scene()
                    .Set(ExhibitIds.Broker, "10.80.0.1:5672 refused Connection refused\n")
                    .Unit("rabbitmq-server.service", "inactive", "dead")
                    .Services(state: "down", control: "down")
                    .Log(Trouble(NoBroker))
                    .Agents(alive: false)
                    .Fault()
        ),
        (
            "the network drops packets to the broker",
            CauseKind.BrokerUnreachable,
            () => new Scene().Set(ExhibitIds.Broker, "10.80.0.1:5672 timeout\n").Services(state: "down")
        ),
        (
            "only the log shows it",
            CauseKind.BrokerUnreachable,
            () => new Scene().Without(ExhibitIds.Broker).Services(state: "down").Log(Trouble(NoBroker))
        ),
        (
            "it never registered",
            CauseKind.BrokerUnreachable,
            () =>
                new Scene()
                    .Set(ExhibitIds.Broker, "10.80.0.1:5672 refused\n")
                    .Services(host: "edge-2")
                    .Hypervisors("edge-2", "10.80.0.2")
                    .Set(ExhibitIds.MappedHosts, Scene.Table("edge-2"))
                    .Providers()
                    .Log(Trouble(NoBroker))
        ),
        (
            "the host was renamed",
            CauseKind.NameChanged,
            () =>
                new Scene()
                    .Set(ExhibitIds.Host, "hostname edge-one\nfqdn edge-one.example.org\nrecorded edge-1\n")
                    .Services(state: "down")
                    .Fault()
        ),
        (
            "Nova refuses to start under the name",
            CauseKind.NameChanged,
            () =>
                new Scene()
                    .Set(ExhibitIds.Host, "hostname edge-one\nfqdn edge-one.example.org\n")
                    .Failed(Scene.Compute)
                    .Services(state: "down")
                    .Log(Trouble("Possible rename detected, refusing to start!"))
        ),
        (
            "the option host was changed",
            CauseKind.NameChanged,
            () => new Scene().NovaConf("my_ip = 10.80.0.1", "host = edge-9").Services(state: "down").Agents(alive: true)
        ),
        (
            "it started under another name, as a new host",
            CauseKind.NameChanged,
            () =>
                new Scene()
                    .NovaConf("my_ip = 10.80.0.1", "host = edge-9")
                    .Services(
                        state: "down",
                        extra: """, {"binary": "nova-compute", "host": "edge-9", "zone": "nova", "status": "enabled", "state": "up"}"""
                    )
                    .Fault("Host 'edge-9' is not mapped to any cell", 400)
        ),
        (
            "placement does not run",
            CauseKind.PlacementDown,
            () => new Scene().Dead(ExhibitIds.Providers).Failed("placement-api.service").Fault()
        ),
        (
            "placement answers with errors",
            CauseKind.PlacementDown,
            () => new Scene().Set(new Exhibit(ExhibitIds.Providers, "GET placement /resource_providers", Scene.Noon) { HttpStatus = 503 })
        ),
        (
            "the service exited at its start because of placement",
            CauseKind.PlacementDown,
            () =>
                new Scene()
                    .Without(ExhibitIds.Providers)
                    .Failed(Scene.Compute)
                    .Services(state: "down")
                    .Log(Trouble("Placement API service is not responding."))
        ),
        (
            "the scheduler and the conductor are down",
            CauseKind.CellsDown,
            () => new Scene().Services(state: "down", control: "down").Failed("nova-scheduler.service").Failed("nova-conductor.service")
        ),
        ("they have just exited", CauseKind.CellsDown, () => new Scene().Failed("nova-conductor.service")),
        ("the API does not answer", CauseKind.CellsDown, () => new Scene().Dead(ExhibitIds.Services).Dead(ExhibitIds.Hypervisors)),
        .. CloudScenes.All,
    ];

    private static string Trouble(string message) => Scene.Line("ERROR", "oslo.messaging._drivers.impl_rabbit", message);

    private static Scene Stale(string option) =>
        new Scene().Set(ExhibitIds.Freshness(Scene.Compute), $"state stale\nby report\nfile /etc/nova/nova.conf\noption {option}\n");
}
