using System.Globalization;
using System.Text.Json.Nodes;
using Cloudlet.DesiredState.Sections;
using Cloudlet.DesiredState.Site.Yaml;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.OpenStack;

/// <summary>
/// The parts of a role: each is a piece of a site file, rendered from a template in templates/openstack, so that a reader sees there what
/// a role represents.
/// </summary>
internal sealed class CloudParts(CloudHost host)
{
    /// <summary>Name of the physical network that flat and VLAN networks use.</summary>
    private const string Physical = "physnet1";

    private static readonly EmbeddedTemplates Templates = new("openstack");
    private static readonly EmbeddedTemplates Shared = new("nova");

    private static readonly string[] Controller = ["data", "identity", "image", "placement", "compute-api", "network-api"];

    /// <summary>The names of the parts of the host's role.</summary>
    public IEnumerable<string> Names =>
        [
            "host",
            "nova",
            .. host.HasController ? Controller : [],
            .. host.HasDashboard ? ["dashboard"] : Array.Empty<string>(),
            "network",
            .. host.HasCompute ? ["compute"] : Array.Empty<string>(),
        ];

    /// <summary>All parts as one tree.</summary>
    public YamlMapping All()
    {
        var values = Values();
        return Names
            .Select(name => Parse(name, Templates.Render($"{name}.yaml", values)))
            .Aggregate(new YamlMapping(new SourcePlace("", 1, 1), []), YamlMerge.Merge);
    }

    private static YamlMapping Parse(string name, string text)
    {
        var problems = new List<Problem>();
        return YamlReader.Read($"openstack/{name}.yaml", text, problems) is YamlMapping part && problems.Count == 0
            ? part
            : throw new InvalidOperationException(string.Join(Environment.NewLine, problems));
    }

    private ScriptObject Values() =>
        new()
        {
            ["name"] = host.Name,
            ["names"] = new ScriptArray(HostNames()),
            ["secrets"] = new ScriptArray(host.OwnSecrets.Select(s => new ScriptObject { ["name"] = s.Name, ["source"] = s.Source })),
            ["secret_file"] = new ScriptObject
            {
                ["admin"] = host.SecretFile("keystone-admin"),
                ["dashboard"] = host.SecretFile("dashboard"),
            },
            ["link"] = host.Link,
            ["makes_link"] = host.MakesLink,
            ["prefix"] = host.Section.Address ?? "",
            ["has_veth"] = host.HasVeth,
            ["address"] = host.Address,
            ["in_url"] = CloudHost.InUrl(host.Address),
            ["provider_card"] = host.Section.ProviderInterface is { } card && host.Declared(card) is null ? card : null,
            ["provider_port"] = host.ProviderPort,
            ["physical"] = Physical,
            ["controller"] = CloudHost.InUrl(host.Controller),
            ["metadata_host"] = host.HasController ? host.Listen : host.Controller,
            ["broker"] = CloudHost.InUrl(host.Broker),
            ["listen"] = host.Listen,
            ["console"] = host.Listen,
            ["southbound"] = host.Southbound,
            ["endpoint"] = host.Endpoint,
            ["auth"] = host.AuthUrl,
            ["region"] = host.Region,
            ["is_controller"] = host.HasController,
            ["is_compute"] = host.HasCompute,
            ["is_remote"] = host.IsRemote,
            ["userspace"] = host.IsUserspace,
            ["virtualization"] = host.Virtualization,
            ["account"] = Accounts(middleware: false),
            ["middleware"] = Accounts(middleware: true),
            ["wsgi"] = Services(),
        };

    /// <summary>Lines of /etc/hosts beside those of the loopback.</summary>
    private IEnumerable<string> HostNames()
    {
        yield return $"{host.Address} {host.Name}";
        if (host.SiteController is { } controller)
            yield return $"{host.Controller} {controller}";
    }

    /// <summary>How the services log in, as options between the braces of a flow mapping.</summary>
    private ScriptObject Accounts(bool middleware)
    {
        var accounts = new ScriptObject();
        foreach (var name in (string[])["glance", "placement", "nova", "neutron"])
        {
            var more = middleware
                ? $", www_authenticate_uri: '{host.AuthUrl}', memcached_servers: '127.0.0.1:11211', "
                    + $"service_token_roles_required: 'true', region_name: {host.Region}"
                : "";
            accounts[name] =
                $"auth_type: password, auth_url: '{host.AuthUrl}', username: {name}, password: '${{secret:svc-{name}}}', "
                + $"project_name: service, user_domain_name: Default, project_domain_name: Default{more}";
        }

        return accounts;
    }

    /// <summary>
    /// Drop-ins for services under uWSGI. A program on eventlet, such as Nova's API, must not have a second thread: a lock that one thread
    /// releases cannot wake another.
    /// </summary>
    private ScriptObject Services()
    {
        var own = CloudHost.InUrl(host.Address);
        return new ScriptObject
        {
            ["keystone"] = Wsgi(own, 5000, "keystone-wsgi-public", 1, 4),
            ["glance"] = Wsgi(own, 9292, "glance-wsgi-api", 1, 4),
            ["placement"] = Wsgi(own, 8778, "placement-api", 1, 4),
            ["nova"] = Wsgi(own, 8774, "nova-api-wsgi", 2, 1),
            ["metadata"] = Wsgi(CloudHost.InUrl(host.Listen), 8775, "nova-metadata-wsgi", 2, 1),
        };

        static string Wsgi(string listen, int port, string script, int processes, int threads)
        {
            var values = new ScriptObject
            {
                ["listen"] = listen,
                ["port"] = port.ToString(CultureInfo.InvariantCulture),
                ["script"] = script,
                ["processes"] = processes,
                ["threads"] = threads,
            };
            return JsonValue.Create(Shared.Render("wsgi.conf", values)).ToJsonString();
        }
    }
}
