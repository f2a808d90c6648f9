namespace Cloudlet.Lab.Tests.Nova;

/// <summary>A way to keep servers away from a real Nova, and the cause that must be named for it.</summary>
/// <param name="Cause">The cause, by its name in explanations.</param>
/// <param name="What">What is done, as a description.</param>
/// <param name="Script">What is done, as shell commands; the health daemon is on hold.</param>
internal sealed record Breakage(string Cause, string What, string Script)
{
    /// <summary>Preparation, as shell commands; afterwards the host is still healthy.</summary>
    public string? First { get; init; }

    /// <summary>Undoes what the health daemon leaves alone, as shell commands.</summary>
    public string Undo { get; init; } = "true";

    /// <summary>Flavor of a server to request first; null: none.</summary>
    public string? Flavor { get; init; }

    /// <summary>Whether to wait until Nova itself has noticed.</summary>
    public bool WaitsForDown { get; init; }

    private const string Api =
        "curl -sSf --retry 20 --retry-delay 1 --retry-all-errors -H X-Auth-Token:admin:admin -H Content-Type:application/json -H "
        + "X-OpenStack-Nova-API-Version:2.53";
    private const string Services = "http://127.0.0.1:8774/v2.1/os-services";
    private const string Id =
        $"$({Api} '{Services}?binary=nova-compute' | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"services\"][0][\"id\"])')";

    private const string Placement =
        "curl -sSf --retry 20 --retry-delay 1 --retry-all-errors -H X-Auth-Token:admin -H Content-Type:application/json -H "
        + "'OpenStack-API-Version: placement 1.28' http://127.0.0.1:8778";
    private const string Provider =
        $"$({Placement}/resource_providers | python3 -c 'import json,sys; "
        + "print(json.load(sys.stdin)[\"resource_providers\"][0][\"uuid\"])')";
    private const string Consumer = "11111111-1111-4111-8111-1111111111";

    /// <summary>All of the host's memory, in portions that one consumer may have; the rest is less than the smallest server.</summary>
    private const string Exhaust = $$$"""
        id={{{Provider}}}
        {{{Placement}}}/resource_providers/$id/inventories | python3 -c '
        import json, sys
        memory = json.load(sys.stdin)["inventories"]["MEMORY_MB"]
        left, n = int((memory["total"] - memory["reserved"]) * memory["allocation_ratio"]), 10
        while left > 0:
            part = min(left, memory["max_unit"])
            print(n, json.dumps({"allocations": {sys.argv[1]: {"resources": {"MEMORY_MB": part} } }, "project_id": "p", "user_id": "u", "consumer_generation": None}))
            left, n = left - part, n + 1
        ' $id | while read n body; do {{{Placement}}}/allocations/{{{Consumer}}}$n -X PUT -d "$body"; done
        """;

    /// <summary>
    /// A container has no clock of its own, so these processes get another time: the API, whose clock all services see, and the scheduler
    /// beside it. Timers are not affected.
    /// </summary>
    private const string MoveClock = """
        for u in nova-api nova-scheduler; do
            mkdir -p /run/systemd/system/$u.service.d
            printf '[Service]\nEnvironment=LD_PRELOAD=/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1 FAKETIME=+300 FAKETIME_DONT_FAKE_MONOTONIC=1\n' >/run/systemd/system/$u.service.d/clock.conf
        done
        systemctl daemon-reload; systemctl restart nova-api nova-scheduler
        """;

    /// <summary>
    /// Neutron's agent as for a flat network. It works with the broker; it treats the absence of a Neutron server as a pause.
    /// </summary>
    private const string StartAgent = """
        (
            echo '[DEFAULT]'; grep ^transport_url /etc/nova/nova.conf
            printf '[linux_bridge]\nphysical_interface_mappings = flat:cloudlet0\n[vxlan]\nenable_vxlan = false\n[securitygroup]\nenable_security_group = false\n'
        ) >/etc/neutron/plugins/ml2/linuxbridge_agent.ini
        systemctl enable --now neutron-linuxbridge-agent
        for n in $(seq 60); do grep -q 'RPC agent_id' /var/log/neutron/neutron-linuxbridge-agent.log && break; sleep 0.5; done
        systemctl is-active neutron-linuxbridge-agent
        """;

