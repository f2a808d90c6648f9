using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Cloudlet.OpenStack;
using Cloudlet.Resources.Tests.Databases;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Cloud;

/// <summary>
/// Against a real cloud that may be changed: CLOUDLET_CLOUD is the URL of its Keystone, CLOUDLET_CLOUD_PASSWORD that of its account admin,
/// CLOUDLET_CLOUD_SERVICES the URLs of Glance, Neutron and Nova, separated by spaces, for the catalog.
/// </summary>
public sealed class RealCloudSpecs : IDisposable
{
    private const string AdminPath = "/etc/cloudlet/secrets/keystone-admin";
    private readonly DatabaseHost _host = new();
    private readonly TempDir _folder = new();
    private readonly string? _url = Environment.GetEnvironmentVariable("CLOUDLET_CLOUD");
    private readonly string _password = Environment.GetEnvironmentVariable("CLOUDLET_CLOUD_PASSWORD") ?? "";

    public void Dispose()
    {
        _host.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Everything_is_made_once_healed_and_removed()
    {
        Assert.SkipUnless(_url is not null, "CLOUDLET_CLOUD names no cloud");
        _host.Machine.Files[AdminPath] = $"{_password}\n";
        _host.Machine.Probes.Services[_url!] = FakeProbes.Status(200);
        var services = (Environment.GetEnvironmentVariable("CLOUDLET_CLOUD_SERVICES") ?? "").Split(' ');
        foreach (var service in services)
            _host.Machine.Probes.Services[new Uri(service).Authority] = FakeProbes.Accept;
        var site = Site(services);

        await ConvergeAsync(site);
        using var client = new CloudClient(
            new CloudLogin(new Uri(_url!), "admin") { Project = "admin" },
            () => _password,
            CloudHttp.Create(null),
            TimeProvider.System
        );
        await BreakAsync(client);

        // Another program has not proven the password not long ago.
        using var other = new DatabaseHost(_host);
        (await other.PlanAsync(site))
            .Changes.Select(static c => c.Id)
            .ShouldBe([
                "cloud-network:cl-inside",
                "cloud-project:cl-tenant",
                "cloud-security-group:default",
                "cloud-subnet:cl-inside",
                "cloud-user:cl-nova",
            ]);
        (await other.ApplyAsync(site)).Failed.ShouldBe(0, string.Join('\n', other.Failures));
        await ConvergeAsync(site);
        (await client.IsPasswordAsync("cl-nova", DatabaseHost.Secret, default)).ShouldBeTrue();
        await ConvergeAsync(With(Catalog(services)));
        (await client.ListAsync("network", "/networks?name=cl-inside", "networks", default)).ShouldBeEmpty();
        (await client.ListAsync("identity", "/users?name=cl-nova", "users", default)).ShouldBeEmpty();
        (await client.ListAsync("image", "/images?name=cl-disk", "images", default)).ShouldBeEmpty();
    }

    /// <summary>What a person may do by hand.</summary>
    private static async Task BreakAsync(CloudClient client)
    {
        await ChangeAsync("identity", "/projects", "projects", "cl-tenant", "project", HttpMethod.Patch, new() { ["enabled"] = false });
        await ChangeAsync("identity", "/users", "users", "cl-nova", "user", HttpMethod.Patch, new() { ["password"] = "by hand" });
        await ChangeAsync("network", "/networks", "networks", "cl-inside", "network", HttpMethod.Put, new() { ["mtu"] = 1300 });
        await ChangeAsync("network", "/subnets", "subnets", "cl-inside", "subnet", HttpMethod.Put, new() { ["enable_dhcp"] = false });
        var project = await client.ProjectIdAsync(default);
        var group = (await client.ListAsync("network", $"/security-groups?name=default&project_id={project}", "security_groups", default))[
            0
        ];
        var rule = group.Items("security_group_rules").First(static r => r.Text("protocol") == "icmp").Text("id");
        await client.SendAsync(new CloudRequest(HttpMethod.Delete, "network", $"/security-group-rules/{rule}"), default);

        async Task ChangeAsync(string service, string path, string list, string name, string item, HttpMethod method, JsonObject body)
        {
            var id = (await client.ListAsync(service, $"{path}?name={name}", list, default)).ShouldHaveSingleItem().Text("id");
            await client.SendAsync(
                new CloudRequest(method, service, $"{path}/{id}") { Body = new JsonObject { [item] = body } },
                TestContext.Current.CancellationToken
            );
        }
    }

    private async Task ConvergeAsync(string site)
    {
        (await _host.ApplyAsync(site)).Failed.ShouldBe(0, string.Join('\n', _host.Failures));
        (await _host.PlanAsync(site)).Changes.ShouldBeEmpty();
    }

    private string With(string sections) =>
        $"secrets: {{admin: {AdminPath}, nova: {DatabaseHost.SecretPath}}}, cloud: {{authUrl: '{_url}', secret: admin}}, {sections}";

    private static string Catalog(string[] urls) =>
        $"cloudServices: {{glance: {{type: image, url: '{urls[0]}'}}, neutron: {{type: network, url: '{urls[1]}'}}, "
        + $"nova: {{type: compute, url: '{urls[2]}'}}}}";

    private string Site(string[] urls)
    {
        var disk = Path.Combine(_folder.Path, "disk.raw");
        File.WriteAllBytes(disk, new byte[1 << 20]);
        var sum = Convert.ToHexStringLower(SHA256.HashData(new byte[1 << 20]));
        return With(
            Catalog(urls)
                + ", cloudProjects: {cl-tenant: {description: made by a test}}, cloudRoles: {cl-role: }, "
                + "cloudUsers: {cl-nova: {secret: nova, project: cl-tenant, roles: {cl-tenant: [cl-role, admin]}}}, "
                + "cloudFlavors: {cl-tiny: {ram: 96, vcpus: 1, extraSpecs: {'hw:cpu_policy': shared}}}, "
                + $"cloudImages: {{cl-kernel: {{file: {disk}, sha256: {sum}, diskFormat: aki}}, cl-disk: {{file: {disk}, sha256: {sum}, "
                + "diskFormat: raw, kernel: cl-kernel, properties: {os_command_line: console=ttyS0}}}, "
                + "cloudNetworks: {cl-public: {type: flat, physicalNetwork: physnet1, external: true}, cl-inside: {mtu: 1400}}, "
                + "cloudSubnets: {cl-public: {network: cl-public, cidr: 10.80.0.0/24, gateway: 10.80.0.1, "
                + "pools: [10.80.0.100-10.80.0.200], dns: [10.80.0.1, 10.80.0.2]}, "
                + "cl-inside: {network: cl-inside, cidr: 192.168.100.0/24}, "
                + "cl-six: {network: cl-inside, cidr: 'fd00:100::/64', gateway: none}}, "
                + "cloudRouters: {cl-edge: {external: cl-public, subnets: [cl-inside]}}, "
                + "cloudSecurityGroups: {default: {rules: [{protocol: icmp}, {protocol: tcp, ports: 22}, {protocol: udp, ports: 53-54, "
                + "remote: 10.0.0.0/8}, {protocol: ipv6-icmp}]}, cl-web: {rules: [{direction: egress, protocol: tcp, ports: 443}, "
                + "{protocol: tcp, ports: 80, group: default}]}}, "
                + "cloudQuotas: {cl-tenant: {cores: 4, networks: -1}}, "
                + "cloudKeypairs: {cl-ops: {publicKey: 'ssh-ed25519 "
                + "AAAAC3NzaC1lZDI1NTE5AAAAIJqfN3IK4nz1K7GnBL0MQkkP6l2R3kZVb5PXH2YdYw3B cl'}}"
        );
    }
}
