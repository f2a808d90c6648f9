using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.OpenStack;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site.Structure;
using Cloudlet.DesiredState.Site.Yaml;
using Cloudlet.DesiredState.Tests.Compile;
using Cloudlet.DesiredState.Tests.Site;

namespace Cloudlet.DesiredState.Tests.OpenStack;

public sealed class CloudRoleSpecs
{
    private const string OneCard = "openstack: {role: all-in-one, address: 10.80.0.1/24}";
    private const string Card = "links: {eth0: {kind: existing, addresses: [192.0.2.10/24]}}";

    public static TheoryData<string> Hosts =>
        [
            OneCard,
            "openstack: {role: all-in-one, address: 10.80.0.1/24, datapath: userspace, virtualization: qemu, dashboard: false}",
            "openstack: {role: all-in-one, address: \"fd00:80::1/64\", computeHosts: true, region: north}",
            $"{Card}\n    openstack: {{role: all-in-one, interface: eth0, providerInterface: eth1}}",
            $"{Card}\n    openstack: {{role: controller, interface: eth0}}",
            $"{Card}\n    openstack: {{role: compute, interface: eth0, controller: 192.0.2.1}}\n    "
                + "secrets: {rabbit: /a, svc-nova: /b, metadata: /c}",
        ];

    [Theory]
    [MemberData(nameof(Hosts))]
    public void Every_role_is_a_valid_piece_of_a_site_file(string host)
    {
        var loaded = MemorySiteFiles.Load($"hosts:\n  edge-1:\n    {host}\n");
        loaded.Problems.ShouldBeEmpty();

        // The role's own tree has no unknown key: what is merged into a host is not checked again.
        var described = loaded.Site!.Hosts.Single().Described;
        var parts = new CloudParts(new CloudHost("edge-1", described, CloudControllers.None)).All();
        var problems = new List<Problem>();
        var place = new SourcePlace("role.yaml", 1, 1);
        StructureCheck.Check(
            new YamlMapping(place, [new YamlEntry("hosts", place, new YamlMapping(place, [new YamlEntry("edge-1", place, parts)]))]),
            problems
        );
        problems.ShouldBeEmpty();
        Compile(host).Resources.ShouldNotBeEmpty();
    }

    [Fact]
    public void An_all_in_one_with_one_card_makes_its_link_and_keeps_broker_and_database_on_loopback()
    {
        var state = Compile(OneCard);

        state
            .Resource<LinkSpec>("link:cloudlet0")
            .ShouldSatisfyAllConditions(l => l.Kind.ShouldBe(LinkKind.Bridge), l => l.Addresses.ShouldBe(["10.80.0.1/24"]));
        state.Resource<LinkSpec>("link:flat0n").Peer.ShouldBe("flat0");
        Text(state, "/etc/rabbitmq/rabbitmq-env.conf").ShouldContain("NODE_IP_ADDRESS=127.0.0.1\n");
        Text(state, "/etc/mysql/mariadb.conf.d/90-cloudlet.cnf").ShouldContain("bind-address = 127.0.0.1\n");
        Text(state, "/etc/systemd/system/keystone.service.d/wsgi.conf").ShouldContain("--http-socket 10.80.0.1:5000 ");
        Text(state, "/etc/systemd/system/nova-api.service.d/wsgi.conf").ShouldContain(" --threads 1 ", Case.Sensitive, "eventlet");
        Text(state, "/etc/hosts").ShouldBe("127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n10.80.0.1 edge-1\n");
        state.Resources.ShouldContain(r => r.Id == "module:openvswitch");
        state.Resources.ShouldNotContain(r => r.Id == "file:/etc/default/ovn-central");
        state.Resource<UnitSpec>("unit:nova-compute.service").After.ShouldContain("unit:nova-conductor.service");
        state
            .Resource<UnitSpec>("unit:keystone.service")
            .After.ShouldContain("unit:cloudlet-keystone-bootstrap.service", "what waits for Keystone logs in as its administrator");
        foreach (var file in (string[])["/etc/nova/nova.conf", "/etc/neutron/neutron.conf", "/etc/keystone/keystone.conf"])
            state.Resource<FileSpec>($"file:{file}").Mode.ShouldBe("0640");
    }

