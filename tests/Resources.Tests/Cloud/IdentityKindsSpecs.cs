using System.Text.Json.Nodes;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.CloudUsers;
using Cloudlet.Resources.Tests.Databases;
using Cloudlet.TestKit.Cloud;

namespace Cloudlet.Resources.Tests.Cloud;

/// <summary>Projects, roles, accounts and services, against a Keystone on loopback.</summary>
public sealed class IdentityKindsSpecs : IAsyncDisposable
{
    private const string Nova =
        "cloudProjects: {service: {description: for services}}, cloudRoles: {service: }, "
        + "cloudUsers: {nova: {secret: nova, project: service, roles: {service: [admin, service]}}}, "
        + "cloudServices: {nova: {type: compute, url: 'http://192.0.2.1:8774/v2.1'}}";

    private readonly CloudHost _host = new();

    private FakeCloud Cloud => _host.Cloud;

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Everything_that_a_service_needs_is_made_once()
    {
        await _host.ConvergeAsync(Nova);

        ((string?)Cloud.Named("projects", "service")["description"]).ShouldBe("for services");
        var user = Cloud.Named("users", "nova");
        Cloud.Passwords["nova"].ShouldBe(DatabaseHost.Secret);
        ((string?)user["default_project_id"]).ShouldBe((string?)Cloud.Named("projects", "service")["id"]);
        Cloud["role_assignments"].Count.ShouldBe(2);
        Cloud["endpoints"].Select(static e => (string?)e["interface"]).ShouldBe(["public", "internal", "admin"]);
        Cloud["endpoints"].ShouldAllBe(static e => (string?)e["region_id"] == "RegionOne");
        var changes = Cloud.Changes.Count();
        await _host.Host.ApplyAsync(_host.With(Nova));
        Cloud.Changes.Count().ShouldBe(changes);
    }

    [Fact]
    public async Task All_objects_of_a_collection_are_read_with_one_request_and_one_login()
    {
        var many = $"cloudProjects: {{{string.Join(", ", Enumerable.Range(0, 30).Select(static i => $"p{i}: "))}}}";
        await _host.ConvergeAsync(many);
        Cloud.Requests.Clear();

        (await _host.PlanAsync(many)).IsEmpty.ShouldBeTrue();

        Cloud.Requests.Select(static r => r.Path).Distinct().ShouldBe(["/identity/v3/projects?domain_id=default"]);
        Cloud.Requests.Count.ShouldBeLessThanOrEqualTo(2);
    }

    [Fact]
    public async Task Only_what_differs_is_changed()
    {
        await _host.ConvergeAsync(Nova);
        Cloud.Named("projects", "service")["enabled"] = false;
        Cloud.Named("users", "nova")["default_project_id"] = FakeCloud.AdminProject;
        Cloud["role_assignments"].RemoveAt(0);
        Cloud["endpoints"].Single(static e => (string?)e["interface"] == "internal")["url"] = "http://192.0.2.9:1";
        Cloud.Requests.Clear();

        var plan = await _host.PlanAsync(Nova);
        plan.Changes.Select(static c => c.Id).ShouldBe(["cloud-project:service", "cloud-service:nova", "cloud-user:nova"]);
        await _host.ConvergeAsync(Nova);

        _host.SentTo("PATCH", "/identity/v3/projects/").ToJsonString().ShouldBe("""{"project":{"enabled":true}}""");
        _host.SentTo("PATCH", "/identity/v3/users/")["user"]!.AsObject().Select(static p => p.Key).ShouldBe(["default_project_id"]);
        _host.SentTo("PATCH", "/identity/v3/endpoints/").ToJsonString().ShouldBe("""{"endpoint":{"url":"http://192.0.2.1:8774/v2.1"}}""");
        Cloud.Changes.Count().ShouldBe(4);
    }

