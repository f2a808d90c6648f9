using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>The chassis and the metadata agent learn from it what to do.</summary>
internal sealed class SouthboundUnreachable : ICause
{
    public CauseKind Kind => CauseKind.SouthboundUnreachable;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.ChassisMissing,
            CauseKind.ChassisRenamed,
            CauseKind.MappingMissing,
            CauseKind.MetadataUnreachable,
            CauseKind.AgentDead,
            CauseKind.BindingFailed,
        ];

    public Finding? Find(Situation situation)
    {
        if (situation.Cloud.ChassisAnswer is not { IsAnswer: false } answer || situation.Cloud.Setting("ovn-remote") is not { } remote)
            return null;
        return new Finding(Kind, remote.Result, Certainty.Sure, "OVN's southbound database does not answer: no port is wired any more")
        {
            Evidence = Quotes.All(
                answer.Trouble is null
                    ? new Evidence(answer.Id, answer.Text.Trim() is { Length: > 0 } said ? said : "no answer")
                    : answer.QuoteTrouble(),
                remote.Quote(),
                situation.Units.GetValueOrDefault("ovn-ovsdb-server-sb.service")?.QuoteState()
            ),
            Heals = "It starts the database where its unit is described.",
            Remedy = "`systemctl start ovn-central` on the controller; the setting `external_ids:ovn-remote` names it.",
        };
    }
}

/// <summary>Neutron looks for the chassis whose hostname is the host of the port.</summary>
internal sealed class ChassisRenamed : ICause
{
    public CauseKind Kind => CauseKind.ChassisRenamed;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.ChassisMissing,
            CauseKind.MappingMissing,
            CauseKind.HostTwice,
            CauseKind.AgentDead,
            CauseKind.BindingFailed,
            CauseKind.FilteredOut,
        ];

    public Finding? Find(Situation situation)
    {
        if (situation.Cloud.Chassis is not { } all || situation.Cloud.Setting("system-id") is not { } own)
            return null;
        var host = Own.Host(situation);
        var mine = all.FirstOrDefault(c => c.Name == own.Result);
        var namesake = all.FirstOrDefault(c => c.Hostname == host && c.Name != own.Result);
        if (mine is not null ? mine.Hostname == host : namesake is null)
            return null;
        return new Finding(
            Kind,
            own.Result,
            Certainty.Sure,
            mine is not null
                ? $"the chassis says that its host is {mine.Hostname}, and Nova's host is {host}: Neutron binds no port to it"
                : $"Open vSwitch calls itself {own.Result}, and OVN knows this host as {namesake!.Name}"
        )
        {
            Evidence = Quotes.All(
                new Evidence(ExhibitIds.Chassis, (mine ?? namesake)!.Line),
                own.Quote(),
                situation.Cloud.Setting("hostname")?.Quote(),
                situation.Neutron["DEFAULT.host"]?.Quote()
            ),
            Heals = "It restores described settings of Open vSwitch.",
            Remedy =
                $"`ovs-vsctl set Open_vSwitch . external_ids:hostname={host}`, and `external_ids:system-id` as it was; then "
                + "`ovn-sbctl chassis-del` for a chassis that is no more.",
        };
    }
}

/// <summary>A host that is no chassis gets no ports.</summary>
internal sealed class ChassisMissing : ICause
{
    public CauseKind Kind => CauseKind.ChassisMissing;

    public IReadOnlyList<CauseKind> Explains =>
        [CauseKind.MappingMissing, CauseKind.AgentDead, CauseKind.BindingFailed, CauseKind.FilteredOut];

    public Finding? Find(Situation situation)
    {
        if (situation.Cloud.Chassis is not { } all || situation.Cloud.Setting("system-id") is not { } own)
            return null;
        if (all.Any(c => c.Name == own.Result))
            return null;
        var unit = situation.Units.GetValueOrDefault("ovn-controller.service");
        return new Finding(Kind, own.Result, Certainty.Sure, $"OVN has no chassis {own.Result}: Neutron binds no port to this host")
        {
            Evidence = Quotes.All(
                new Evidence(
                    ExhibitIds.Chassis,
                    all.Count == 0 ? "there is no chassis" : $"there are {string.Join(", ", all.Take(8).Select(c => c.Name))}"
                ),
                own.Quote(),
                unit?.QuoteState()
            ),
            Heals = "It starts the controller where its unit is described.",
            Remedy = "`systemctl restart ovn-controller`, which registers the chassis; its log says why it does not.",
        };
    }
}

/// <summary>Two records for one host: one of them gets requests without an answer.</summary>
internal sealed class HostTwice : ICause
{
    public CauseKind Kind => CauseKind.HostTwice;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.BindingFailed];

    public Finding? Find(Situation situation)
    {
        if (situation.Cloud.Chassis?.GroupBy(c => c.Hostname).FirstOrDefault(g => g.Count() > 1) is { } chassis)
            return Found(
                chassis.Key,
                $"OVN has {chassis.Count()} chassis for {chassis.Key}",
                chassis.Select(c => new Evidence(ExhibitIds.Chassis, c.Line)),
                "`ovn-sbctl chassis-del NAME` for the one that is no more."
            );
        var twice = situation
            .Services?.Where(s => s.Binary == "nova-compute")
            .GroupBy(s => s.Host.Split('.')[0])
            .FirstOrDefault(g => g.Count() > 1 && g.Select(s => s.Host).Distinct().Any(h => h == g.Key));
        return twice is null
            ? null
            : Found(
                twice.Key,
                $"Nova knows {twice.Key} under two names",
                twice.Select(s => s.Quote()),
                "`openstack compute service delete ID` for the one that is no more, after its servers have been moved."
            );
    }

    private Finding Found(string subject, string summary, IEnumerable<Evidence> evidence, string remedy) =>
        new(Kind, subject, Certainty.Likely, summary)
        {
            Evidence = [.. evidence.Take(4)],
            Heals = "Nothing: it deletes no records.",
            Remedy = remedy,
        };
}

/// <summary>The host's own name in the cloud.</summary>
internal static class Own
{
    /// <summary>Name under which Neutron knows the host.</summary>
    public static string Host(Situation situation) => situation.Neutron["DEFAULT.host"]?.Value ?? situation.Names?.Name ?? situation.Host;
}