    [Fact]
    public void Nothing_of_it_uses_the_kernels_datapath_when_user_space_forwards()
    {
        var state = Compile("openstack: {role: all-in-one, address: 10.80.0.1/24, datapath: userspace, virtualization: qemu}");

        state.Resources.ShouldNotContain(r => r.Id == "module:openvswitch");
        state.Resources.ShouldContain(r => r.Id == "ovs-setting:external_ids:ovn-bridge-datapath-type");
        Text(state, "/etc/nova/nova.conf").ShouldContain("[libvirt]\ncpu_mode = none\nvirt_type = qemu\n");
    }

    [Fact]
    public void A_card_of_the_provider_is_the_port_of_its_bridge_and_the_own_link_needs_no_veth()
    {
        var state = Compile($"{Card}\n    openstack: {{role: all-in-one, interface: eth0, providerInterface: eth1}}");

        state.Resource<LinkSpec>("link:eth1").Kind.ShouldBe(LinkKind.Existing);
        state.Resources.ShouldNotContain(r => r.Id == "link:flat0" || r.Id == "link:cloudlet0");
        Text(state, "/etc/systemd/system/nova-api.service.d/wsgi.conf").ShouldContain("--http-socket 192.0.2.10:8774 ");
    }

    [Fact]
    public void A_controller_serves_other_hosts_and_runs_no_guests()
    {
        var state = Compile($"{Card}\n    openstack: {{role: controller, interface: eth0}}");

        state.Resources.ShouldNotContain(r => r.Id.Contains("nova-compute") || r.Id.Contains("libvirt"));
        Text(state, "/etc/rabbitmq/rabbitmq-env.conf").ShouldContain("NODE_IP_ADDRESS=192.0.2.10\n");
        Text(state, "/etc/default/ovn-central").ShouldContain("--db-sb-addr=192.0.2.10 ");
        state.Resource<UnitSpec>("unit:ovn-ovsdb-server-sb.service").Loads.ShouldNotBeNull().ShouldContain("/etc/default/ovn-central");
        state.Resources.ShouldNotContain(r => r.Id.StartsWith("ovs-bridge:", StringComparison.Ordinal), "it has no physical network");
    }

    [Fact]
    public void A_compute_host_waits_for_its_controller_and_has_no_database_and_no_account_of_an_administrator()
    {
        var state = Compile(
            $"{Card}\n    openstack: {{role: compute, interface: eth0, controller: \"fd00::1\"}}\n    "
                + "secrets: {rabbit: /a, svc-nova: /b, metadata: /c}"
        );

        Ids<PackageSpec>(state).ShouldNotContain(id => id.Contains("mariadb") || id.Contains("keystone") || id.Contains("ovn-central"));
        Text(state, "/etc/nova/nova.conf").ShouldNotContain("database]");
        Text(state, "/etc/nova/nova.conf").ShouldContain("@[fd00::1]:5672/");
        state.Resource<UnitSpec>("unit:nova-compute.service").After.ShouldContain("condition:controller-compute");
        state.Resource<UnitSpec>("unit:ovn-controller.service").After.ShouldContain("condition:controller-network");
        state.Resources.ShouldNotContain(r => r.Id.StartsWith("cloud-", StringComparison.Ordinal) || r.Id == "secret:keystone-admin");
    }

