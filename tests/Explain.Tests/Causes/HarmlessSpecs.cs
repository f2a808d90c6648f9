using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;

namespace Cloudlet.Explain.Tests.Causes;

public sealed class HarmlessSpecs
{
    private const string Refused = "AMQP server on 10.80.0.1:5672 is unreachable: (403) ACCESS_REFUSED";

    /// <summary>Debian's neutron-common has this, whether or not that agent is installed.</summary>
    private const string ExampleBridge = "[ovs]\nbridge_mappings = external:br-ex\n";

    private static readonly string OpenVSwitch = ExhibitIds.Configuration("/etc/neutron/plugins/ml2/openvswitch_agent.ini");

    private static readonly (string Name, Scene Scene)[] Scenes =
    [
        ("all is well", new Scene()),
        ("all is well in a whole cloud", CloudScenes.Healthy()),
        ("a server fits", new Scene().Flavor(4, 2048, 10)),
        (
            "refused once, and connected since",
            new Scene().Log(
                Scene.Line("ERROR", "amqp", Refused),
                Scene.Line("INFO", "amqp", "Reconnected to AMQP server on 10.80.0.1:5672 via [amqp] client")
            )
        ),
        (
            "an earlier process was refused",
            new Scene().Log(Scene.Line("ERROR", "amqp", Refused, pid: 17), Scene.Line("INFO", "nova.service", "Starting compute node"))
        ),
        (
            "an earlier process could not parse its file",
            new Scene().Journal(Scene.Compute, "oslo_config.cfg.ConfigFileParseError: Failed to parse /etc/nova/nova.conf: oops\n")
        ),
        (
            "the broker was away for a while",
            new Scene().Log(
                Scene.Line(
                    "ERROR",
                    "oslo.messaging._drivers.impl_rabbit",
                    "AMQP server on 10.80.0.1:5672 is unreachable: [Errno 111] ECONNREFUSED"
                )
            )
        ),
        ("one of two brokers is away", new Scene().Set(ExhibitIds.Broker, "10.80.0.1:5672 open\n10.80.0.2:5672 refused\n")),
        (
            "another host is down",
            new Scene().Services(
                extra: """, {"binary": "nova-compute", "host": "edge-2", "zone": "nova", "status": "enabled", "state": "down", "forced_down": true}"""
            )
        ),
        (
            "another scheduler is down",
            new Scene().Services(extra: """, {"binary": "nova-scheduler", "host": "edge-2", "status": "enabled", "state": "down"}""")
        ),
        ("restarted often, long ago", new Scene().Unit(Scene.Compute, restarts: 12)),
        ("libvirt starts on demand", new Scene().Unit("libvirtd.service", "inactive", "dead")),
        (
            "the clock is two seconds off",
            new Scene().Set(
                ExhibitIds.Clock,
                "before 2026-03-04T12:00:02Z\ndate Wed, 04 Mar 2026 12:00:00 GMT\nafter 2026-03-04T12:00:02.1Z\n"
            )
        ),
        (
            "a slow answer is not a skew",
            new Scene().Set(
                ExhibitIds.Clock,
                "before 2026-03-04T12:00:00Z\ndate Wed, 04 Mar 2026 12:00:00 GMT\nafter 2026-03-04T12:00:50Z\n"
            )
        ),
        (
            "the address moved to the agent's bridge",
            new Scene().Set(
                ExhibitIds.Links,
                """[{"ifname":"eth0"},{"ifname":"cloudlet0","addr_info":[]},{"ifname":"brq1","addr_info":[{"local":"10.80.0.1"}]}]"""
            )
        ),
        ("no my_ip is set", new Scene().NovaConf().Links("10.80.0.9")),
        (
            "a comment above the first section",
            new Scene().Set(
                ExhibitIds.Configuration("/etc/nova/nova-compute.conf"),
                "# managed\n\ncompute_driver=libvirt.LibvirtDriver\n[libvirt]\nvirt_type=kvm\n"
            )
        ),
        ("a value over two lines", new Scene().NovaConf("my_ip = 10.80.0.1", "enabled_apis = osapi_compute,", "  metadata")),
        ("a driver from elsewhere by its full name", new Scene().NovaConf("compute_driver = nova.virt.other.Driver")),
        (
            "an agent of another sort is not used",
            new Scene().Unit("neutron-openvswitch-agent.service", "inactive", "dead", file: "disabled")
        ),
        (
            "the same, and Neutron is not seen",
            new Scene().Unit("neutron-openvswitch-agent.service", "inactive", "dead", file: "disabled").Without(ExhibitIds.Agents)
        ),
        ("the configuration of an agent that does not exist", new Scene().Set(OpenVSwitch, ExampleBridge)),
        (
            "the same without any agent",
            new Scene()
                .Set(OpenVSwitch, ExampleBridge)
                .Without(ExhibitIds.Unit("neutron-linuxbridge-agent.service"))
                .Set(ExhibitIds.Agents, "{\"agents\": []}")
        ),
        (
            "the configuration of an agent that is not used",
            new Scene()
                .Set(OpenVSwitch, ExampleBridge)
                .Unit("neutron-openvswitch-agent.service", "inactive", "dead", file: "disabled")
                .Set(ExhibitIds.Agents, "{\"agents\": []}")
        ),
        (
            "placement denies us access",
            new Scene()
                .Set(new Exhibit(ExhibitIds.Providers, "GET", Scene.Noon) { HttpStatus = 401 })
                .Log(Scene.Line("ERROR", "nova", "Placement API service is not responding."))
        ),
        (
            "the provider has its short name",
            new Scene().Without(ExhibitIds.Hypervisors).Providers($$"""{"uuid": "{{Scene.Provider}}", "name": "edge-1"}""")
        ),
        ("the request is for the default zone", new Scene().Fault(zone: "nova")),
    ];

