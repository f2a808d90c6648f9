using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Sections;
using Cloudlet.Service.Settings;
using Cloudlet.TestKit;

namespace Cloudlet.Service.Tests.Access;

/// <summary>The service reads what the section <c>service</c> of a site file is compiled to.</summary>
public sealed class DescribedSettingsSpecs
{
    [Fact]
    public void An_empty_section_has_the_defaults_of_the_service()
    {
        var (read, standard) = (Read(new ServiceSection()), new ServiceSettings());
        (read.State, read.Socket, read.SocketGroup, read.StoreFolder).ShouldBe(
            (standard.State, standard.Socket, standard.SocketGroup, standard.StoreFolder)
        );
        (read.Quota, read.RequestsPerMinute).ShouldBe((standard.Quota, standard.RequestsPerMinute));
        (read.Listen.Count, read.FetchFrom.Count, read.Names.Count, read.Quotas.Count, read.Keystone).ShouldBe((0, 0, 0, 0, null));
    }

    [Fact]
    public void Every_key_is_read()
    {
        var read = Read(
            new ServiceSection
            {
                Listen = ["https://0.0.0.0:8443"],
                Names = ["edge.example.org"],
                Certificate = "/etc/edge.crt",
                Key = "/etc/edge.key",
                FetchFrom = ["10.0.0.0/8"],
                Quota = new ServiceQuotaSection { Vms = 2 },
                Quotas = new Dictionary<string, ServiceQuotaSection> { ["class"] = new() { Uploads = 9 } },
                Keystone = new ServiceKeystoneSection { Url = "https://controller:5000/v3", Member = ["student"] },
                RequestsPerMinute = 60,
                Store = "/srv/cloudlet",
            }
        );
        (read.Listen.Single(), read.Names.Single(), read.FetchFrom.Single()).ShouldBe(
            ("https://0.0.0.0:8443", "edge.example.org", "10.0.0.0/8")
        );
        (read.Certificate, read.Key, read.StoreFolder, read.RequestsPerMinute).ShouldBe(
            ("/etc/edge.crt", "/etc/edge.key", "/srv/cloudlet", 60)
        );
        (read.QuotaOf("another").Vms, read.QuotaOf("class").Vms, read.QuotaOf("class").Uploads).ShouldBe((2, 2, 9));
        (read.Keystone!.Url, read.Keystone.Member.Single(), read.Keystone.Admin.Single()).ShouldBe(
            ("https://controller:5000/v3", "student", "admin")
        );
    }

    private static ServiceSettings Read(ServiceSection section)
    {
        var compiled = HostCompiler.Compile(
            new HostDescription("edge-1", new HostSection { Service = section })
            {
                ProblemAt = (message, keys) => new Problem(new SourcePlace("site.yaml", 1, 1), string.Join('.', keys), message),
                ReadTemplate = _ => null,
            }
        );
        compiled.Problems.ShouldBeEmpty();
        using var folder = new TempDir();
        var file = compiled.State!.Resources.OfType<FileSpec>().Single(f => f.Path == ServiceSettings.DefaultPath);
        return ServiceSettings.Read(folder.Write("service.json", file.Content!));
    }
}