    [Fact]
    public void The_own_port_of_a_bridge_gets_its_address_once_open_vswitch_runs()
    {
        var state = Compile(
            "ovsBridges: {br-host: {datapath: netdev, ports: [eth0]}}\n    links: {eth0: {kind: existing}, br-host: {kind: existing, "
                + "addresses: [192.0.2.10/24]}}\n    openstack: {role: controller, interface: br-host, datapath: userspace}"
        );

        state.Resource<LinkSpec>("link:br-host").After.ShouldContain("ovs-bridge:br-host");
        state.Resource<LinkSpec>("link:br-host").After.ShouldContain("unit:ovs-vswitchd.service");
        Text(state, "/etc/systemd/system/keystone.service.d/wsgi.conf").ShouldContain("--http-socket 192.0.2.10:5000 ");
        MemorySiteFiles
            .Load("hosts: {edge-1: {ovsBridges: {br0: }, links: {br0: {kind: bridge}}}}")
            .Problems.ShouldHaveSingleItem()
            .Message.ShouldContain("needs a name of its own");
    }

    [Fact]
    public void Options_and_the_hosts_own_keys_override_the_role()
    {
        var state = Compile(
            "openstack: {role: all-in-one, address: 10.80.0.1/24, options: {nova.conf: {DEFAULT: {report_interval: 7, "
                + "rpc_response_timeout: ~}}, ml2_conf.ini: {ml2: {tenant_network_types: vlan}}}}\n    "
                + "secrets: {rabbit: /etc/own}\n    packages: {chrony: ~}\n    files: {/etc/hosts: ~}"
        );

        Text(state, "/etc/nova/nova.conf").ShouldContain("report_interval = 7\n");
        Text(state, "/etc/nova/nova.conf").ShouldNotContain("rpc_response_timeout");
        Text(state, "/etc/neutron/plugins/ml2/ml2_conf.ini").ShouldContain("tenant_network_types = vlan\n");
        state.Resources.ShouldNotContain(r => r.Id == "package:chrony" || r.Id == "secret:rabbit" || r.Id == "file:/etc/hosts");
        state.Resource<FileSpec>("file:/etc/nova/nova.conf").Secrets.ShouldNotBeNull()["rabbit"].ShouldBe("/etc/own");
    }

    [Theory]
    [InlineData("openstack: {address: 10.80.0.1/24}", "openstack", "specify the role")]
    [InlineData("openstack: {role: all-in-one}", "openstack", "specify \"address\"")]
    [InlineData("openstack: {role: all-in-one, address: 10.80.0.1/33}", "openstack.address", "")]
    [InlineData("openstack: {role: all-in-one, interface: eth7}", "openstack.interface", "no link \"eth7\"")]
    [InlineData(
        "links: {eth0: {kind: existing}}\n    openstack: {role: all-in-one, interface: eth0}",
        "openstack.interface",
        "must be desc"
    )]
    [InlineData(
        "links: {cloudlet0: {kind: dummy, addresses: [10.80.0.1/24]}}\n    openstack: {role: all-in-one, address: 10.80.0.1/24}",
        "openstack.address",
        "in one place only"
    )]
    [InlineData(
        "links: {eth0: {kind: existing, addresses: [192.0.2.1/24]}}\n    "
            + "openstack: {role: all-in-one, interface: eth0, providerInterface: eth0}",
        "openstack.providerInterface",
        "use another card"
    )]
    [InlineData(
        "links: {eth1: {kind: existing, routes: [{to: default, via: 192.0.2.254}]}}\n    "
            + "openstack: {role: all-in-one, address: 10.80.0.1/24, providerInterface: eth1}",
        "openstack.providerInterface",
        "default route"
    )]
    [InlineData("openstack: {role: all-in-one, address: 10.80.0.1/24, controller: x}", "openstack.controller", "only a compute host")]
    [InlineData("openstack: {role: compute, address: 10.80.0.1/24}", "openstack", "needs \"controller\"")]
    [InlineData("openstack: {role: all-in-one, address: 10.80.0.1/24, options: {novaa.conf: {}}}", "openstack.options", "did you mean")]
    [InlineData("openstack: {role: all-in-one, address: 10.80.0.1/24, region: \"a b\"}", "openstack.region", "not a valid name")]
    [InlineData("openstack: {role: controller, address: 10.80.0.1/24, virtualization: kvm}", "openstack.virtualization", "no guests")]
    [InlineData("openstack: {role: controller, address: 10.80.0.1/24, computeHosts: true}", "openstack.computeHosts", "only for")]
    [InlineData("nova: {role: single-node, address: 10.81.0.1/24, flatInterface: x0}\n    " + OneCard, "openstack", "one role")]
    [InlineData("reach: netns://x\n    " + OneCard, "openstack", "links only")]
    public void What_is_wrong_is_named_with_its_place(string host, string path, string message)
    {
        var problems = MemorySiteFiles.Load($"hosts:\n  edge-1:\n    {host}\n").Problems;

        problems.ShouldContain(
            p => p.Path.StartsWith($"hosts.edge-1.{path}", StringComparison.Ordinal) && p.Message.Contains(message),
            string.Join('\n', problems)
        );
    }

