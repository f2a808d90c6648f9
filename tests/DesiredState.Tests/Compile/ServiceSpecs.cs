using System.Text.Json;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Packages;
using Cloudlet.DesiredState.Kinds.SentPrograms;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Tests.Compile;

/// <summary>What the section <c>service</c> of a host represents.</summary>
public sealed class ServiceSpecs
{
    private const string Unit = "unit:cloudlet-service.service";
    private const string UnitFile = "file:/etc/systemd/system/cloudlet-service.service";
    private const string Configuration = "file:/etc/cloudlet/service.json";
    private const string Program = "sent-program:/usr/lib/cloudlet/cloudlet-service";

    [Fact]
    public void An_empty_section_installs_program_account_configuration_and_units()
    {
        var state = TestHost.State(new HostSection { Boot = BootNetwork.None, Service = new ServiceSection() });

        state
            .Resources.Select(r => r.Id)
            .ShouldBe([
                "file:/etc/cloudlet/service.json",
                "file:/etc/systemd/system/cloudlet-service-accounts.service",
                UnitFile,
                "file:/etc/sysusers.d/cloudlet-service.conf",
                "package:qemu-system-x86",
                "package:qemu-utils",
                Program,
                "unit:cloudlet-service-accounts.service",
                Unit,
            ]);
        state.Resource<SentProgramSpec>(Program).Content.ShouldBe(SentProgramSpec.Any);
        var unit = state.Resource<UnitSpec>(Unit);
        (unit.Enabled, unit.Running).ShouldBe((true, true));
        unit.After.ShouldContain("package:qemu-utils");
        unit.Watches.ShouldBe([Configuration, UnitFile, Program, "unit:cloudlet-service-accounts.service"], ignoreOrder: true);
    }

    [Fact]
    public void Limits_that_are_left_out_are_those_above_them()
    {
        var json = Settings(
            new ServiceSection
            {
                Quota = new ServiceQuotaSection { Vms = 2 },
                Quotas = new Dictionary<string, ServiceQuotaSection>
                {
                    ["b"] = new() { Uploads = 9 },
                    ["a"] = new(),
                },
            }
        );

        json.GetProperty("quota")
            .ToString()
            .ReplaceLineEndings("")
            .Replace(" ", "")
            .ShouldBe("""{"vms":2,"memoryMib":16384,"storageMib":102400,"uploads":4}""");
        json.GetProperty("quotas").EnumerateObject().Select(q => q.Name).ShouldBe(["a", "b"]);
        json.GetProperty("quotas").GetProperty("b").GetProperty("vms").GetInt32().ShouldBe(2);
        json.GetProperty("quotas").GetProperty("b").GetProperty("uploads").GetInt32().ShouldBe(9);
    }

    [Fact]
    public void A_certificate_may_be_a_path_or_a_secret()
    {
        var section = new HostSection
        {
            Boot = BootNetwork.None,
            Secrets = new Dictionary<string, SecretSection> { ["tls-key"] = "/etc/ssl/private/edge.key" },
            Service = new ServiceSection { Certificate = "/etc/ssl/edge.crt", Key = "tls-key" },
        };
        var json = JsonDocument.Parse(TestHost.State(section).Resource<FileSpec>(Configuration).Content!).RootElement;
        json.GetProperty("certificate").GetString().ShouldBe("/etc/ssl/edge.crt");
        json.GetProperty("key").GetString().ShouldBe("/etc/ssl/private/edge.key");
    }

    [Theory]
    [InlineData("https://0.0.0.0:443", true)]
    [InlineData("https://0.0.0.0:8443", false)]
    public void Only_a_privileged_port_takes_its_capability(string listen, bool isPrivileged) =>
        UnitText(new ServiceSection { Listen = [listen] }).Contains("CAP_NET_BIND_SERVICE").ShouldBe(isPrivileged);

    [Fact]
    public void The_unit_is_not_root_and_may_write_only_its_own_folders_and_the_store()
    {
        var text = UnitText(new ServiceSection { Store = "/srv/cloudlet" });
        text.ShouldContain("\nUser=cloudlet-service\n");
        text.ShouldContain("\nProtectSystem=strict\nReadWritePaths=/srv/cloudlet\n");
        text.ShouldContain("\nKillMode=process\n");
        text.ShouldNotContain("CAP_SYS_ADMIN");
        UnitText(new ServiceSection()).ShouldNotContain("ReadWritePaths");
    }

    [Fact]
    public void A_package_may_also_be_declared_to_give_its_version()
    {
        var state = TestHost.State(
            new HostSection
            {
                Boot = BootNetwork.None,
                Service = new ServiceSection(),
                Packages = new Dictionary<string, PackageSection?> { ["qemu-utils"] = new() { Version = "1:7.2" } },
            }
        );
        state.Resource<PackageSpec>("package:qemu-utils").Version.ShouldBe("1:7.2");
    }

    [Fact]
    public void A_host_without_the_section_has_nothing_of_it() =>
        TestHost.State(new HostSection { Boot = BootNetwork.None }).Resources.ShouldBeEmpty();

    private static JsonElement Settings(ServiceSection section) =>
        JsonDocument
            .Parse(
                TestHost.State(new HostSection { Boot = BootNetwork.None, Service = section }).Resource<FileSpec>(Configuration).Content!
            )
            .RootElement;

    private static string UnitText(ServiceSection section) =>
        TestHost.State(new HostSection { Boot = BootNetwork.None, Service = section }).Resource<FileSpec>(UnitFile).Content!;
}
