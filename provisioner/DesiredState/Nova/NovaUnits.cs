using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.DesiredState.Sections;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.Nova;

/// <summary>The units of a role, each with the files it loads and its dependencies.</summary>
internal sealed class NovaUnits(NovaHost host, EmbeddedTemplates templates)
{
    private const string Broker = "rabbitmq-server.service";
    private const string Account = "cloudlet-rabbit-account.service";
    private const string NoNeutron = "cloudlet-no-neutron.service";
    private const string Placement = "placement-api.service";
    private const string Conductor = "nova-conductor.service";
    private const string Libvirt = "libvirtd.service";

    /// <summary>Options that nova-compute applies without a restart.</summary>
    private static readonly string[] Mutable =
    [
        "DEFAULT.debug",
        "compute.resource_provider_association_refresh",
        "libvirt.live_migration_completion_timeout",
        "libvirt.live_migration_timeout_action",
    ];

    /// <summary>Files that every service of Nova reads.</summary>
    private static readonly string[] Configuration = [NovaFiles.Nova, NovaFiles.NovaFolder];

    /// <summary>
    /// Seconds. An agent reports periodically, every ten seconds by default, and wakes once a minute for its broker: a working one is never
    /// silent for six reports and two minutes.
    /// </summary>
    private int HungAfter => Math.Clamp(6 * (host.Section.ReportInterval ?? 0), 120, UnitSpec.LongestHang);

    /// <summary>All units, by name.</summary>
    public Dictionary<string, UnitSection> All()
    {
        var units = new Dictionary<string, UnitSection>(StringComparer.Ordinal);
        if (!host.HasKeystone)
            units[NoNeutron] = Runs([NovaFiles.NoNeutron]) with
            {
                Content = templates.Render(NoNeutron, new ScriptObject { ["program"] = NovaFiles.NoNeutron }),
            };
        if (host.HasController)
            Controller(units);
        if (host.HasLibvirt)
            units[Libvirt] = Runs(null) with { DropIns = new Dictionary<string, string> { ["stays"] = StaysWithoutClients } };
        if (host.HasCompute)
            units["nova-compute.service"] = Runs(
                [.. Configuration, NovaFiles.NovaCompute, NovaFiles.NovaComputeFolder],
                [.. host.Links, .. BeforeCompute().Select(UnitSpec.IdOf)]
            ) with
            {
                Asks = Asks.Guru,
                Mutable = Mutable,
                HungAfter = HungAfter,
            };
        return units;
    }

    /// <summary>Keeps libvirtd running: Debian's unit stops it two minutes after its last client.</summary>
    private const string StaysWithoutClients = "[Service]\nEnvironment=LIBVIRTD_ARGS=\n";

    private void Controller(Dictionary<string, UnitSection> units)
    {
        units[Broker] = Runs([NovaFiles.RabbitEnvironment], host.ListenLinks) with
        {
            DropIns = new Dictionary<string, string> { ["loopback"] = "[Service]\nEnvironment=ERL_EPMD_ADDRESS=127.0.0.1\n" },
        };

        // A changed secret changes the password at once; the broker keeps open connections.
        var secret = host.SecretFile(NovaHost.RabbitSecret);
        units[Account] = Runs([secret], [UnitSpec.IdOf(Broker)]) with
        {
            Content = templates.Render(Account, new ScriptObject { ["secret"] = secret }),
        };
        units[Placement] = Wsgi([NovaFiles.Placement], NovaPorts.Placement, "placement-api", host.ListenLinks);
        units["glance-api.service"] = Wsgi([NovaFiles.Glance], NovaPorts.Glance, "glance-wsgi-api", host.ListenLinks);
        units["nova-api.service"] = Wsgi(
            host.HasKeystone ? Configuration : [.. Configuration, NovaFiles.Paste, NovaFiles.KeepToken],
            NovaPorts.Compute,
            "nova-api-wsgi",
            [.. host.ListenLinks, UnitSpec.IdOf(Account), UnitSpec.IdOf(Placement)],
            isGreen: true
        );
        units[Conductor] = Runs(Configuration, [UnitSpec.IdOf(Account)]) with { Asks = Asks.Guru, HungAfter = HungAfter };
        units["nova-scheduler.service"] = Runs(Configuration, [UnitSpec.IdOf(Account), UnitSpec.IdOf(Placement)]) with
        {
            Asks = Asks.Guru,
            HungAfter = HungAfter,
        };
    }

    /// <summary>Without a conductor the compute service waits for minutes, so it starts after it.</summary>
    private IEnumerable<string> BeforeCompute()
    {
        if (host.HasController)
            return host.HasLibvirt ? [Account, Conductor, Placement, Libvirt] : [Account, Conductor, Placement];
        return host.HasLibvirt ? [Libvirt] : [];
    }

    /// <summary>A service under uWSGI.</summary>
    /// <param name="loads">The files it reads.</param>
    /// <param name="port">Its port.</param>
    /// <param name="script">Its program in /usr/bin.</param>
    /// <param name="after">Its dependencies.</param>
    /// <param name="isGreen">
    /// True for a program on eventlet, such as Nova's API: a lock or a connection that one thread releases cannot wake another, so a
    /// request in a second thread may wait forever. Debian's nova-api-uwsgi.ini has one thread, too.
    /// </param>
    private UnitSection Wsgi(string[] loads, int port, string script, IEnumerable<string> after, bool isGreen = false) =>
        Runs(loads, after) with
        {
            DropIns = new Dictionary<string, string>
            {
                ["listen"] = templates.Render(
                    "wsgi.conf",
                    new ScriptObject
                    {
                        ["listen"] = host.Listen,
                        ["port"] = port,
                        ["script"] = script,
                        ["processes"] = isGreen ? 2 : 1,
                        ["threads"] = isGreen ? 1 : 4,
                    }
                ),
            },
        };

    private static UnitSection Runs(string[]? loads, IEnumerable<string>? after = null)
    {
        string[] ids = [.. after ?? []];
        return new UnitSection
        {
            Enabled = true,
            Running = true,
            Loads = loads,
            After = ids.Length > 0 ? ids : null,
        };
    }
}
