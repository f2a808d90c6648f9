using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Site;
using Cloudlet.DesiredState.Units;
using Scriban.Runtime;

namespace Cloudlet.DesiredState.Nova;

/// <summary>The units of a role, each with what it loads and what it comes after.</summary>
internal sealed class NovaUnits(NovaHost host, EmbeddedTemplates templates)
{
    private const string Broker = "rabbitmq-server.service";
    private const string Account = "cloudlet-rabbit-account.service";
    private const string NoNeutron = "cloudlet-no-neutron.service";
    private const string Placement = "placement-api.service";
    private const string Conductor = "nova-conductor.service";
    private const string Libvirt = "libvirtd.service";

    /// <summary>What nova-compute takes over without a restart.</summary>
    private static readonly string[] Mutable =
        ["DEFAULT.debug", "compute.resource_provider_association_refresh", "libvirt.live_migration_completion_timeout", "libvirt.live_migration_timeout_action"];

    /// <summary>What every service of Nova reads.</summary>
    private static readonly string[] Configuration = [NovaFiles.Nova, NovaFiles.NovaFolder];

    /// <summary>Seconds. An agent reports by itself, every ten seconds if nobody says otherwise, and wakes once a minute for its broker: none that works is silent for six reports and two minutes.</summary>
    private int HungAfter => Math.Clamp(6 * (host.Section.ReportInterval ?? 0), 120, UnitSpec.LongestHang);

    /// <summary>All of them, by name.</summary>
    public Dictionary<string, UnitSection> All()
    {
        var units = new Dictionary<string, UnitSection>(StringComparer.Ordinal);
        if (!host.HasKeystone)
            units[NoNeutron] = Runs([NovaFiles.NoNeutron]) with { Content = templates.Render(NoNeutron, new ScriptObject { ["program"] = NovaFiles.NoNeutron }) };
        if (host.HasController)
            Controller(units);
        if (host.HasLibvirt)
            units[Libvirt] = Runs(null) with { DropIns = new Dictionary<string, string> { ["stays"] = StaysWithoutClients } };
        if (host.HasCompute)
            units["nova-compute.service"] = Runs([.. Configuration, NovaFiles.NovaCompute, NovaFiles.NovaComputeFolder], [.. host.Links, .. BeforeCompute().Select(UnitSpec.IdOf)]) with { Asks = Asks.Guru, Mutable = Mutable, HungAfter = HungAfter };
        return units;
    }

    /// <summary>Debian's unit has it end two minutes after its last client.</summary>
    private const string StaysWithoutClients = "[Service]\nEnvironment=LIBVIRTD_ARGS=\n";

    private void Controller(Dictionary<string, UnitSection> units)
    {
        units[Broker] = Runs([NovaFiles.RabbitEnvironment], host.ListenLinks) with { DropIns = new Dictionary<string, string> { ["loopback"] = "[Service]\nEnvironment=ERL_EPMD_ADDRESS=127.0.0.1\n" } };

        // Another secret is another password, at once; connections that are open stay open, as the broker has it.
        var secret = host.SecretFile(NovaHost.RabbitSecret);
        units[Account] = Runs([secret], [UnitSpec.IdOf(Broker)]) with { Content = templates.Render(Account, new ScriptObject { ["secret"] = secret }) };
        units[Placement] = Wsgi([NovaFiles.Placement], NovaPorts.Placement, "placement-api", host.ListenLinks);
        units["glance-api.service"] = Wsgi([NovaFiles.Glance], NovaPorts.Glance, "glance-wsgi-api", host.ListenLinks);
        units["nova-api.service"] = Wsgi(
            host.HasKeystone ? Configuration : [.. Configuration, NovaFiles.Paste, NovaFiles.KeepToken],
            NovaPorts.Compute,
            "nova-api-wsgi",
            [.. host.ListenLinks, UnitSpec.IdOf(Account), UnitSpec.IdOf(Placement)],
            isGreen: true);
        units[Conductor] = Runs(Configuration, [UnitSpec.IdOf(Account)]) with { Asks = Asks.Guru, HungAfter = HungAfter };
        units["nova-scheduler.service"] = Runs(Configuration, [UnitSpec.IdOf(Account), UnitSpec.IdOf(Placement)]) with { Asks = Asks.Guru, HungAfter = HungAfter };
    }

    /// <summary>Without a conductor the compute service waits for minutes.</summary>
    private IEnumerable<string> BeforeCompute()
    {
        if (host.HasController)
            return host.HasLibvirt ? [Account, Conductor, Placement, Libvirt] : [Account, Conductor, Placement];
        return host.HasLibvirt ? [Libvirt] : [];
    }

    /// <summary>A service under uWSGI.</summary>
    /// <param name="loads">What it reads.</param>
    /// <param name="port">Where it listens.</param>
    /// <param name="script">The program in /usr/bin.</param>
    /// <param name="after">What it waits for.</param>
    /// <param name="isGreen">
    /// True for a program on eventlet, as Nova's API is: a lock or a connection that one thread got cannot wake another, so a request of a second thread may wait for ever. Debian's nova-api-uwsgi.ini has one thread, too.
    /// </param>
    private UnitSection Wsgi(string[] loads, int port, string script, IEnumerable<string> after, bool isGreen = false) => Runs(loads, after) with
    {
        DropIns = new Dictionary<string, string>
        {
            ["listen"] = templates.Render(
                "wsgi.conf",
                new ScriptObject { ["listen"] = host.Listen, ["port"] = port, ["script"] = script, ["processes"] = isGreen ? 2 : 1, ["threads"] = isGreen ? 1 : 4 }),
        },
    };

    private static UnitSection Runs(string[]? loads, IEnumerable<string>? after = null)
    {
        string[] ids = [.. after ?? []];
        return new UnitSection { Enabled = true, Running = true, Loads = loads, After = ids.Length > 0 ? ids : null };
    }
}
