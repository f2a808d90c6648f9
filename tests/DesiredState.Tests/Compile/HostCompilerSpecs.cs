using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Tests.Compile;

public class HostCompilerSpecs
{
    [Fact]
    public void Files_and_units_come_after_all_packages()
    {
        var state = TestHost.State(
            Section() with
            {
                Packages = new Dictionary<string, PackageSection?>
                {
                    ["chrony"] = null,
                    ["vim"] = new() { Installed = false },
                },
            }
        );
        state.Resource<PackageSpec>("package:chrony").Installed.ShouldBe(true);
        state.Resource<FileSpec>("file:/etc/a.conf").After.ShouldBe(["package:chrony", "package:vim"]);
        state.Resource<UnitSpec>("unit:a.service").After.ShouldBe(["file:/etc/a.conf", "package:chrony", "package:vim"]);
    }

    [Fact]
    public void Packages_come_after_early_files_only()
    {
        var state = TestHost.State(
            Section() with
            {
                Packages = new Dictionary<string, PackageSection?> { ["chrony"] = null },
                Files = new Dictionary<string, FileSection>
                {
                    ["/etc/a.conf"] = new() { Content = "" },
                    ["/etc/b"] = new() { Directory = true, Early = true },
                    ["/etc/b/c.conf"] = new() { Content = "", Early = true },
                },
            }
        );
        state.Resource<PackageSpec>("package:chrony").After.ShouldBe(["file:/etc/b", "file:/etc/b/c.conf"]);
        state.Resource<FileSpec>("file:/etc/a.conf").After.ShouldBe(["package:chrony"]);
        state.Resource<FileSpec>("file:/etc/b/c.conf").After.ShouldBe(["file:/etc/b"]);
    }

    [Fact]
    public void A_unit_with_its_own_files_loads_and_watches_them()
    {
        var state = TestHost.State(
            Unit(
                new()
                {
                    Content = "[Service]\n",
                    DropIns = new Dictionary<string, string> { ["x"] = "[Unit]\n" },
                }
            )
        );
        var unit = state.Resource<UnitSpec>("unit:a.service");
        unit.Loads.ShouldBe(["/etc/systemd/system/a.service", "/etc/systemd/system/a.service.d/x.conf"]);
        unit.Watches.ShouldBe(["file:/etc/systemd/system/a.service", "file:/etc/systemd/system/a.service.d/x.conf"]);
        (unit.Definition, unit.Configuration, unit.OnChange).ShouldBe((UnitSpec.Current, UnitSpec.Current, OnChange.Restart));
        state.Resource<FileSpec>("file:/etc/systemd/system/a.service.d/x.conf").After.ShouldBe(["file:/etc/systemd/system/a.service.d"]);
    }

    [Theory]
    [InlineData("a.service", "/etc/systemd/system/a.service", true)]
    [InlineData("a@1.service", "/etc/systemd/system/a@.service", true)]
    [InlineData("a@1.service", "/run/systemd/system/a@.service.d/x.conf", true)]
    [InlineData("a-b.service", "/etc/systemd/system/a-.service.d/x.conf", true)]
    [InlineData("a.service", "/etc/systemd/system/service.d/x.conf", true)]
    [InlineData("a.service", "/etc/systemd/system/b.service", false)]
    [InlineData("a.service", "/etc/systemd/system/a.service.d.old/x.conf", false)]
    public void A_unit_comes_after_its_files_wherever_they_are_described(string unit, string path, bool isIts)
    {
        string[] expected = isIts ? [$"file:{path}"] : [];
        var spec = TestHost
            .State(
                new HostSection
                {
                    Files = new Dictionary<string, FileSection> { [path] = new() { Content = "[Service]\n" } },
                    Units = new Dictionary<string, UnitSection> { [unit] = new() { Running = true } },
                }
            )
            .Resource<UnitSpec>($"unit:{unit}");
        spec.After.ShouldBe(expected);
        spec.Watches.ShouldBe(expected);
    }

