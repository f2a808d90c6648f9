using System.Text.Json;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Site;
using Cloudlet.DesiredState.Tests.Compile;
using Cloudlet.DesiredState.Tests.Site;

namespace Cloudlet.DesiredState.Tests.Nova;

public sealed class NovaRoleSpecs
{
    private const string Single = "nova: {role: single-node, flatInterface: cloudlet0, address: 10.80.0.1/24, virtualization: fake}";
    private const string Keystone = "auth: keystone, keystone: {url: \"https://k:5000\", region: north}";

    [Fact]
    public void A_single_node_has_everything_and_listens_on_loopback()
    {
        var state = Compile(Single);

        Ids<PackageSpec>(state)
            .ShouldBe([
                "package:glance-api",
                "package:nova-api",
                "package:nova-compute",
                "package:nova-conductor",
                "package:nova-scheduler",
                "package:placement-api",
                "package:rabbitmq-server",
            ]);
        Ids<UnitSpec>(state)
            .Where(id => !id.Contains("networkd"))
            .ShouldBe([
                "unit:cloudlet-no-neutron.service",
                "unit:cloudlet-rabbit-account.service",
                "unit:glance-api.service",
                "unit:nova-api.service",
                "unit:nova-compute.service",
                "unit:nova-conductor.service",
                "unit:nova-scheduler.service",
                "unit:placement-api.service",
                "unit:rabbitmq-server.service",
            ]);
        state.Resource<LinkSpec>("link:cloudlet0").Addresses.ShouldBe(["10.80.0.1/24"]);
        state.Resource<UnitSpec>("unit:nova-compute.service").After.ShouldContain("link:cloudlet0");
        Conf(state).ShouldContain("my_ip = 10.80.0.1\n");
        Conf(state).ShouldContain("@127.0.0.1:5672/");
        state.Resource<FileSpec>("file:/etc/nova/nova.conf").Secrets.ShouldNotBeNull()["rabbit"].ShouldBe("/etc/rabbit");
        Text(state, "/etc/systemd/system/nova-api.service.d/listen.conf").ShouldContain("--http-socket 127.0.0.1:8774");
        Text(state, "/etc/systemd/system/nova-api.service.d/listen.conf")
            .ShouldContain(" --threads 1 ", customMessage: "eventlet does not support a second thread");
        foreach (var unit in new[] { "nova-api", "placement-api", "glance-api" })
            Text(state, $"/etc/systemd/system/{unit}.service.d/listen.conf").ShouldContain("\"addheader:Date: $${httptime[]}\"");
        Text(state, "/etc/rabbitmq/rabbitmq-env.conf").ShouldStartWith("NODENAME=rabbit@localhost\nNODE_IP_ADDRESS=127.0.0.1\n");
    }

    [Fact]
    public void The_hosts_own_description_overrides_the_role()
    {
        var state = Compile(
            """
            ROLE
                modules: {dummy: ~}
                links: {cloudlet0: {kind: bridge, mtu: 1400}}
                packages: {glance-api: ~, nova-compute: {version: "2:26.2.2-1"}}
                files: {/etc/nova/nova.conf: {mode: "0600", oslo: {options: {DEFAULT: {debug: true}}}}}
                units: {glance-api.service: ~, nova-compute.service: {running: false, dropIns: {nice: "[Service]\nNice=5\n"}}}
            """.Replace("ROLE", Single, StringComparison.Ordinal)
        );

        state.Resources.ShouldNotContain(r => r.Id == "module:dummy" || r.Id == "package:glance-api" || r.Id == "unit:glance-api.service");
        var link = state.Resource<LinkSpec>("link:cloudlet0");
        (link.Kind, link.Mtu).ShouldBe((LinkKind.Bridge, 1400));
        link.Addresses.ShouldBe(["10.80.0.1/24"]);
        state.Resource<PackageSpec>("package:nova-compute").Version.ShouldBe("2:26.2.2-1");
        var conf = state.Resource<FileSpec>("file:/etc/nova/nova.conf");
        (conf.Mode, conf.Group).ShouldBe(("0600", "nova"));
        conf.Content.ShouldNotBeNull().ShouldContain("debug = true\n");
        conf.Content.ShouldContain("my_ip = 10.80.0.1\n");
        var unit = state.Resource<UnitSpec>("unit:nova-compute.service");
        (unit.Running, unit.Enabled, unit.Asks).ShouldBe((false, true, Asks.Guru));
        (unit.HungAfterSeconds, unit.Liveness).ShouldBe((null, null), "a unit that need not run cannot hang");
        Text(state, "/etc/systemd/system/nova-compute.service.d/nice.conf").ShouldContain("Nice=5");
    }