    [Fact]
    public async Task Another_password_is_set_to_the_secret_and_appears_nowhere()
    {
        await _host.ConvergeAsync(Nova);
        Cloud.Passwords["nova"] = "changed by hand";
        await using var daemon = new CloudHostView(_host);

        // Another program has no proof of an earlier login.
        var change = (await daemon.PlanAsync(_host.With(Nova))).Changes.ShouldHaveSingleItem();
        change.Properties.ShouldHaveSingleItem().Path.ShouldBe("login");
        await daemon.ApplyAsync(_host.With(Nova));

        Cloud.Passwords["nova"].ShouldBe(DatabaseHost.Secret);
        foreach (var text in _host.Host.Traces())
        {
            text.ShouldNotContain(DatabaseHost.Secret);
            text.ShouldNotContain("token-");
        }
    }

    [Fact]
    public async Task A_password_is_proven_once_an_hour_and_after_the_secret_changes()
    {
        await _host.ConvergeAsync(Nova);
        var logins = Cloud.Logins;
        await _host.PlanAsync(Nova);
        Cloud.Logins.ShouldBe(logins);

        _host.Host.Machine.Files[DatabaseHost.SecretPath] = "another\n";
        (await _host.PlanAsync(Nova)).Changes.ShouldHaveSingleItem().Properties.ShouldHaveSingleItem().Path.ShouldBe("login");
        Cloud.Logins.ShouldBeGreaterThan(logins);
    }

    [Fact]
    public async Task An_object_from_before_is_adopted_and_gets_its_properties_back()
    {
        Cloud.Add(
            "projects",
            new()
            {
                ["name"] = "service",
                ["domain_id"] = "default",
                ["description"] = "of an earlier tool",
                ["enabled"] = true,
            }
        );
        await _host.ConvergeAsync("cloudProjects: {service: {description: ours}}");
        ((string?)Cloud.Named("projects", "service")["description"]).ShouldBe("ours");

        await _host.ConvergeAsync("");

        ((string?)Cloud.Named("projects", "service")["description"]).ShouldBe("of an earlier tool");
    }

    [Fact]
    public async Task What_we_made_goes_when_it_leaves_the_description_dependents_first()
    {
        await _host.ConvergeAsync(Nova);

        await _host.ConvergeAsync("");

        Cloud["users"].Count.ShouldBe(1);
        Cloud["projects"].Count.ShouldBe(1);
        Cloud["services"].ShouldBeEmpty();
    }

