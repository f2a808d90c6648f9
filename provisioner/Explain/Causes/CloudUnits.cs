using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>A unit of the cloud that is meant to run and does not.</summary>
internal sealed class UnitDown : ICause
{
    public CauseKind Kind => CauseKind.UnitDown;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.EndpointUnreachable,
            CauseKind.MetadataUnreachable,
            CauseKind.SouthboundUnreachable,
            CauseKind.ChassisMissing,
            CauseKind.MappingMissing,
            .. Consequences.OfCloud,
        ];

    /// <summary>In the order in which they need each other; units with a cause of their own are not here.</summary>
    private static readonly string[] Names =
    [
        "ovsdb-server.service",
        "ovs-vswitchd.service",
        "ovn-ovsdb-server-nb.service",
        "ovn-northd.service",
        "glance-api.service",
        "neutron-server.service",
        "nova-api.service",
        "nova-novncproxy.service",
        "cloudlet-dashboard.service",
    ];

    public Finding? Find(Situation situation)
    {
        var down = Names
            .Select(n => situation.Units.GetValueOrDefault(n))
            .OfType<UnitState>()
            .FirstOrDefault(u => u.IsDown && u.UnitFileState is "enabled" or "static" or "enabled-runtime" && IsMeant(u, situation));
        if (down is null)
            return null;
        return new Finding(
            Kind,
            down.Name,
            Certainty.Sure,
            $"{down.Name} {(down.ActiveState == "failed" ? $"has failed ({down.Result})" : "does not run")}"
        )
        {
            Evidence = [down.QuoteState()],
            Heals = "It starts the unit where that is described.",
            Remedy = $"`systemctl start {down.Name}`; `journalctl --unit={down.Name}` shows why it ended.",
        };
    }

    /// <summary>A unit that nothing enables by itself runs because of another, or is not used at all.</summary>
    private static bool IsMeant(UnitState unit, Situation situation) =>
        unit.IsDown
        && (
            unit.UnitFileState != "static"
            || unit.ActiveState == "failed"
            || situation.Units.GetValueOrDefault("ovn-central.service") is { IsActive: true }
                && unit.Name.StartsWith("ovn-", StringComparison.Ordinal)
            || situation.Units.GetValueOrDefault("openvswitch-switch.service") is { IsActive: true }
                && unit.Name.StartsWith("ovs", StringComparison.Ordinal)
        );
}

/// <summary>A stopped process keeps its connections and answers nothing; its unit is active.</summary>
internal sealed class ProcessStopped : ICause
{
    public CauseKind Kind => CauseKind.ProcessStopped;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.DatabaseDown,
            CauseKind.IdentityDown,
            CauseKind.CacheAway,
            CauseKind.UnitDown,
            CauseKind.EndpointUnreachable,
            CauseKind.MetadataUnreachable,
            CauseKind.SouthboundUnreachable,
            CauseKind.BrokerUnreachable,
            .. Consequences.OfCloud,
        ];

    public Finding? Find(Situation situation)
    {
        var stopped = situation.Units.Values.FirstOrDefault(u =>
            u is { IsActive: true, IsStopped: true } && u.Name != Situation.ComputeUnit
        );
        if (stopped is null)
            return null;
        return new Finding(Kind, stopped.Name, Certainty.Sure, $"{stopped.Name} is active, and its process is stopped by a signal")
        {
            Evidence = Quotes.All(new Evidence(ExhibitIds.Process(stopped.Name), stopped.ProcessState!), stopped.QuoteState()),
            Heals = "It resumes the process, or restarts the unit where that is described.",
            Remedy = $"`systemctl kill --signal=CONT {stopped.Name}`, or restart it.",
        };
    }
}

/// <summary>Without their cache, services ask Keystone and the database each time, and wait for the cache first.</summary>
internal sealed class CacheAway : ICause
{
    public CauseKind Kind => CauseKind.CacheAway;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.IdentityDown, CauseKind.EndpointUnreachable];

    private const string Unit = "memcached.service";

    public Finding? Find(Situation situation)
    {
        var dead = situation.Cloud.Caches?.FirstOrDefault(c => c.IsDead);
        if (dead is null)
            return null;
        return new Finding(Kind, dead.Name, Certainty.Sure, "the cache of tokens does not answer: requests become slow, or fail")
        {
            Evidence = Quotes.All(dead.Quote(), situation.Units.GetValueOrDefault(Unit)?.QuoteState()),
            Heals = "It starts the unit where that is described.",
            Remedy = $"`systemctl start {Unit}` on its host.",
        };
    }
}

/// <summary>Databases, brokers and logs stop working when they cannot write.</summary>
internal sealed class DiskFull : ICause
{
    public CauseKind Kind => CauseKind.DiskFull;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.DatabaseDown,
            CauseKind.BrokerUnreachable,
            CauseKind.IdentityDown,
            CauseKind.UnitDown,
            CauseKind.EndpointUnreachable,
            CauseKind.CacheAway,
            CauseKind.ImageUnusable,
            .. Consequences.OfCloud,
        ];

    private const double Least = 64 * 1024 * 1024;
    private const double LeastPart = 0.01;

    public Finding? Find(Situation situation)
    {
        var full = situation.Cloud.Disks?.FirstOrDefault(d =>
            d.Number is { } free && d.WordsNumber is > 0 and var total && (free < Least || free / total < LeastPart)
        );
        if (full is null)
            return null;
        return new Finding(Kind, full.Name, Certainty.Sure, $"the disk of {full.Name} is full")
        {
            Evidence = [full.Quote()],
            Heals = "Nothing: it cannot know what is needless.",
            Remedy =
                $"`du -xh {full.Name} | sort -h | tail`; then restart what stopped: MariaDB and RabbitMQ do not always "
                + "recover by themselves.",
        };
    }
}

/// <summary>Clients refuse a certificate before and after its time.</summary>
internal sealed class CertificateExpired : ICause
{
    public CauseKind Kind => CauseKind.CertificateExpired;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.EndpointUnreachable, .. Consequences.OfCloud];

    public Finding? Find(Situation situation)
    {
        var wrong = situation.Cloud.Certificates?.FirstOrDefault(c =>
            (Times.Utc(c.Words) is { } end && end < situation.Collected)
            || (Times.Utc(c.Result) is { } start && start > situation.Collected)
        );
        if (wrong is null)
            return null;
        return new Finding(Kind, wrong.Name, Certainty.Sure, $"the certificate of {wrong.Name} is not valid at {situation.Collected:u}")
        {
            Evidence = [wrong.Quote()],
            Heals = "Nothing.",
            Remedy = "Renew the certificate, and restart the server that presents it. Is this host's clock right?",
        };
    }
}
