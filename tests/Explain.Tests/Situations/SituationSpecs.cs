using System.Net;
using Cloudlet.Errors;
using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Tests.Situations;

public sealed class SituationSpecs
{
    private const string OtherConf = "config:/etc/nova/nova-compute.conf";

    [Fact]
    public void A_unit_is_read_with_its_process()
    {
        var unit = Of(new Scene().Unit(Scene.Compute, "activating", "auto-restart", "exit-code", 1, 4, "masked")).Units[Scene.Compute];

        (unit.ActiveState, unit.SubState, unit.Result, unit.ExitStatus, unit.Restarts, unit.UnitFileState, unit.MainPid).ShouldBe(
            ("activating", "auto-restart", "exit-code", 1, 4, "masked", null)
        );
        (unit.IsDown, unit.IsBetweenStarts, unit.IsMasked, unit.IsActive, unit.IsStopped).ShouldBe((true, true, true, false, false));
        unit.ProcessState.ShouldBe("State:\tS (sleeping)");
    }

    [Fact]
    public void A_unit_that_the_host_does_not_have_is_absent_and_not_unknown()
    {
        var situation = Of(new Scene().Unit("libvirtd.service", "inactive", "dead", load: "not-found"));

        situation.Units.Keys.ShouldNotContain("libvirtd.service");
        situation.Unknowns.ShouldBeEmpty();
    }

    [Fact]
    public void Later_files_override_earlier_ones()
    {
        var nova = Of(
            new Scene().Set(
                OtherConf,
                "[DEFAULT]\ncompute_driver = fake.FakeDriver\nmy_ip=10.0.0.9\nmy_ip=10.0.0.8\n[libvirt]\nvirt_type=kvm"
            )
        ).Nova;

        nova["DEFAULT.compute_driver"]!.Exhibit.ShouldBe(OtherConf);
        nova["DEFAULT.my_ip"]!.Value.ShouldBe("10.0.0.8");
        nova["libvirt.virt_type"]!.Value.ShouldBe("kvm");
        nova["DEFAULT.transport_url"]!.Value.ShouldBe("rabbit://***@10.80.0.1:5672/");
        nova["DEFAULT.host"].ShouldBeNull();
        nova.Seconds("DEFAULT.service_down_time", 60).ShouldBe(60);
    }

    [Theory]
    [InlineData("a = 1\n  2\n", "DEFAULT.a=1\n2")]
    [InlineData("a: 1", "DEFAULT.a=1")]
    [InlineData("[s]\na = \"1\"\nb=''", "s.a=1|s.b=")]
    [InlineData("\ufeffa=b=c", "DEFAULT.a=b=c")]
    [InlineData("a=1\r\n#b=2\r\n", "DEFAULT.a=1")]
    [InlineData("a=1\n\n  2", "DEFAULT.a=1")]
    public void Options_are_read_as_the_services_read_them(string text, string expected) =>
        string.Join('|', OsloText.Read("config:a", text).Options.Select(o => $"{o.Name}={o.Value}")).ShouldBe(expected);

    [Theory]
    [InlineData("word", true)]
    [InlineData("[libvirt", true)]
    [InlineData("[]", true)]
    [InlineData("= x", true)]
    [InlineData("  indented", true)]
    [InlineData("my_ip 127.0.0.1 oops = x", false)]
    public void An_invalid_line_is_reported_with_its_number(string line, bool isRefused)
    {
        var odd = OsloText.Read("config:a", $"[DEFAULT]\na = 1\n\n{line}\n").Odd.ShouldHaveSingleItem();

        (odd.Number, odd.IsRefused, odd.Line).ShouldBe((4, isRefused, line));
    }

    [Fact]
    public void Services_are_read_with_their_times_as_utc()
    {
        var compute = Of(new Scene().Services("down", "disabled", "AUTO: x", forced: true)).Compute!;

        (compute.IsUp, compute.IsDisabled, compute.DisabledReason, compute.IsForcedDown, compute.Zone).ShouldBe(
            (false, true, "AUTO: x", true, "nova")
        );
        compute.Updated.ShouldBe(Scene.Noon.AddSeconds(-5));
    }

