using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Cloudlet.Converge.Plans;
using Cloudlet.Resources.Tests.Databases;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Cloud;

namespace Cloudlet.Resources.Tests.Cloud;

/// <summary>Flavors, images, networks, subnets, routers, quotas and keypairs, against services on loopback.</summary>
public sealed class ObjectKindsSpecs : IAsyncDisposable
{
    private const string Net =
        "cloudNetworks: {public: {type: flat, physicalNetwork: physnet1, external: true, shared: true}, inside: {mtu: 1400}}, "
        + "cloudSubnets: {public: {network: public, cidr: 10.80.0.0/24, gateway: 10.80.0.1, "
        + "pools: [10.80.0.100-10.80.0.200], dns: [10.80.0.1]}, "
        + "inside: {network: inside, cidr: 192.168.100.0/24, gateway: none}}, "
        + "cloudRouters: {edge: {external: public, subnets: [inside]}}";

    private readonly CloudHost _host = new();
    private readonly TempDir _folder = new();

    private FakeCloud Cloud => _host.Cloud;

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_network_with_its_way_out_is_made_in_order_and_removed_in_reverse()
    {
        await _host.ConvergeAsync(Net);

        var subnet = Cloud.Named("subnets", "public");
        subnet["allocation_pools"]!.ToJsonString().ShouldBe("""[{"start":"10.80.0.100","end":"10.80.0.200"}]""");
        ((int?)subnet["ip_version"]).ShouldBe(4);
        Cloud.Named("subnets", "inside").ContainsKey("gateway_ip").ShouldBeTrue();
        Cloud.Named("subnets", "inside")["gateway_ip"].ShouldBeNull();
        ((string?)Cloud.Named("routers", "edge")["external_gateway_info"]!["network_id"]).ShouldBe(
            (string?)Cloud.Named("networks", "public")["id"]
        );
        Cloud["ports"].ShouldHaveSingleItem();

        await _host.ConvergeAsync("");

        foreach (var collection in new[] { "networks", "subnets", "routers", "ports" })
            Cloud[collection].ShouldBeEmpty(collection);
    }

    [Fact]
    public void Objects_come_after_their_entry_in_the_catalog_their_unit_and_the_condition_that_it_answers()
    {
        const string more =
            ", units: {neutron-api.service: {running: true}}, cloudServices: {neutron: {type: network, url: 'http://192.0.2.1:9696'}}";
        var resources = DatabaseHost.State(_host.With(Net + more)).Resources.ToDictionary(static r => r.Id);

        resources["cloud-router:edge"]
            .After.ShouldBe([
                "cloud-network:public",
                "cloud-service:neutron",
                "cloud-subnet:inside",
                "cloud-subnet:public",
                "condition:cloud-identity",
                "condition:cloud-network",
                "unit:neutron-api.service",
            ]);
        resources["condition:cloud-network"].After.ShouldBe(["unit:neutron-api.service"]);
    }

    [Fact]
    public async Task Each_collection_is_listed_once()
    {
        await _host.ConvergeAsync(Net);
        Cloud.Requests.Clear();

        (await _host.PlanAsync(Net)).IsEmpty.ShouldBeTrue();

        // Each of three kinds looks at its own, and at the names that it refers to.
        Cloud.Requests.Where(static r => r.Method == "GET").GroupBy(static r => r.Path).ShouldAllBe(static g => g.Count() <= 3);
        Cloud.Requests.Count.ShouldBeLessThan(12);
    }