    [Theory]
    [InlineData("", 120)]
    [InlineData(", reportInterval: 5, serviceDownTime: 15", 120)]
    [InlineData(", reportInterval: 60, serviceDownTime: 200", 360)]
    public void Agents_that_have_not_run_for_several_reports_hang_and_services_that_wait_for_requests_do_not(string more, int seconds)
    {
        var state = Compile($"nova: {{role: single-node, flatInterface: cloudlet0, address: 10.80.0.1/24{more}}}");

        foreach (var agent in (string[])["nova-compute", "nova-conductor", "nova-scheduler"])
            state
                .Resource<UnitSpec>($"unit:{agent}.service")
                .ShouldSatisfyAllConditions(u => u.HungAfterSeconds.ShouldBe(seconds), u => u.Liveness.ShouldBe(Liveness.Alive));
        state.Resource<UnitSpec>("unit:nova-api.service").HungAfterSeconds.ShouldBeNull();
    }

    [Fact]
    public void Options_override_those_of_the_role()
    {
        var state = Compile(
            "nova: {role: single-node, flatInterface: cloudlet0, address: 10.80.0.1/24, options: {nova.conf: {DEFAULT: "
                + "{rpc_response_timeout: ~, report_interval: 7}, pci: {alias: [one, "
                + "two]}}, glance-api.conf: {DEFAULT: {debug: true}}}}"
        );

        Conf(state).ShouldContain("report_interval = 7\n");
        Conf(state).ShouldNotContain("rpc_response_timeout");
        Conf(state).ShouldContain("[pci]\nalias = one\nalias = two\n");
        Text(state, "/etc/glance/glance-api.conf").ShouldContain("debug = true\n");
    }

    [Theory]
    [InlineData("qemu", "nova-compute-qemu", "virt_type = qemu")]
    [InlineData("kvm", "nova-compute-kvm", "virt_type = kvm")]
    public void Guests_that_are_real_need_libvirt_before_the_compute_service(string virtualization, string package, string option)
    {
        var state = Compile(
            $"nova: {{role: single-node, flatInterface: cloudlet0, address: 10.80.0.1/24, virtualization: {virtualization}}}"
        );

        state.Resource<PackageSpec>($"package:{package}").Installed.ShouldBe(true);
        state.Resource<UnitSpec>("unit:libvirtd.service").Running.ShouldBe(true);
        state.Resource<UnitSpec>("unit:nova-compute.service").After.ShouldContain("unit:libvirtd.service");
        Conf(state).ShouldContain($"[libvirt]\n{(virtualization == "qemu" ? "cpu_mode = none\n" : "")}{option}\n");
        Text(state, "/etc/nova/nova-compute.conf").ShouldBe("[DEFAULT]\ncompute_driver = libvirt.LibvirtDriver\n");
    }

    [Fact]
    public void A_controller_listens_where_compute_hosts_reach_it_and_has_no_compute_service()
    {
        var state = Compile(
            "links: {eth0: {kind: existing, addresses: [192.0.2.1/24]}}\n    nova: {role: controller, auth: none, publicInterface: eth0}"
        );

        state.Resources.ShouldNotContain(r => r.Id.Contains("nova-compute"));
        Text(state, "/etc/rabbitmq/rabbitmq-env.conf").ShouldContain("NODE_IP_ADDRESS=192.0.2.1\n");
        foreach (var (unit, port) in new[] { ("nova-api", 8774), ("placement-api", 8778), ("glance-api", 9292) })
        {
            Text(state, $"/etc/systemd/system/{unit}.service.d/listen.conf").ShouldContain($"--http-socket 192.0.2.1:{port} ");
            state.Resource<UnitSpec>($"unit:{unit}.service").After.ShouldContain("link:eth0");
        }

        Conf(state).ShouldContain("endpoint = http://192.0.2.1:8778\n");
        Conf(state).ShouldNotContain("compute_driver");
    }

    [Fact]
    public void A_compute_host_has_only_the_compute_service_and_no_database()
    {
        var state = Compile(
            "links: {eth0: {kind: existing, addresses: [\"fd00::2/64\"]}}\n    nova: {role: compute, auth: none, publicInterface: "
                + "eth0, controller: \"fd00::1\", virtualization: fake}"
        );

        Ids<PackageSpec>(state).ShouldBe(["package:nova-compute"]);
        Ids<UnitSpec>(state)
            .Where(id => !id.Contains("-link-"))
            .ShouldBe(["unit:cloudlet-no-neutron.service", "unit:nova-compute.service"]);
        state.Resource<UnitSpec>("unit:nova-compute.service").After.ShouldContain("link:eth0");
        Conf(state).ShouldContain("my_ip = fd00::2\n");
        Conf(state).ShouldContain("@[fd00::1]:5672/");
        Conf(state).ShouldNotContain("database]");
    }