    [Fact]
    public void A_compute_host_of_an_unknown_controller_needs_every_secret_that_it_shares()
    {
        var problems = MemorySiteFiles
            .Load($"hosts:\n  edge-1:\n    {Card}\n    openstack: {{role: compute, interface: eth0, controller: 192.0.2.1}}\n")
            .Problems;

        problems.Count.ShouldBe(3);
        foreach (var name in (string[])["metadata", "rabbit", "svc-nova"])
            problems.ShouldContain(p => p.Message.Contains($"\"{name}\""));
    }

    [Fact]
    public void A_compute_host_gets_its_secrets_and_the_address_from_its_controller_in_the_site()
    {
        var loaded = MemorySiteFiles.Load(
            "hosts:\n  control:\n    links: {eth0: {kind: existing, addresses: [192.0.2.1/24]}}\n    "
                + "openstack: {role: controller, interface: eth0}\n  edge-1:\n    reach: ssh://root@edge-1\n    "
                + $"{Card}\n    openstack: {{role: compute, interface: eth0, controller: control}}\n"
        );

        loaded.Problems.ShouldBeEmpty();
        var compute = loaded.Site!.Hosts.Single(h => h.Name == "edge-1");
        compute.Section.Secrets!.Keys.ShouldBe(["metadata", "rabbit", "svc-nova"], ignoreOrder: true);
        compute.Section.Secrets!.Values.ShouldAllBe(s => s.Source!.From == "control");
        compute.Described.OpenStack.ShouldBeNull("described alone, it could not find its controller");
        var state = HostCompiler.Compile(loaded.Site, new MemorySiteFiles()).Single(c => c.State!.Host == "edge-1").State!;
        Text(state, "/etc/hosts").ShouldContain("192.0.2.1 control\n");
        Text(state, "/etc/nova/nova.conf").ShouldContain("@192.0.2.1:5672/");
    }

    [Fact]
    public void A_host_that_is_no_controller_cannot_be_named_as_one()
    {
        var problems = MemorySiteFiles
            .Load(
                $"hosts:\n  a: {{{OneCard}}}\n  b:\n    reach: ssh://root@b\n    {Card}\n    "
                    + "openstack: {role: compute, interface: eth0, controller: a}\n    "
                    + "secrets: {rabbit: /a, svc-nova: /b, metadata: /c}\n"
            )
            .Problems;

        problems.ShouldHaveSingleItem().Message.ShouldContain("computeHosts: true");
    }

    private static HostState Compile(string host)
    {
        var loaded = MemorySiteFiles.Load($"hosts:\n  edge-1:\n    {host}\n");
        loaded.Problems.ShouldBeEmpty();
        var compiled = HostCompiler.Compile(loaded.Site!, new MemorySiteFiles()).ShouldHaveSingleItem();
        compiled.Problems.ShouldBeEmpty();
        return compiled.State!;
    }

    private static List<string> Ids<T>(HostState state)
        where T : ResourceSpec => [.. state.Resources.OfType<T>().Select(r => r.Id)];

    private static string Text(HostState state, string path) => state.Resource<FileSpec>($"file:{path}").Content.ShouldNotBeNull();
}