    [Theory]
    [InlineData("compute:nova", "networks", "port port-x of compute:nova vm-1")]
    [InlineData("network:dhcp", null, null)]
    public async Task A_network_with_ports_is_not_deleted_but_neutrons_own_do_not_count(string owner, string? kept, string? use)
    {
        const string site = "cloudNetworks: {n: }";
        await _host.ConvergeAsync("cloudNetworks: {n: {}}");
        Cloud.Add(
            "ports",
            new()
            {
                ["id"] = "port-x",
                ["network_id"] = Cloud.Named("networks", "n")["id"]!.DeepClone(),
                ["device_owner"] = owner,
                ["device_id"] = "vm-1",
            }
        );
        if (kept is null)
            Cloud.Instead = r => r.Method == "DELETE" ? Clear("ports") : null;

        (await _host.FailuresAsync("")).ShouldBe(kept is null ? 0 : 1, site);

        if (kept is not null)
            Cloud[kept].Count.ShouldBe(1);
        if (use is not null)
            _host.Host.Failures.Last().ShouldContain(use);
    }

    [Fact]
    public async Task What_cannot_be_changed_in_place_is_replaced_unless_it_is_used()
    {
        await _host.ConvergeAsync("cloudNetworks: {n: {type: vlan, physicalNetwork: physnet1, segment: 7}}");
        var id = (string?)Cloud.Named("networks", "n")["id"];
        const string other = "cloudNetworks: {n: {type: vlan, physicalNetwork: physnet1, segment: 8}}";
        var change = (await _host.PlanAsync(other)).Changes.ShouldHaveSingleItem();
        change.Action.ShouldBe(ChangeAction.Replace);
        Cloud.Add("ports", new() { ["network_id"] = id, ["device_owner"] = "compute:nova" });
        (await _host.FailuresAsync(other)).ShouldBe(1);
        ((string?)Cloud.Named("networks", "n")["id"]).ShouldBe(id);

        Cloud["ports"].Clear();
        await _host.ConvergeAsync(other);

        ((string?)Cloud.Named("networks", "n")["id"]).ShouldNotBe(id);
    }

    [Fact]
    public async Task A_flavor_is_replaced_by_another_size_and_keeps_only_its_extra_specs()
    {
        await _host.ConvergeAsync("cloudFlavors: {tiny: {ram: 96, vcpus: 1, extraSpecs: {'hw:cpu_policy': shared, a: b}}}");
        Cloud.Named("flavors", "tiny")["extra_specs"]!["foreign"] = "x";
        Cloud.Requests.Clear();
        await _host.ConvergeAsync("cloudFlavors: {tiny: {ram: 96, vcpus: 1, extraSpecs: {'hw:cpu_policy': dedicated}}}");

        Cloud.Changes.Select(static c => c[..c.IndexOf(' ')]).ShouldBe(["POST", "DELETE", "DELETE"]);
        Cloud.Named("flavors", "tiny")["extra_specs"]!.ToJsonString().ShouldBe("""{"hw:cpu_policy":"dedicated"}""");

        await _host.ConvergeAsync("cloudFlavors: {tiny: {ram: 128, vcpus: 1}}");
        ((int?)Cloud.Named("flavors", "tiny")["ram"]).ShouldBe(128);
    }

    [Fact]
    public async Task An_image_is_uploaded_once_and_public_only_when_its_data_was_verified()
    {
        var site = Image("disk.raw", "the data");
        await _host.ConvergeAsync(site);

        var image = Cloud.Named("images", "disk");
        ((string?)image["os_hash_value"]).ShouldBe(Convert.ToHexStringLower(SHA512.HashData("the data"u8)));
        ((string?)image["visibility"]).ShouldBe("public");
        ((string?)image["os_distro"]).ShouldBe("debian");
        image.ContainsKey("cloudlet_uploading").ShouldBeFalse();
        ((string?)_host.SentTo("POST", "/image/v2/images")["visibility"]).ShouldBe("private");

        Cloud.Requests.Clear();
        await _host.ConvergeAsync(site.Replace("debian", "other", StringComparison.Ordinal));
        _host.SentTo("PATCH", "/image/v2/images/").ToJsonString().ShouldBe("""[{"op":"replace","path":"/os_distro","value":"other"}]""");
        Cloud.Changes.Count().ShouldBe(1);
    }