    [Theory]
    [InlineData("servers", "tenant_id", "server web")]
    [InlineData("networks", "project_id", "network web")]
    [InlineData("images", "owner", "image web")]
    public async Task A_project_that_is_in_use_is_not_deleted(string collection, string owner, string use)
    {
        await _host.ConvergeAsync("cloudProjects: {tenant: }");
        var project = (string?)Cloud.Named("projects", "tenant")["id"];
        Cloud.Add(
            collection,
            new()
            {
                ["name"] = "web",
                [owner] = project,
                ["project_id"] = project,
                ["owner"] = project,
            }
        );

        (await _host.FailuresAsync("")).ShouldBe(1);

        _host.Host.Failures.Last().ShouldContain(use);
        Cloud["projects"].Count.ShouldBe(2);
        Cloud[collection].Clear();
        await _host.ConvergeAsync("");
        Cloud["projects"].Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_role_that_an_account_has_is_not_deleted()
    {
        await _host.ConvergeAsync("cloudRoles: {reader: }");
        Cloud["role_assignments"]
            .Add(
                new()
                {
                    ["user"] = new JsonObject { ["id"] = "u-admin" },
                    ["role"] = new JsonObject { ["id"] = (string?)Cloud.Named("roles", "reader")["id"] },
                    ["scope"] = new JsonObject { ["project"] = new JsonObject { ["id"] = FakeCloud.AdminProject } },
                }
            );

        (await _host.FailuresAsync("")).ShouldBe(1);
        _host.Host.Failures.Last().ShouldContain("account admin");
    }

    [Fact]
    public async Task Two_of_one_name_are_reported_and_neither_is_chosen()
    {
        Cloud.Add("services", new() { ["name"] = "nova", ["type"] = "compute" });
        Cloud.Add("services", new() { ["name"] = "nova", ["type"] = "compute" });

        var change = (
            await _host.PlanAsync("cloudServices: {nova: {type: compute, url: 'http://192.0.2.1/'}}")
        ).Changes.ShouldHaveSingleItem();

        change.Action.ShouldBe(ChangeAction.Unknown);
        change.Error.ShouldNotBeNull().ShouldContain("2 services are named \"nova\" (ids services-");
    }

    [Fact]
    public async Task An_object_with_properties_of_other_types_is_an_error_and_not_a_difference()
    {
        Cloud.Add(
            "projects",
            new()
            {
                ["name"] = "x",
                ["domain_id"] = "default",
                ["enabled"] = "perhaps",
            }
        );

        var change = (await _host.PlanAsync("cloudProjects: {x: }")).Changes.ShouldHaveSingleItem();

        change.Action.ShouldBe(ChangeAction.Unknown);
        change.Error.ShouldNotBeNull().ShouldContain("another type");
    }

    [Fact]
    public async Task Several_endpoints_of_one_interface_become_one()
    {
        const string site = "cloudServices: {nova: {type: compute, url: 'http://192.0.2.1/'}}";
        await _host.ConvergeAsync(site);
        var one = Cloud["endpoints"][0].DeepClone().AsObject();
        one["id"] = "e-2";
        one["url"] = "http://192.0.2.2/";
        Cloud.Add("endpoints", one);

        await _host.ConvergeAsync(site);

        Cloud["endpoints"].Count.ShouldBe(3);
        Cloud["endpoints"].ShouldAllBe(static e => (string?)e["url"] == "http://192.0.2.1/");
    }

    [Fact]
    public async Task A_keystone_that_does_not_answer_makes_everything_unknown_and_is_asked_once()
    {
        _host.Host.Machine.Probes.Services.Clear();
        await Cloud.DisposeAsync();

        var plan = await _host.PlanAsync(Nova);

        var unknown = plan.Changes.Where(static c => c.Action == ChangeAction.Unknown).ToList();
        unknown.Count.ShouldBe(4);
        unknown.ShouldAllBe(static c => c.Error!.Contains("is keystone running at"));
    }

    [Fact]
    public async Task A_keystone_that_starts_in_the_same_apply_is_waited_for()
    {
        var isUp = false;
        Cloud.Instead = _ => isUp ? null : new FakeAnswer(503, "starting");
        _host.Host.Machine.Probes.Services[Cloud.AuthUrl] = () =>
        {
            isUp = true;
            return TestKit.Machine.FakeProbes.Status(200)();
        };
        _host.Host.Machine.Probes.Services[Cloud.AuthUrl] = First(
            () => new Cloudlet.Machine.Network.ProbeAnswer(false, "connection refused"),
            _host.Host.Machine.Probes.Services[Cloud.AuthUrl]
        );

        (await _host.Host.ApplyAsync(_host.With("cloudProjects: {a: }"))).Failed.ShouldBe(0, string.Join('\n', _host.Host.Failures));

        Cloud.Named("projects", "a").ShouldNotBeNull();
    }

    [Fact]
    public async Task Random_changes_of_accounts_end_as_described_with_no_other_request()
    {
        await _host.ConvergeAsync("cloudProjects: {p: , q: }, cloudRoles: {r: , s: }");
        var random = new Random(17);
        for (var i = 0; i < 40; i++)
        {
            var roles = new[] { ("p", "r"), ("p", "s"), ("q", "r"), ("q", "admin") }
                .Where(_ => random.Next(2) == 0)
                .ToLookup(static r => r.Item1, static r => r.Item2);
            var map = string.Join(", ", roles.Select(static r => $"{r.Key}: [{string.Join(", ", r)}]"));
            var site =
                "cloudProjects: {p: , q: }, cloudRoles: {r: , s: }, cloudUsers: {nova: {secret: nova"
                + $"{(map.Length > 0 ? $", roles: {{{map}}}" : "")}{(random.Next(2) == 0 ? ", project: q" : "")}, "
                + $"enabled: {(random.Next(4) == 0 ? "false" : "true")}}}}}";
            var planned = await _host.PlanAsync(site);
            Cloud.Requests.Clear();
            await _host.ConvergeAsync(site);

            // A creation is one request, and each role one; changed properties are sent together.
            var properties = planned.Changes.SelectMany(static c => c.Properties).Select(static p => p.Path).ToList();
            var expected = properties.Count(static p => p == "roles") + (properties.Exists(static p => p != "roles") ? 1 : 0);
            Cloud.Changes.Count().ShouldBe(expected, $"round {i}: {site}\n{string.Join('\n', Cloud.Changes)}");
        }
    }

    [Theory]
    [InlineData("cloudProjects: {'a/b': }", "is not a valid name here")]
    [InlineData("cloudUsers: {nova: {roles: {service: [admin]}}}", "needs a password")]
    [InlineData("cloudUsers: {nova: {secret: nova, roles: {service: []}}}", "at least one role in service")]
    [InlineData("cloudServices: {nova: {url: 'http://192.0.2.1/'}}", "a service needs `type`")]
    [InlineData("cloudServices: {nova: {type: compute}}", "a service needs `url`")]
    [InlineData("cloudServices: {nova: {type: Compute, url: 'http://192.0.2.1/'}}", "is not a valid type of a service")]
    [InlineData("cloudServices: {nova: {type: compute, url: 'http://u:p@192.0.2.1/'}}", "must not have a user or password")]
    public void What_is_wrong_is_said(string sections, string message) =>
        DatabaseHost.Load(_host.With(sections)).Problems.ShouldHaveSingleItem().Message.ShouldContain(message);

    [Theory]
    [InlineData("cloud: {secret: a}, secrets: {a: /a}", "a cloud needs `authUrl`")]
    [InlineData("cloud: {authUrl: 'ftp://x/', secret: a}, secrets: {a: /a}", "expected a URL")]
    [InlineData("cloud: {authUrl: 'http://x/'}", "needs a password")]
    [InlineData("cloud: {authUrl: 'http://x/', secret: b}, secrets: {a: /a}", "the secret \"b\" is not declared")]
    [InlineData("cloud: {authUrl: 'http://x/', secret: a, caFile: ca.pem}, secrets: {a: /a}", "is not absolute")]
    [InlineData("cloudProjects: {x: }", "this needs `cloud`")]
    public void What_is_wrong_about_the_cloud_is_said(string host, string message) =>
        DatabaseHost.Load(host).Problems.ShouldHaveSingleItem().Message.ShouldContain(message);

    [Fact]
    public void An_account_comes_after_its_services_projects_roles_and_password()
    {
        var user = DatabaseHost
            .State(_host.With(Nova + ", units: {keystone.service: {running: true}}"))
            .Resources.OfType<CloudUserSpec>()
            .ShouldHaveSingleItem();

        user.After.ShouldBe(["cloud-project:service", "cloud-role:service", "condition:cloud-identity", "unit:keystone.service"]);
        user.Roles.ShouldBe(["admin on service", "service on service"]);
    }

    private static Func<Cloudlet.Machine.Network.ProbeAnswer> First(
        Func<Cloudlet.Machine.Network.ProbeAnswer> first,
        Func<Cloudlet.Machine.Network.ProbeAnswer> then
    )
    {
        var calls = 0;
        return () => calls++ == 0 ? first() : then();
    }
}