    [Fact]
    public void With_keystone_no_password_is_in_clear_text_and_no_stub_replaces_keystone()
    {
        var state = Compile(
            $"links: {{eth0: {{kind: existing, addresses: [192.0.2.1/24]}}}}\n    nova: {{role: controller, publicInterface: eth0, "
                + $"databases: {{database: db}}, {Keystone}}}",
            "keystone: /etc/keystone, db: /etc/db"
        );

        state.Resources.ShouldNotContain(r => r.Id.Contains("neutron.service") || r.Id.Contains("paste") || r.Id.Contains("keep_token"));
        Conf(state).ShouldContain("[database]\nconnection = ${secret:db}\n");
        Conf(state).ShouldContain("[api_database]\nconnection = sqlite:///");
        foreach (var section in new[] { "keystone_authtoken", "placement", "neutron", "service_user" })
            Section(Conf(state), section).ShouldContain("password = ${secret:keystone}\n");
        Section(Conf(state), "placement").ShouldContain("region_name = north\n");
        Section(Conf(state), "service_user").ShouldNotContain("region_name");
        Section(Text(state, "/etc/placement/placement.conf"), "keystone_authtoken").ShouldContain("password = ${secret:keystone}\n");
        Section(Text(state, "/etc/glance/glance-api.conf"), "keystone_authtoken").ShouldContain("username = nova\n");
        Text(state, "/etc/glance/glance-api.conf").ShouldContain("flavor = keystone\n");
    }

    [Fact]
    public void A_second_card_is_used_as_the_flat_interface_unchanged()
    {
        var state = Compile(
            "links: {eth1: {kind: existing, addresses: [10.80.0.1/24]}}\n    nova: {role: single-node, publicInterface: eth0, "
                + "flatInterface: eth1}"
        );

        state.Resources.ShouldNotContain(r => r.Id.StartsWith("module:", StringComparison.Ordinal) || r.Id == "link:eth0");
        state.Resource<LinkSpec>("link:eth1").Kind.ShouldBe(LinkKind.Existing);
        Conf(state).ShouldContain("my_ip = 10.80.0.1\n");
    }

    [Fact]
    public void A_program_that_declares_the_host_gets_the_same_state()
    {
        const string nova = """
            "nova": {"role": "single-node", "flatInterface": "cloudlet0", "address": "10.80.0.1/24", "virtualization": "fake"},
            "packages": {"chrony": null}
            """;

        var declared = Declared($$"""{"secrets": {"rabbit": "/etc/rabbit"}, {{nova}}}""");
        declared.Problems.ShouldBeEmpty();
        var state = HostCompiler.Compile(declared.Site!, new MemorySiteFiles()).ShouldHaveSingleItem().State!;
        state.Digest.ShouldBe(Compile($"{Single}\n    packages: {{chrony: }}").Digest);
        Declared($"{{{nova}}}").Problems.ShouldHaveSingleItem().Path.ShouldBe("hosts.edge-1.secrets");
    }

    private static SiteLoadResult Declared(string json)
    {
        using var host = JsonDocument.Parse(json);
        return SiteLoader.LoadHost("edge-1", host.RootElement, new MemorySiteFiles());
    }

    private static HostState Compile(string host, string secrets = "")
    {
        var loaded = MemorySiteFiles.Load($"hosts:\n  edge-1:\n    secrets: {{rabbit: /etc/rabbit, {secrets}}}\n    {host}\n");
        loaded.Problems.ShouldBeEmpty();
        var compiled = HostCompiler.Compile(loaded.Site!, new MemorySiteFiles()).ShouldHaveSingleItem();
        compiled.Problems.ShouldBeEmpty();
        return compiled.State!;
    }

    private static List<string> Ids<T>(HostState state)
        where T : ResourceSpec => [.. state.Resources.OfType<T>().Select(r => r.Id)];

    private static string Text(HostState state, string path) => state.Resource<FileSpec>($"file:{path}").Content.ShouldNotBeNull();

    private static string Conf(HostState state) => Text(state, "/etc/nova/nova.conf");

    private static string Section(string text, string name) =>
        text.Split('[').Single(s => s.StartsWith($"{name}]", StringComparison.Ordinal));
}