    [Fact]
    public async Task Data_that_is_not_what_was_described_never_becomes_public()
    {
        var site = Image("disk.raw", "the data");
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "disk.raw"), "other data", TestContext.Current.CancellationToken);

        (await _host.FailuresAsync(site)).ShouldBe(1);

        _host.Host.Failures.Last().ShouldContain("expected data with the SHA-256");
        Cloud["images"].ShouldBeEmpty();
        Cloud.Requests.ShouldAllBe(static r => r.Method != "PATCH");
    }

    [Fact]
    public async Task An_upload_that_was_cut_off_is_done_again()
    {
        var site = Image("disk.raw", "the data");
        Cloud.Add(
            "images",
            new()
            {
                ["name"] = "disk",
                ["owner"] = FakeCloud.AdminProject,
                ["status"] = "active",
                ["cloudlet_uploading"] = "0000",
                ["visibility"] = "private",
                ["disk_format"] = "raw",
                ["container_format"] = "bare",
            }
        );

        await _host.ConvergeAsync(site);

        ((string?)Cloud["images"].ShouldHaveSingleItem()["os_hash_value"]).ShouldBe(
            Convert.ToHexStringLower(SHA512.HashData("the data"u8))
        );
    }

    [Fact]
    public async Task An_image_that_was_uploaded_by_hand_is_not_replaced()
    {
        Cloud.Add(
            "images",
            new()
            {
                ["name"] = "disk",
                ["owner"] = FakeCloud.AdminProject,
                ["status"] = "active",
                ["disk_format"] = "raw",
                ["container_format"] = "bare",
                ["visibility"] = "public",
            }
        );

        var plan = await _host.PlanAsync(Image("disk.raw", "the data"));

        plan.Changes.Single(static c => c.Id == "cloud-image:disk")
            .Refusals.ShouldNotBeNull()
            .ShouldHaveSingleItem()
            .ShouldContain("not uploaded by Provision");
    }

    [Fact]
    public async Task An_image_that_a_server_or_another_image_uses_is_not_deleted()
    {
        var kernel = Image("vmlinuz", "kernel", "kernel");
        await _host.ConvergeAsync(
            kernel[..^1] + ", " + Image("disk.raw", "the data", "disk", ", kernel: kernel")["cloudImages: {".Length..]
        );
        var id = (string)Cloud.Named("images", "kernel")["id"]!;
        ((string?)Cloud.Named("images", "disk")["kernel_id"]).ShouldBe(id);

        (await _host.FailuresAsync(Image("disk.raw", "the data", "disk", ", kernel: kernel"))).ShouldBe(1);
        _host.Host.Failures.Last().ShouldContain("image disk");

        Cloud.Add("servers", new() { ["name"] = "web", ["image"] = (string)Cloud.Named("images", "disk")["id"]! });
        (await _host.FailuresAsync("")).ShouldBeGreaterThan(0);
        _host.Host.Failures.ShouldContain(static f => f.Contains("server web"));
        Cloud["images"].Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_image_is_downloaded_from_a_url()
    {
        await using var mirror = new FakeCloud { Instead = static _ => new FakeAnswer(200, "the data") };
        var sum = Convert.ToHexStringLower(SHA256.HashData("the data"u8));

        await _host.ConvergeAsync($"cloudImages: {{disk: {{url: '{mirror.Root}/disk.raw', sha256: {sum}, diskFormat: raw}}}}");

        ((int?)Cloud.Named("images", "disk")["size"]).ShouldBe(8);
        mirror.Requests.ShouldAllBe(static r => r.Token == null);
    }

    [Fact]
    public async Task The_default_group_gets_its_rules_and_keeps_neutrons_own()
    {
        Cloud.Add(
            "security-groups",
            new()
            {
                ["id"] = "sg-default",
                ["name"] = "default",
                ["project_id"] = FakeCloud.AdminProject,
                ["description"] = "",
                ["security_group_rules"] = JsonNode.Parse(
                    """
                    [{"id": "e", "direction": "egress", "ethertype": "IPv4"},
                     {"id": "own", "direction": "ingress", "ethertype": "IPv4", "remote_group_id": "sg-default"},
                     {"id": "old", "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp",
                      "port_range_min": 23, "port_range_max": 23},
                     {"id": "ssh", "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp",
                      "port_range_min": 22, "port_range_max": 22,
                      "remote_ip_prefix": "0.0.0.0/0"}]
                    """
                ),
            }
        );
        const string site =
            "cloudSecurityGroups: {default: {rules: [{protocol: icmp}, {protocol: tcp, ports: 22}, "
            + "{protocol: tcp, ports: 80-90, remote: 192.0.2.0/24}]}}";
        await _host.ConvergeAsync(site);

        Cloud.Changes.Select(static c => c[..c.IndexOf(' ')]).ShouldBe(["POST", "POST", "DELETE"]);
        Rules().ShouldContain(static r => (string?)r!["protocol"] == "icmp");
        Rules().Select(static r => (string?)r!["id"]).ShouldContain("e");
        Rules().Select(static r => (string?)r!["id"]).ShouldContain("own");

        await _host.ConvergeAsync("");
        Rules().Count(static r => (string?)r!["protocol"] == "tcp").ShouldBe(2);
        Rules().ShouldContain(static r => (int?)r!["port_range_min"] == 23);

        JsonArray Rules() => Cloud.Named("security-groups", "default")["security_group_rules"]!.AsArray();
    }

    [Fact]
    public async Task A_group_of_ours_has_only_described_egress_when_some_is_described_and_goes_when_no_port_has_it()
    {
        await _host.ConvergeAsync(
            "cloudSecurityGroups: {web: {rules: [{direction: egress, protocol: tcp, ports: 443}, "
                + "{protocol: tcp, ports: 80, group: front}]}, front: {}}"
        );
        Cloud.Named("security-groups", "web")["security_group_rules"]!.AsArray().Count.ShouldBe(2);
        Cloud.Named("security-groups", "front")["security_group_rules"]!.AsArray().Count.ShouldBe(2);

        Cloud.Add(
            "ports",
            new() { ["security_groups"] = (string?)Cloud.Named("security-groups", "web")["id"], ["device_owner"] = "compute:nova" }
        );
        (await _host.FailuresAsync("cloudSecurityGroups: {front: {}}")).ShouldBe(1);
        Cloud["ports"].Clear();
        await _host.ConvergeAsync("");
        Cloud["security-groups"].ShouldBeEmpty();
    }

    [Theory]
    [InlineData("ingress IPv4 tcp 22 any")]
    [InlineData("egress IPv6 any any 2001:db8::/32")]
    [InlineData("ingress IPv4 udp 1-65535 group:a name with spaces")]
    public void A_rule_is_read_as_it_was_written(string text) =>
        Cloudlet.DesiredState.Kinds.CloudSecurityGroups.CloudRule.Parse(text).ShouldNotBeNull().Text.ShouldBe(text);

    [Fact]
    public async Task Quotas_of_both_services_are_set_and_given_back()
    {
        Cloud.Add(
            "compute-quotas",
            new()
            {
                ["id"] = "defaults",
                ["cores"] = 20,
                ["instances"] = 10,
            }
        );
        Cloud.Add(
            "network-quotas",
            new()
            {
                ["id"] = "defaults",
                ["network"] = 100,
                ["port"] = 500,
            }
        );
        const string site = "cloudProjects: {tenant: }, cloudQuotas: {tenant: {cores: 4, networks: -1}}";
        await _host.ConvergeAsync(site);
        var project = (string)Cloud.Named("projects", "tenant")["id"]!;
        ((int?)Cloud["compute-quotas"].Single(q => (string?)q["id"] == project)["cores"]).ShouldBe(4);
        ((int?)Cloud["network-quotas"].Single(q => (string?)q["id"] == project)["network"]).ShouldBe(-1);

        Cloud["compute-quotas"].Single(q => (string?)q["id"] == project)["cores"] = 5;
        Cloud.Requests.Clear();
        await _host.ConvergeAsync(site);
        Cloud.Changes.ShouldHaveSingleItem().ShouldBe($"PUT /compute/v2.1/os-quota-sets/{project}");

        await _host.ConvergeAsync("cloudProjects: {tenant: }");
        Cloud["compute-quotas"].ShouldHaveSingleItem();
        Cloud["network-quotas"].ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_keypair_is_made_replaced_and_removed()
    {
        await _host.ConvergeAsync("cloudKeypairs: {ops: {publicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ops@edge'}}");
        Cloud.Named("os-keypairs", "ops")["public_key"] = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB ops@edge\n";

        var change = (
            await _host.PlanAsync("cloudKeypairs: {ops: {publicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ops@edge'}}")
        ).Changes.ShouldHaveSingleItem();
        change.Action.ShouldBe(ChangeAction.Replace);
        await _host.ConvergeAsync("cloudKeypairs: {ops: {publicKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA ops@edge'}}");
        await _host.ConvergeAsync("");

        Cloud["os-keypairs"].ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_that_the_cloud_does_not_have_is_an_error()
    {
        (await _host.FailuresAsync("cloudSubnets: {s: {network: nowhere, cidr: 10.0.0.0/24}}")).ShouldBe(1);

        _host.Host.Failures.Last().ShouldContain("the cloud has no network \"nowhere\"");
    }

    [Fact]
    public async Task An_adopted_network_gets_its_properties_back()
    {
        Cloud.Add(
            "networks",
            new()
            {
                ["name"] = "n",
                ["project_id"] = FakeCloud.AdminProject,
                ["shared"] = true,
                ["mtu"] = 1450,
                ["router:external"] = false,
                ["admin_state_up"] = true,
                ["description"] = "",
            }
        );
        await _host.ConvergeAsync("cloudNetworks: {n: {mtu: 1400}}");
        ((bool?)Cloud.Named("networks", "n")["shared"]).ShouldBe(false);

        await _host.ConvergeAsync("");

        ((bool?)Cloud.Named("networks", "n")["shared"]).ShouldBe(true);
        ((int?)Cloud.Named("networks", "n")["mtu"]).ShouldBe(1450);
    }

    [Fact]
    public async Task Random_descriptions_are_reached_from_each_other_with_one_request_for_each_object()
    {
        var random = new Random(23);
        for (var i = 0; i < 40; i++)
        {
            string Any(params string[] of) => of[random.Next(of.Length)];
            var site =
                $"cloudNetworks: {{a: {{shared: {Any("true", "false")}, mtu: {Any("1400", "1450", "9000")}, "
                + $"description: {Any("x", "y")}}}}}, "
                + $"cloudSubnets: {{a: {{network: a, cidr: 10.0.0.0/24, gateway: {Any("none", "10.0.0.1", "10.0.0.9")}, "
                + $"dhcp: {Any("true", "false")}, "
                + $"dns: [{Any("", "10.0.0.2", "10.0.0.2, 10.0.0.3")}], "
                + $"pools: [{Any("10.0.0.20-10.0.0.30", "10.0.0.20-10.0.0.30, 10.0.0.40-10.0.0.50")}]}}}}, "
                + $"cloudRouters: {{r: {{subnets: [{Any("", "a")}], enabled: {Any("true", "false")}}}}}, "
                + $"cloudProjects: {{p: {{description: {Any("x", "y", "''")}, enabled: {Any("true", "false")}}}}}";
            var plan = await _host.PlanAsync(site);
            Cloud.Requests.Clear();
            await _host.ConvergeAsync(site);

            var expected =
                plan.Changes.Sum(static c => c.Properties.Any(static p => p.Path != "subnets") ? 1 : 0)
                + plan.Changes.Where(static c => c.Id.StartsWith("cloud-router", StringComparison.Ordinal))
                    .Sum(static c => c.Properties.Count(static p => p.Path == "subnets"));
            Cloud.Changes.Count().ShouldBe(expected, $"round {i}: {site}\n{string.Join('\n', Cloud.Changes)}");
        }
    }

    [Theory]
    [InlineData("cloudFlavors: {f: {vcpus: 1}}", "a flavor needs `ram`")]
    [InlineData("cloudFlavors: {f: {ram: 0, vcpus: 1}}", "out of range")]
    [InlineData("cloudFlavors: {f: {ram: 1, vcpus: 1, extraSpecs: {'a=b': c}}}", "is not a valid key")]
    [InlineData("cloudImages: {i: {file: /x, url: 'http://x/', sha256: " + Sum + "}}", "exactly one of `file` and `url`")]
    [InlineData("cloudImages: {i: {file: /x}}", "an image needs `sha256`")]
    [InlineData("cloudImages: {i: {file: /x, sha256: 12}}", "64 hexadecimal digits")]
    [InlineData("cloudImages: {i: {file: /x, sha256: " + Sum + ", diskFormat: qcow}}", "write one of aki")]
    [InlineData("cloudNetworks: {n: {type: flat}}", "needs `physicalNetwork`")]
    [InlineData("cloudNetworks: {n: {physicalNetwork: physnet1}}", "only valid with `type: flat`")]
    [InlineData("cloudNetworks: {n: {type: vlan, physicalNetwork: physnet1, segment: 4095}}", "out of range")]
    [InlineData("cloudNetworks: {n: {segment: 5}}", "`segment` is only valid with")]
    [InlineData("cloudSubnets: {s: {cidr: 10.0.0.0/24}}", "a subnet needs `network`")]
    [InlineData("cloudSubnets: {s: {network: n, cidr: 10.0.0.1/24}}", "is not a range of addresses")]
    [InlineData("cloudSubnets: {s: {network: n, cidr: 10.0.0.0/24, gateway: 10.0.1.1}}", "is not an address of 10.0.0.0/24")]
    [InlineData("cloudSubnets: {s: {network: n, cidr: 10.0.0.0/24, pools: [10.0.0.9-10.0.0.2]}}", "is not a range FIRST-LAST")]
    [InlineData("cloudSubnets: {s: {network: n, cidr: 10.0.0.0/24, dns: [dns.example]}}", "is not an address of a name server")]
    [InlineData("cloudSecurityGroups: {s: {rules: [{direction: in}]}}", "ingress (to servers) or egress")]
    [InlineData("cloudSecurityGroups: {s: {rules: [{protocol: http}]}}", "is not a protocol")]
    [InlineData("cloudSecurityGroups: {s: {rules: [{protocol: tcp, ports: 90-80}]}}", "ports are one like 22")]
    [InlineData("cloudSecurityGroups: {s: {rules: [{protocol: icmp, ports: 8}]}}", "ports are one like 22")]
    [InlineData("cloudSecurityGroups: {s: {rules: [{remote: 10.0.0.1/8}]}}", "is not a range of addresses")]
    [InlineData("cloudQuotas: {p: {cores: -2}}", "out of range")]
    [InlineData("cloudKeypairs: {k: {publicKey: AAAA}}", "expected one line")]
    public void What_is_wrong_is_said(string sections, string message) =>
        DatabaseHost.Load(_host.With(sections)).Problems.ShouldHaveSingleItem().Message.ShouldContain(message);

    private const string Sum = "00000000000000000000000000000000000000000000000000000000000000ff";

    private string Image(string file, string data, string name = "disk", string more = "")
    {
        var path = Path.Combine(_folder.Path, file);
        File.WriteAllText(path, data);
        var sum = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data)));
        return $"cloudImages: {{{name}: {{file: {path}, sha256: {sum}, diskFormat: raw{more}, properties: {{os_distro: debian}}}}}}";
    }

    private FakeAnswer? Clear(string collection)
    {
        Cloud[collection].Clear();
        return null;
    }
}