    [Fact]
    public void A_server_is_read_with_its_fault_and_flavor()
    {
        var situation = Of(new Scene().Fault("No valid host", 500, "north"));

        (situation.Server!.FaultCode, situation.Server.Fault, situation.Server.Zone, situation.Server.FaultAt).ShouldBe(
            (500, "No valid host", "north", Scene.Noon.AddSeconds(-20))
        );
        situation.Flavor!.Asks.ShouldBe(
            new Dictionary<string, long>
            {
                ["VCPU"] = 1,
                ["MEMORY_MB"] = 512,
                ["DISK_GB"] = 1,
            },
            ignoreOrder: true
        );
        Of(new Scene().Fault().Flavor(2, 1024, 0))
            .Flavor!.Asks.ShouldBe(new Dictionary<string, long> { ["VCPU"] = 2, ["MEMORY_MB"] = 1024 }, ignoreOrder: true);
    }

    [Fact]
    public void Capacity_counts_ratio_and_reserved_resources()
    {
        var provider = Of(new Scene()).Provider!;

        provider.Inventories!["VCPU"].Capacity.ShouldBe(32);
        provider.Inventories["VCPU"].Largest.ShouldBe(8);
        provider.Inventories["MEMORY_MB"].Capacity.ShouldBe(16384 - 512);
        (provider.Free("VCPU"), provider.Free("MEMORY_MB"), provider.Free("PCI_DEVICE")).ShouldBe((30, 16384 - 512 - 2048, 0));
        provider.Traits.ShouldBe(["HW_CPU_X86_AVX", "COMPUTE_NODE"]);
    }

    [Fact]
    public void Links_clock_brokers_and_agents_are_read()
    {
        var situation = Of(new Scene().Set(ExhibitIds.Broker, "[fd00::1]:5672 refused Connection refused\nb:5672 open\n"));

        situation.Links!.Single(l => l.Name == "cloudlet0").Addresses.ShouldBe([IPAddress.Parse("10.80.0.1")]);
        situation.Clock!.OffsetSeconds.ShouldBe(-0.38, 0.001);
        situation.Clock.DoubtSeconds.ShouldBe(0.52, 0.001);
        situation.Brokers!.Select(b => (b.Place, b.IsOpen)).ShouldBe([("[fd00::1]:5672", false), ("b:5672", true)]);
        situation
            .Agents!.Select(a => (a.Binary, a.PlugsServers))
            .ShouldBe([("neutron-dhcp-agent", false), ("neutron-linuxbridge-agent", true)]);
        situation.Mapped.ShouldBe(["edge-1"]);
    }

    [Fact]
    public void Freshness_names_files_and_options_but_no_values()
    {
        var stale = Of(
            new Scene().Set(
                ExhibitIds.Freshness(Scene.Compute),
                "state stale\nby report\nfile /etc/nova/nova.conf\noption DEFAULT.my_ip\noption libvirt.virt_type\n"
            )
        ).Freshness[Scene.Compute];

        (stale.IsStale, stale.IsProven).ShouldBe((true, true));
        stale.Options.ShouldBe(["DEFAULT.my_ip", "libvirt.virt_type"]);
        stale.Files.ShouldBe(["/etc/nova/nova.conf"]);
    }

    [Fact]
    public void The_log_of_the_running_process_is_separated_from_earlier_ones()
    {
        var situation = Of(
            new Scene().Log(
                Scene.Line("INFO", "a", "old", 17),
                "  old trace\n",
                Scene.Line("INFO", "a", "new"),
                "  new trace\n",
                Scene.Line("INFO", "a", "child", 4243)
            )
        );

        situation.ComputeLog.Select(l => l.Text.Split(' ')[^1]).ShouldBe(["new", "trace", "child"]);
        situation.ComputeLog[1].Text.ShouldBe("  new trace");
    }