    [Fact]
    public void A_unit_comes_after_the_files_that_its_unit_file_names()
    {
        var state = TestHost.State(
            Unit(new() { Content = "[Service]\nEnvironmentFile=-/etc/default/a\nExecStart=/opt/a/run --config /etc/ab\n" }) with
            {
                Files = new Dictionary<string, FileSection>
                {
                    ["/etc/default/a"] = new() { Content = "" },
                    ["/opt/a/run"] = new() { Content = "" },
                    ["/etc/a"] = new() { Content = "" },
                },
            }
        );
        state
            .Resource<UnitSpec>("unit:a.service")
            .After.ShouldBe(["file:/etc/default/a", "file:/etc/systemd/system/a.service", "file:/opt/a/run"]);
        state.Resource<UnitSpec>("unit:a.service").Watches.ShouldBe(["file:/etc/systemd/system/a.service"]);
    }

    [Fact]
    public void A_template_is_a_unit_that_others_may_come_after()
    {
        var state = TestHost.State(
            new HostSection
            {
                Units = new Dictionary<string, UnitSection>
                {
                    ["a@.service"] = new() { Content = "[Service]\nExecStart=/bin/true\n[Install]\nDefaultInstance=one\n", Enabled = true },
                    ["b.service"] = new() { Running = true, After = ["unit:a@.service"] },
                },
            }
        );
        state.Resource<UnitSpec>("unit:b.service").After.ShouldBe(["unit:a@.service"]);
        state.Resource<UnitSpec>("unit:a@.service").Enabled.ShouldBe(true);
    }

    [Fact]
    public void The_configuration_of_a_unit_that_does_nothing_on_change_is_not_compared()
    {
        var unit = TestHost.State(Unit(new() { Loads = ["/etc/x"], OnChange = OnChange.Nothing })).Resource<UnitSpec>("unit:a.service");
        unit.Configuration.ShouldBeNull();
        unit.Loads.ShouldBe(["/etc/x"]);
    }

    [Fact]
    public void A_declared_unit_and_the_same_one_of_the_boot_configuration_become_one()
    {
        var state = TestHost.State(
            new HostSection
            {
                Links = new Dictionary<string, LinkSection> { ["br0"] = new() { Kind = LinkKind.Bridge } },
                Units = new Dictionary<string, UnitSection>
                {
                    ["systemd-networkd.service"] = new() { DropIns = new Dictionary<string, string> { ["log"] = "[Service]\n" } },
                },
            }
        );
        var unit = state.Resource<UnitSpec>("unit:systemd-networkd.service");
        unit.Running.ShouldBe(true);
        unit.After.ShouldContain("link:br0");
        unit.Loads!.ShouldContain("/etc/systemd/system/systemd-networkd.service.d/log.conf");
    }

    [Fact]
    public void A_declared_file_that_provision_writes_itself_is_a_problem()
    {
        var compiled = TestHost.Compile(
            new HostSection
            {
                Links = new Dictionary<string, LinkSection> { ["br0"] = new() { Kind = LinkKind.Bridge } },
                Files = new Dictionary<string, FileSection>
                {
                    ["/etc/systemd/network/05-cloudlet-br0.netdev"] = new() { Content = "mine" },
                },
            }
        );
        compiled.State.ShouldBeNull();
        compiled.Problems.ShouldHaveSingleItem().Path.ShouldBe("files./etc/systemd/network/05-cloudlet-br0.netdev");
    }

    [Fact]
    public void Files_come_after_their_folder_and_symbolic_links_after_their_target()
    {
        var state = TestHost.State(
            new HostSection
            {
                Files = new Dictionary<string, FileSection>
                {
                    ["/srv/a"] = new() { Directory = true },
                    ["/srv/a/b/file"] = new() { Content = "" },
                    ["/srv/link"] = new() { Symlink = "a/b/../b/file" },
                },
            }
        );
        state.Resource<FileSpec>("file:/srv/a/b/file").After.ShouldBe(["file:/srv/a"]);
        state.Resource<FileSpec>("file:/srv/link").After.ShouldBe(["file:/srv/a/b/file"]);
        state.Resource<FileSpec>("file:/srv/a").Mode.ShouldBe("0755");
        state.Resource<FileSpec>("file:/srv/link").Mode.ShouldBeNull();
    }

    [Fact]
    public void A_cycle_of_symbolic_links_is_a_problem() =>
        TestHost
            .Compile(
                new HostSection
                {
                    Files = new Dictionary<string, FileSection>
                    {
                        ["/a"] = new() { Symlink = "/b" },
                        ["/b"] = new() { Symlink = "/a" },
                    },
                }
            )
            .Problems.ShouldHaveSingleItem()
            .Message.ShouldContain("file:/a → file:/b → file:/a");