    /// <summary>All breakages.</summary>
    internal static IReadOnlyList<Breakage> All { get; } =
    [
        new("service-down", "compute service stopped", "systemctl stop nova-compute"),
        new("service-hung", "compute process stopped by a signal", "systemctl kill -s STOP nova-compute"),
        new("stale-credentials", "password changed everywhere but in the compute process", NovaCloud.StalePassword) { WaitsForDown = true },
        new("stale-process", "my_ip changed in the file, no restart", "sed -i 's/^my_ip = .*/my_ip = 127.0.0.1/' /etc/nova/nova.conf"),
        new(
            "stale-process",
            "CPU ratio added in the file, no restart",
            "sed -i 's/^report_interval/cpu_allocation_ratio = 2.0\\nreport_interval/' /etc/nova/nova.conf"
        ),
        new(
            "broken-configuration",
            "a line that is not an option, and a restart",
            "echo oops >>/etc/nova/nova.conf; systemctl restart nova-compute || true"
        ),
        new(
            "broken-configuration",
            "a driver that does not exist, and a restart",
            "sed -i 's/^compute_driver = .*/compute_driver = fake.NoDriver/' /etc/nova/nova.conf /etc/nova/nova-compute.conf; "
                + "systemctl restart nova-compute || true"
        ),
        new(
            "disabled-by-operator",
            "compute service disabled with a reason",
            $"{Api} -X PUT {Services}/{Id} -d '{{\"status\": \"disabled\", \"disabled_reason\": \"new disks\"}}'"
        )
        {
            Undo = Enable,
        },
        new(
            "disabled-by-operator",
            "compute service disabled without a reason",
            $"{Api} -X PUT {Services}/{Id} -d '{{\"status\": \"disabled\"}}'"
        )
        {
            Undo = Enable,
        },
        new(
            "disabled-auto",
            "compute service disabled as Nova does when libvirt is gone",
            $"{Api} -X PUT {Services}/{Id} -d '{{\"status\": \"disabled\", \"disabled_reason\": \"AUTO: Connection to libvirt lost: 1\"}}'"
        )
        {
            Undo = Enable,
        },
        new("forced-down", "compute service forced down", $"{Api} -X PUT {Services}/{Id} -d '{{\"forced_down\": true}}'")
        {
            Undo = $"{Api} -X PUT {Services}/{Id} -d '{{\"forced_down\": false}}'",
        },
        new("broker-unreachable", "message broker stopped", "systemctl stop rabbitmq-server"),
        new("placement-down", "placement stopped", "systemctl stop placement-api"),
        new("cells-down", "conductor stopped", "systemctl stop nova-conductor; sleep 17"),
        new("cells-down", "scheduler stopped", "systemctl stop nova-scheduler; sleep 17"),
        new("clock-skew", "the clock of API and scheduler moved forward by five minutes", MoveClock)
        {
            Flavor = "small",
            Undo =
                "rm -r /run/systemd/system/nova-api.service.d /run/systemd/system/nova-scheduler.service.d; systemctl "
                + "daemon-reload; systemctl restart nova-api nova-scheduler",
        },
        new("agent-dead", "the Neutron agent that plugs servers in stopped", "systemctl stop neutron-linuxbridge-agent")
        {
            First = StartAgent,
            Undo = "systemctl disable -q neutron-linuxbridge-agent",
        },
        new("link-missing", "the link of my_ip deleted", "ip link delete cloudlet0"),
        new("link-missing", "the address of my_ip removed", "ip address flush dev cloudlet0"),
        new(
            "flavor-too-big",
            "a flavor with more memory than the host",
            $"{Api} -X POST http://127.0.0.1:8774/v2.1/flavors -d '{{\"flavor\": {{\"name\": \"huge\", \"id\": \"huge\", \"ram\": "
                + $"900000000, \"vcpus\": 1, \"disk\": 1}}}}' || true"
        )
        {
            Flavor = "huge",
        },
        new(
            "host-not-mapped",
            "the host taken out of its cell",
            "sed -i 's/^discover_hosts_in_cells_interval = .*/discover_hosts_in_cells_interval = -1/' /etc/nova/nova.conf; "
                + "systemctl restart nova-scheduler; cell=$(nova-manage cell_v2 "
                + "list_cells 2>/dev/null | awk '/cell1/{print $4}'); "
                + "nova-manage cell_v2 delete_host --cell_uuid $cell --host $(hostname)"
        )
        {
            Undo = "nova-manage cell_v2 discover_hosts",
        },
        new("name-changed", "another host name", "hostname edge-9") { Undo = "hostname edge-1" },
        new(
            "placement-provider-missing",
            "the host's provider deleted in placement",
            $"for i in 1 2 3 4 5 6 7 8 9; do {Placement}/resource_providers/{Provider} -X DELETE && exit 0; sleep 1; done; exit 1"
        )
        {
            Undo = "systemctl restart nova-compute",
        },
        new("placement-exhausted", "all of the host's memory given to others", Exhaust)
        {
            Flavor = "small",
            Undo =
                $"for n in $(seq 10 40); do curl -s -X DELETE -H X-Auth-Token:admin http://127.0.0.1:8778/allocations/{Consumer}$n; done",
        },
        new(
            "filtered-out",
            "a flavor for another hypervisor",
            $"{Api} -X POST http://127.0.0.1:8774/v2.1/flavors -d '{{\"flavor\": {{\"name\": \"odd\", \"id\": \"odd\", \"ram\": 64, "
                + $"\"vcpus\": 1, \"disk\": 1}}}}' || true; {Api} -X POST "
                + "http://127.0.0.1:8774/v2.1/flavors/odd/os-extra_specs -d "
                + $"'{{\"extra_specs\": {{\"capabilities:hypervisor_type\": \"s== "
                + $"xen\"}}}}'"
        )
        {
            Flavor = "odd",
        },
        new(
            "crash-loop",
            "a compute process that ends at once, again and again",
            "mkdir -p /run/systemd/system/nova-compute.service.d; printf "
                + "'[Service]\\nExecStartPre=/bin/false\\nRestart=always\\nRestartSec=100ms\\n' "
                + ">/run/systemd/system/nova-compute.service.d/crash.conf; systemctl "
                + "daemon-reload; systemctl restart nova-compute || "
                + "true; sleep 3"
        )
        {
            Undo = "rm -r /run/systemd/system/nova-compute.service.d; systemctl daemon-reload; systemctl reset-failed nova-compute",
        },
    ];

    private const string Enable = $"{Api} -X PUT {Services}/{Id} -d '{{\"status\": \"enabled\"}}'";

    /// <inheritdoc/>
    public override string ToString() => $"{Cause}: {What}";
}
