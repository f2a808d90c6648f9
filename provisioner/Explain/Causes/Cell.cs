using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>The password is right, and the account may not use the virtual host.</summary>
internal sealed class BrokerPermission : ICause
{
    public CauseKind Kind => CauseKind.BrokerPermission;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.StaleCredentials,
            CauseKind.CellsDown,
            CauseKind.ServiceDown,
            CauseKind.ServiceHung,
            CauseKind.CrashLoop,
            CauseKind.AgentDead,
            CauseKind.HostNotMapped,
            CauseKind.FilteredOut,
            CauseKind.PlacementProviderMissing,
            CauseKind.UnitDown,
        ];

    private static readonly string[] Words = ["NOT_ALLOWED", "not found on vhost", "ACCESS_REFUSED - access to"];

    public Finding? Find(Situation situation)
    {
        foreach (var (service, log) in situation.Logs)
        {
            var unit = situation.Units.GetValueOrDefault($"{service}.service");
            var refused = Quotes.Open(
                log.Of(unit is { IsDown: false } ? unit.MainPid : null),
                l => l.HasAny(Words),
                "Reconnected to AMQP server",
                "Connected to AMQP server"
            );
            if (refused.Count == 0)
                continue;
            return new Finding(Kind, service, Certainty.Sure, "the broker accepts the password, and denies the account its virtual host")
            {
                Evidence = Quotes.All(refused[^1].Quote(), situation.Nova["DEFAULT.transport_url"]?.Quote()),
                Heals = "It restores the permissions of a described account.",
                Remedy = "`rabbitmqctl set_permissions --vhost / openstack '.*' '.*' '.*'`; the virtual host is the end of transport_url.",
            };
        }

        return null;
    }
}

/// <summary>API and scheduler reach a cell by its mapping, not by their files.</summary>
internal sealed class CellWrong : ICause
{
    public CauseKind Kind => CauseKind.CellWrong;

    public IReadOnlyList<CauseKind> Explains =>
        [CauseKind.CellsDown, CauseKind.HostNotMapped, CauseKind.ServiceHung, CauseKind.PlacementProviderMissing, CauseKind.FilteredOut];

    private const string Zero = "cell0";

    public Finding? Find(Situation situation)
    {
        if (situation.Cloud.Cells is not { } cells)
            return null;
        var own = cells.Where(c => c.Name != Zero).ToList();
        if (own.Count == 0)
            return Found("cell1", "Nova has no cell but cell0: no host is in any", cells.Count > 0 ? cells[0].Quote() : null, null);
        var twice = own.GroupBy(c => Place(c.Words)).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null)
            return Found(twice.First().Name, "two cells have the same database", twice.First().Quote(), twice.Last().Quote());
        foreach (var cell in own)
        {
            if (Differs(cell.Result, situation.Nova["DEFAULT.transport_url"]) is { } broker)
                return Found(cell.Name, "the cell is reached by another broker than the file names", cell.Quote(), broker.Quote());
            if (Differs(cell.Words, situation.Nova["database.connection"]) is { } database)
                return Found(cell.Name, "the cell has another database than the file names", cell.Quote(), database.Quote());
        }

        return null;
    }

    private Finding Found(string subject, string summary, Evidence? evidence, Evidence? more) =>
        new(Kind, subject, Certainty.Sure, summary)
        {
            Evidence = evidence is null ? [new Evidence(ExhibitIds.Cells, "there is no mapping")] : Quotes.All(evidence, more),
            Heals = "It restores cells that are described.",
            Remedy = "`cloudlet apply`, or `nova-manage cell_v2 update_cell`; then restart nova-api, nova-scheduler and nova-conductor.",
        };

    /// <summary>The option when it names another place; null when both agree, or the mapping refers to the file.</summary>
    private static OsloOption? Differs(string mapping, OsloOption? option) =>
        option is null || mapping.Contains('{') || Place(mapping) == Place(option.Value) ? null : option;

    /// <summary>Host, port and path, without the account.</summary>
    private static string Place(string url)
    {
        var rest = url.Split("://", 2)[^1];
        return rest[(rest.IndexOf('@', StringComparison.Ordinal) + 1)..].Split('?')[0].TrimEnd('/');
    }
}