    public static TheoryData<string> Names => [.. Scenes.Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_harmless_oddity_is_not_a_finding(string name)
    {
        var explanation = Scenes.Single(s => s.Name == name).Scene.Explained;

        explanation.Findings.Select(f => $"{f.Cause}: {f.Summary}").ShouldBeEmpty();
        explanation.Looked.ShouldContain(ExhibitIds.Unit(Scene.Compute));
    }

    [Fact]
    public void A_healthy_host_has_no_findings_and_nothing_is_unknown()
    {
        var explanation = new Scene().Explained;

        explanation.Unknowns.ShouldBeEmpty();
        explanation.IsWell.ShouldBeTrue();
    }

    [Theory]
    [InlineData("my_ip 127.0.0.1 oops = x", "/etc/nova/nova.conf")]
    [InlineData("oops", "/etc/nova/nova.conf")]
    public void A_broken_file_of_a_running_process_is_a_risk_and_not_the_cause(string line, string file)
    {
        var finding = new Scene().NovaConf(line).Explained.Findings.ShouldHaveSingleItem();

        (finding.Cause, finding.Certainty, finding.Subject).ShouldBe((CauseKind.BrokenConfiguration, Certainty.Possible, file));
        finding.Summary.ShouldContain("the next start");
    }

    [Fact]
    public void An_irrelevant_option_may_be_stale() =>
        new Scene()
            .Set(ExhibitIds.Freshness(Scene.Compute), "state stale\nby report\noption DEFAULT.debug\n")
            .Explained.Findings.ShouldHaveSingleItem()
            .Certainty.ShouldBe(Certainty.Possible);

    /// <summary>It shows that the service was down or disabled then; the service's record shows its present state.</summary>
    [Theory]
    [InlineData(
        "Filtering removed all hosts for the request with instance ID '8d2c'. Filter results: ['ComputeFilter: (start: 1, end: 0)']"
    )]
    [InlineData(
        "Filtering removed all hosts for the request with instance ID '8d2c'. Filter results: ['ComputeFilter: (start: 1, end: 1)', "
            + "'ComputeCapabilitiesFilter: (start: 1, end: 0)']"
    )]
    [InlineData("Filter RamFilter returned 0 hosts")]
    public void A_line_of_the_scheduler_about_another_request_is_ignored(string line) =>
        new Scene().Set(ExhibitIds.Log("nova-scheduler"), Scene.Line("INFO", "nova.filters", line)).Explained.Findings.ShouldBeEmpty();

    [Fact]
    public void A_service_that_was_stopped_is_not_blamed_on_a_file_that_was_broken_once() =>
        new Scene()
            .Unit(Scene.Compute, "inactive", "dead")
            .Services(state: "down")
            .Journal(Scene.Compute, "ConfigFileParseError: oops\n")
            .Explained.Findings.ShouldHaveSingleItem()
            .Cause.ShouldBe(CauseKind.ServiceDown);

    [Fact]
    public void A_tolerated_clock_skew_is_only_mentioned() =>
        new Scene()
            .Set(ExhibitIds.Clock, "before 2026-03-04T12:05:00Z\ndate Wed, 04 Mar 2026 12:00:00 GMT\nafter 2026-03-04T12:05:00.1Z\n")
            .Explained.Findings.ShouldHaveSingleItem()
            .Certainty.ShouldBe(Certainty.Possible);
}
