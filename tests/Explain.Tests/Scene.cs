using Cloudlet.Errors;
using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Tests;

/// <summary>The exhibits of a healthy single-node cloudlet; each test breaks one thing in it.</summary>
internal sealed class Scene
{
    public const string Host = "edge-1";
    public const string Provider = "5c9f0c0e-0000-4000-8000-000000000001";
    public const string Server = "0d9a0c0e-0000-4000-8000-00000000000a";
    public const string Compute = "nova-compute.service";
    public const int Pid = 4242;

    public static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);

    private readonly Dictionary<string, Exhibit> _exhibits = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    public Scene()
    {
        Set(ExhibitIds.Host, $"hostname {Host}\nfqdn {Host}.example.org\nrecorded {Host}\n");
        foreach (
            var unit in (string[])
                [
                    "nova-scheduler.service",
                    "nova-conductor.service",
                    "placement-api.service",
                    "rabbitmq-server.service",
                    "libvirtd.service",
                    "neutron-linuxbridge-agent.service",
                ]
        )
            Unit(unit, pid: 100);
        Unit(Compute);
        Set(ExhibitIds.Process(Compute), "Name:\tnova-compute\nState:\tS (sleeping)\nPid:\t4242\n");
        NovaConf("my_ip = 10.80.0.1");
        Set(
            ExhibitIds.Configuration("/etc/neutron/plugins/ml2/linuxbridge_agent.ini"),
            "[linux_bridge]\nphysical_interface_mappings = flat:cloudlet0,public:eth0\n\n[vxlan]\nenable_vxlan = false\n"
        );
        Set(ExhibitIds.Freshness(Compute), "state fresh\nby stamp\n");
        Set(ExhibitIds.Log("nova-compute"), Line("INFO", "nova.service", "Starting compute node (version 26.2.2)"));
        Links("10.80.0.1");
        Set(ExhibitIds.Clock, "before 2026-03-04T12:00:00.100Z\ndate Wed, 04 Mar 2026 12:00:00 GMT\nafter 2026-03-04T12:00:00.140Z\n");
        Set(ExhibitIds.Broker, "10.80.0.1:5672 open\n");
        Services();
        Hypervisors();
        Set(ExhibitIds.MappedHosts, Table(Host));
        Providers($$"""{"uuid": "{{Provider}}", "name": "{{Host}}.example.org", "generation": 7}""");
        Inventories();
        Usages();
        Traits("HW_CPU_X86_AVX", "COMPUTE_NODE");
        Agents(alive: true);
    }

    public Bundle Bundle => new(BundleHeader.Of(Host, Noon, "0.1.0"), [.. _order.Where(_exhibits.ContainsKey).Select(id => _exhibits[id])]);

    public Explanation Explained => Explanation.Of(Bundle);

    /// <summary>A line of oslo.log.</summary>
    public static string Line(string level, string logger, string message, int pid = Pid) =>
        $"2026-03-04 11:59:30.123 {pid} {level} {logger} [-] {message}\n";

    public static string Table(params string[] hosts) =>
        "+-----------+--------------------------------------+----------+\n| Cell Name |              Cell UUID               | "
        + "Hostname "
        + "|\n+-----------+--------------------------------------+----------+\n"
        + string.Concat(hosts.Select(h => $"|   cell1   | 7ca2ffee-0000-4000-8000-000000000002 | {h} |\n"))
        + "+-----------+--------------------------------------+----------+\n";

    public Scene Set(string id, string text) => Set(new Exhibit(id, "by hand", Noon) { Text = text });

    public Scene Set(Exhibit exhibit)
    {
        if (!_order.Contains(exhibit.Id))
            _order.Add(exhibit.Id);
        _exhibits[exhibit.Id] = exhibit;
        return this;
    }

    public Scene Without(params string[] ids)
    {
        foreach (var id in ids)
            _exhibits.Remove(id);
        return this;
    }

    public Scene Dead(string id, ErrorKind kind = ErrorKind.Unreachable, string trouble = "connection refused") =>
        Set(new Exhibit(id, "by hand", Noon) { Trouble = trouble, TroubleKind = kind });

    public Scene Unit(
        string name,
        string active = "active",
        string sub = "running",
        string result = "success",
        int status = 0,
        int restarts = 0,
        string file = "enabled",
        int pid = Pid,
        string load = "loaded"
    ) =>
        Set(
            ExhibitIds.Unit(name),
            $"LoadState={load}\nActiveState={active}\nSubState={sub}\nResult={result}\nExecMainStatus={status}\n"
                + $"NRestarts={restarts}\nUnitFileState={file}\nMainPID={(active == "active" ? pid : 0)}\n"
        );

    public Scene Failed(string name, int status = 1) => Unit(name, "failed", "failed", "exit-code", status);

    public Scene NovaConf(params string[] lines) =>
        Set(
            ExhibitIds.Configuration("/etc/nova/nova.conf"),
            "[DEFAULT]\ntransport_url = rabbit://***@10.80.0.1:5672/\ncompute_driver = libvirt.LibvirtDriver\nflat_interface = "
                + $"cloudlet0\n{string.Join('\n', lines)}\n\n[libvirt]\nvirt_type = qemu\n"
        );

    public Scene Links(string address, bool withFlat = true) =>
        Set(
            ExhibitIds.Links,
            $$"""[{"ifname":"lo","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8}]},{"ifname":"eth0","addr_info":[{"family":"inet","local":"192.0.2.7","prefixlen":24}]}{{(withFlat ? $$""",{"ifname":"cloudlet0","addr_info":[{"family":"inet","local":"{{address}}","prefixlen":24}]}""" : "")}}]"""
        );

    public Scene Services(
        string state = "up",
        string status = "enabled",
        string? reason = null,
        bool forced = false,
        string host = Host,
        string control = "up",
        string extra = "",
        string zone = "nova"
    ) =>
        Set(
            ExhibitIds.Services,
            $$"""
            {"services": [
              {"id": 1, "binary": "nova-scheduler", "host": "{{Host}}", "zone": "internal", "status": "enabled", "state": "{{control}}", "disabled_reason": null, "forced_down": false, "updated_at": "2026-03-04T11:59:55.000000"},
              {"id": 2, "binary": "nova-conductor", "host": "{{Host}}", "zone": "internal", "status": "enabled", "state": "{{control}}", "disabled_reason": null, "forced_down": false, "updated_at": "2026-03-04T11:59:55.000000"},
              {"id": 3, "binary": "nova-compute", "host": "{{host}}", "zone": "{{zone}}", "status": "{{status}}", "state": "{{state}}", "disabled_reason": {{(
                reason is null ? "null" : $"\"{reason}\""
            )}}, "forced_down": {{(forced ? "true" : "false")}}, "updated_at": "2026-03-04T11:59:55.000000"}{{extra}}
            ]}
            """
        );

    public Scene Hypervisors(string host = Host, string address = "10.80.0.1") =>
        Set(
            ExhibitIds.Hypervisors,
            $$"""{"hypervisors": [{"id": "x", "hypervisor_hostname": "{{host}}.example.org", "host_ip": "{{address}}", "state": "up", "status": "enabled", "service": {"id": 3, "host": "{{host}}", "disabled_reason": null} } ]}"""
        );

    public Scene Providers(params string[] providers) =>
        Set(ExhibitIds.Providers, $$"""{"resource_providers": [{{string.Join(',', providers)}}]}""");

    public Scene Inventories(int processors = 8, int memory = 16384, int disk = 100, double ratio = 4, int reserved = 512) =>
        Set(
            ExhibitIds.Inventories(Provider),
            FormattableString.Invariant(
                $$"""
                {"resource_provider_generation": 7, "inventories": {
                  "VCPU": {"total": {{processors}}, "reserved": 0, "min_unit": 1, "max_unit": {{processors}}, "step_size": 1, "allocation_ratio": {{ratio:0.0}}},
                  "MEMORY_MB": {"total": {{memory}}, "reserved": {{reserved}}, "min_unit": 1, "max_unit": {{memory}}, "step_size": 1, "allocation_ratio": 1.0},
                  "DISK_GB": {"total": {{disk}}, "reserved": 0, "min_unit": 1, "max_unit": {{disk}}, "step_size": 1, "allocation_ratio": 1.0} } }
                """
            )
        );

    public Scene Usages(int processors = 2, int memory = 2048, int disk = 20) =>
        Set(
            ExhibitIds.Usages(Provider),
            $$"""{"resource_provider_generation": 7, "usages": {"VCPU": {{processors}}, "MEMORY_MB": {{memory}}, "DISK_GB": {{disk}} } }"""
        );

    public Scene Traits(params string[] traits) =>
        Set(
            ExhibitIds.Traits(Provider),
            $$"""{"resource_provider_generation": 7, "traits": [{{string.Join(',', traits.Select(t => $"\"{t}\""))}}]}"""
        );

    public Scene Agents(bool alive, bool enabled = true) =>
        Set(
            ExhibitIds.Agents,
            $$"""
            {"agents": [
              {"binary": "neutron-dhcp-agent", "agent_type": "DHCP agent", "host": "{{Host}}", "alive": false, "admin_state_up": true, "heartbeat_timestamp": "2026-03-04 11:59:50"},
              {"binary": "neutron-linuxbridge-agent", "agent_type": "Linux bridge agent", "host": "{{Host}}", "alive": {{(
                alive ? "true" : "false"
            )}}, "admin_state_up": {{(enabled ? "true" : "false")}}, "heartbeat_timestamp": "2026-03-04 11:40:00"}]}
            """
        );

    public Scene Fault(
        string message = "No valid host was found. There are not enough hosts available.",
        int code = 500,
        string zone = ""
    ) =>
        Set(
            ExhibitIds.Server(Server),
            $$"""
            {"server": {"id": "{{Server}}", "status": "ERROR", "OS-EXT-AZ:availability_zone": "{{zone}}", "fault": {"code": {{code}}, "message": "{{message}}", "created": "2026-03-04T11:59:40Z"},
              "flavor": {"vcpus": 1, "ram": 512, "disk": 1, "ephemeral": 0, "swap": 0, "original_name": "m1.tiny", "extra_specs": {} } } }
            """
        );

    public Scene Flavor(int processors = 1, int memory = 512, int disk = 1) =>
        Set(
            ExhibitIds.Flavor("1"),
            $$"""{"flavor": {"id": "1", "name": "m1.asked", "vcpus": {{processors}}, "ram": {{memory}}, "disk": {{disk}}, "OS-FLV-EXT-DATA:ephemeral": 0, "swap": ""} }"""
        );

    public Scene Log(params string[] lines) => Set(ExhibitIds.Log("nova-compute"), string.Concat(lines));

    public Scene Journal(string unit, string text) => Set(ExhibitIds.Journal(unit), text);
}