    [Fact]
    public void Only_the_last_run_in_the_journal_of_a_stopped_service_counts()
    {
        var situation = Of(
            new Scene()
                .Failed(Scene.Compute)
                .Log()
                .Journal(Scene.Compute, "Started nova-compute.service.\nold\nStarted nova-compute.service.\nnew\n")
        );

        situation.ComputeLog.Select(l => l.Text).ShouldBe(["Started nova-compute.service.", "new"]);
    }

    [Fact]
    public void A_long_value_is_read_quickly()
    {
        var text = "a = 1\n" + string.Concat(Enumerable.Repeat(" b\n", BundleLimits.Text / 3));

        OsloText.Read("config:a", text).Options.ShouldHaveSingleItem().Value.Length.ShouldBe(1 + (2 * (BundleLimits.Text / 3)));
    }

    [Fact]
    public void The_host_option_takes_precedence_over_the_host_name()
    {
        Of(new Scene()).Host.ShouldBe("edge-1");
        Of(new Scene().NovaConf("host = edge-9")).Host.ShouldBe("edge-9");
        Of(new Scene().Services(host: "edge-1.example.org")).Host.ShouldBe("edge-1.example.org");
        Of(new Scene().Without(ExhibitIds.Host)).Host.ShouldBe("edge-1");
    }

    [Theory]
    [InlineData(ExhibitIds.Services, "{}", "no list")]
    [InlineData(ExhibitIds.Services, "nothing", "not JSON")]
    [InlineData(ExhibitIds.Links, "{}", "not a list of links")]
    [InlineData(ExhibitIds.Clock, "date now", "no usable times")]
    [InlineData(ExhibitIds.Broker, "", "no broker")]
    [InlineData(ExhibitIds.MappedHosts, "ERROR", "not the table")]
    [InlineData(ExhibitIds.Host, "", "name")]
    [InlineData("freshness:nova-compute.service", "state unknown", "does not say")]
    [InlineData("unit:nova-compute.service", "", "ActiveState")]
    public void A_malformed_exhibit_is_unknown_and_not_a_finding(string id, string text, string reason)
    {
        var explanation = new Scene().Set(id, text).Explained;

        explanation
            .Unknowns.ShouldHaveSingleItem()
            .ShouldSatisfyAllConditions(u => u.Exhibit.ShouldBe(id), u => u.Reason.ShouldContain(reason));
        explanation.Looked.ShouldNotContain(id);
        explanation.Findings.ShouldBeEmpty();
    }

    [Fact]
    public void A_failed_exhibit_is_unknown_with_its_own_error()
    {
        Of(new Scene().Dead(ExhibitIds.Agents, ErrorKind.NotFound, "no endpoint of Neutron"))
            .Unknowns.ShouldHaveSingleItem()
            .Reason.ShouldBe("no endpoint of Neutron");
        Of(new Scene().Set(new Exhibit(ExhibitIds.Agents, "GET", Scene.Noon) { HttpStatus = 401 }))
            .Unknowns.ShouldHaveSingleItem()
            .Reason.ShouldContain("401");
        Of(new Scene().Set(new Exhibit(ExhibitIds.MappedHosts, "nova-manage", Scene.Noon) { ExitStatus = 1 }))
            .Unknowns.ShouldHaveSingleItem()
            .Reason.ShouldContain("status 1");
    }

    [Fact]
    public void A_truncated_answer_is_reported_as_such() =>
        Of(new Scene().Set(new Exhibit(ExhibitIds.Services, "GET", Scene.Noon) { Text = "{\"services\": [", Truncated = true }))
            .Unknowns.ShouldHaveSingleItem()
            .Reason.ShouldContain("cut off");

    private static Situation Of(Scene scene) => Situation.Of(scene.Bundle);
}
