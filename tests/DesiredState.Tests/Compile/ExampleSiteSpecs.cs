using System.Runtime.CompilerServices;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Site;

namespace Cloudlet.DesiredState.Tests.Compile;

/// <summary>The sites of templates/sites are examples for users and test cases for us.</summary>
public class ExampleSiteSpecs
{
    [Theory]
    [InlineData("single-host.yaml")]
    [InlineData("single-host.yaml", "no-dummy-driver.yaml")]
    [InlineData("single-host.yaml", "healthd.yaml")]
    [InlineData("databases.yaml", "healthd.yaml")]
    [InlineData("cloud.yaml", "healthd.yaml")]
    [InlineData("two-hosts.yaml")]
    [InlineData("namespace.yaml")]
    [InlineData("nova.yaml")]
    [InlineData("nova.yaml", "no-dummy-driver.yaml", "healthd.yaml")]
    [InlineData("nova.yaml", "nova-qemu.yaml")]
    [InlineData("two-nics.yaml")]
    [InlineData("controller-and-compute.yaml")]
    [InlineData("waiting-host.yaml")]
    [InlineData("openstack.yaml")]
    [InlineData("openstack.yaml", "openstack-lab.yaml", "healthd.yaml")]
    [InlineData("openstack-two-cards.yaml")]
    [InlineData("openstack-hosts.yaml")]
    [InlineData("secrets.yaml")]
    [InlineData("service.yaml")]
    public void Every_example_compiles(params string[] names)
    {
        foreach (var state in Compile(names))
            HostState.Parse(state.ToBytes()).Digest.ShouldBe(state.Digest);
    }

    [Fact]
    public void No_example_is_left_out_here()
    {
        string[] tested =
        [
            "cloud.yaml",
            "controller-and-compute.yaml",
            "databases.yaml",
            "healthd.yaml",
            "namespace.yaml",
            "no-dummy-driver.yaml",
            "nova-qemu.yaml",
            "nova.yaml",
            "openstack-hosts.yaml",
            "openstack-lab.yaml",
            "openstack-two-cards.yaml",
            "openstack.yaml",
            "secrets.yaml",
            "service.yaml",
            "single-host.yaml",
            "two-hosts.yaml",
            "two-nics.yaml",
            "waiting-host.yaml",
        ];
        Directory.EnumerateFiles(Folder(), "*.yaml").Select(Path.GetFileName).Order(StringComparer.Ordinal).ShouldBe(tested);
    }

    [Fact]
    public void The_single_host_has_its_template_rendered_and_its_service_waiting_for_it()
    {
        var state = Compile("single-host.yaml").ShouldHaveSingleItem();
        state
            .Resource<FileSpec>("file:/etc/cloudlet/beacon.conf")
            .Content.ShouldBe(
                "# Read by cloudlet-beacon.service on "
                    + "edge-1.\nREGION=north\nLOG_LEVEL=info\nINTERVAL=5\nBEACON_ADDRESS=10.80.0.1\n# "
                    + "1: 10.80.0.1/24\n# 2: "
                    + "fd00:80::1/64\n"
            );
        var unit = state.Resource<UnitSpec>("unit:cloudlet-beacon.service");
        unit.Watches.ShouldBe(["file:/etc/cloudlet/beacon.conf", "file:/etc/systemd/system/cloudlet-beacon.service"]);
        unit.After.ShouldContain("link:cloudlet0");
        state
            .Resource<FileSpec>("file:/etc/cloudlet/current.conf")
            .After.ShouldBe(["file:/etc/cloudlet", "file:/etc/cloudlet/beacon.conf"]);
    }

    [Fact]
    public void The_overlay_replaces_the_dummy_with_a_bridge()
    {
        var state = Compile("single-host.yaml", "no-dummy-driver.yaml").ShouldHaveSingleItem();
        var link = state.Resource<LinkSpec>("link:cloudlet0");
        link.Kind.ShouldBe(LinkKind.Bridge);
        link.Mac.ShouldBe("02:00:5e:10:00:01");
        state.Resources.ShouldNotContain(r => r.Id.StartsWith("module:", StringComparison.Ordinal));
    }

    [Fact]
    public void The_overlay_replaces_the_dummy_that_a_role_declares_with_a_bridge()
    {
        var state = Compile("nova.yaml", "no-dummy-driver.yaml").ShouldHaveSingleItem();
        var link = state.Resource<LinkSpec>("link:cloudlet0");
        link.Kind.ShouldBe(LinkKind.Bridge);
        link.Addresses.ShouldBe(["10.80.0.1/24"]);
        state.Resources.ShouldNotContain(r => r.Id.StartsWith("module:", StringComparison.Ordinal));
    }

    private static List<HostState> Compile(params string[] names)
    {
        var files = new DiskSiteFiles();
        var loaded = SiteLoader.Load([.. names.Select(n => Path.Combine(Folder(), n))], files);
        loaded.Problems.ShouldBeEmpty();
        var hosts = HostCompiler.Compile(loaded.Site!, files);
        hosts.SelectMany(h => h.Problems).ShouldBeEmpty();
        return [.. hosts.Select(h => h.State!)];
    }

    private static string Folder([CallerFilePath] string here = "") =>
        Path.GetFullPath("../../../templates/sites", Path.GetDirectoryName(here)!);
}