    [Fact]
    public void Only_the_secrets_that_a_file_uses_are_named_in_it()
    {
        var secrets = new Dictionary<string, SecretSection> { ["used"] = "/keys/used", ["unused"] = "/keys/unused" };
        var state = TestHost.State(
            new HostSection
            {
                Secrets = secrets,
                Files = new Dictionary<string, FileSection> { ["/f"] = new() { Content = "${secret:used} $ {secret:unused} ${other}" } },
            }
        );
        var file = state.Resource<FileSpec>("file:/f");
        file.Secrets.ShouldBe(new Dictionary<string, string> { ["used"] = "/keys/used" });
        file.Content.ShouldBe("${secret:used} $ {secret:unused} ${other}");
    }

    [Fact]
    public void Templates_see_host_links_secrets_and_values_of_the_file_over_those_of_the_host()
    {
        var section = new HostSection
        {
            Boot = BootNetwork.None,
            Links = new Dictionary<string, LinkSection>
            {
                ["c0"] = new()
                {
                    Kind = LinkKind.Dummy,
                    Mtu = 1400,
                    Addresses = ["10.0.0.9/24", "10.0.0.1/24"],
                },
            },
            Secrets = new Dictionary<string, SecretSection> { ["rabbit"] = "/keys/rabbit" },
            Values = Values(("region", "north"), ("workers", 3), ("list", new JsonArray(1, "b"))),
            Files = new Dictionary<string, FileSection>
            {
                ["/f"] = new() { Template = "t", Values = Values(("workers", 5), ("map", new JsonObject { ["debug"] = true })) },
            },
        };
        var text =
            "{{ host.name }} {{ links.c0.ip }} {{ links.c0.mtu }} {{ links.c0.kind }} {{ region }} {{ workers }} {{ list[1] }} {{ "
            + "map.debug }} {{ secrets.rabbit }}";
        var file = TestHost.State(section, templates: new() { ["t"] = text }).Resource<FileSpec>("file:/f");
        file.Content.ShouldBe("edge-1 10.0.0.9 1400 dummy north 5 b true ${secret:rabbit}");
        file.Secrets!.Keys.ShouldBe(["rabbit"]);
    }

    [Theory]
    [InlineData("a\n{{ nothing }}", 2, 4, "nothing")]
    [InlineData("{{ links.cloudlte0.ip }}", 1, 10, "cloudlte0")]
    [InlineData("{{ secrets.rabbit }}", 1, 12, "rabbit")]
    [InlineData("x\n\n  {{ if true }}", 3, 14, "end")]
    public void An_error_in_a_template_has_its_place_in_the_template(string template, int line, int column, string part)
    {
        var compiled = TestHost.Compile(
            new HostSection { Files = new Dictionary<string, FileSection> { ["/f"] = new() { Template = "t.scriban" } } },
            templates: new() { ["t.scriban"] = template }
        );
        compiled.State.ShouldBeNull();
        var problem = compiled.Problems.ShouldHaveSingleItem();
        problem.Place.ShouldBe(new SourcePlace("t.scriban", line, column), problem.ToString());
        problem.Path.ShouldBe("files./f.template");
        problem.Message.ShouldContain(part);
    }

    [Fact]
    public void An_undeclared_secret_in_a_template_is_a_problem() =>
        TestHost
            .Compile(
                new HostSection { Files = new Dictionary<string, FileSection> { ["/f"] = new() { Template = "t" } } },
                templates: new() { ["t"] = "${secret:rabbit}" }
            )
            .Problems.ShouldHaveSingleItem()
            .Message.ShouldContain("\"rabbit\" is not declared");

    private static Dictionary<string, TemplateValue> Values(params (string Name, JsonNode? Value)[] values) =>
        values.ToDictionary(v => v.Name, v => new TemplateValue(v.Value));

    private static HostSection Section() =>
        Unit(new() { Enabled = true, Loads = ["/etc/a.conf"] }) with
        {
            Files = new Dictionary<string, FileSection>
            {
                ["/etc/a.conf"] = new() { Content = "a=1\n", Mode = "600" },
            },
        };

    private static HostSection Unit(UnitSection unit) => new() { Units = new Dictionary<string, UnitSection> { ["a.service"] = unit } };
}
