using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>Every request passes through the scheduler and the conductor, and every report through the conductor.</summary>
internal sealed class CellsDown : ICause
{
    private static readonly string[] Binaries = ["nova-conductor", "nova-scheduler"];

    public CauseKind Kind => CauseKind.CellsDown;

    public IReadOnlyList<CauseKind> Explains => [CauseKind.ServiceHung, CauseKind.PlacementProviderMissing, CauseKind.FilteredOut];

    public Finding? Find(Situation situation)
    {
        List<string> down = [];
        List<Evidence> evidence = [];
        var certainty = Certainty.Likely;
        foreach (var binary in Binaries)
        {
            var unit = situation.Units.GetValueOrDefault($"{binary}.service") is { IsDown: true } ended ? ended : null;
            var records = situation.Services?.Where(s => s.Binary == binary).ToList();
            // The record of a service that just stopped stays up for a while; a record of another host counts.
            if (records?.Any(r => r.IsUp != false && (unit is null || r.Host != situation.Host)) == true)
                continue;
            if (records is not { Count: > 0 } && unit is null)
                continue;
            down.Add(binary);
            evidence.AddRange(records?.Where(r => r.IsUp == false).Select(r => r.Quote()) ?? []);
            if (unit is not null)
                evidence.Add(unit.QuoteState());
            if (records is { Count: > 0 })
                certainty = Certainty.Sure;
        }

        if (situation.ApiAnswer is { IsDead: true } answer)
        {
            down.Add("nova-api");
            evidence.Add(answer.QuoteTrouble());
            certainty = Certainty.Sure;
        }

        return down.Count == 0
            ? null
            : new Finding(
                Kind,
                string.Join(", ", down),
                certainty,
                $"{string.Join(" and ", down)} {(down.Count == 1 ? "does" : "do")} not work: no request for a server reaches a host"
            )
            {
                Evidence = Quotes.All([.. evidence, situation.QuoteFault()]),
                Heals = "It starts the units where they are described, on the host that has them.",
                Remedy = "On the controller: `systemctl status` and the log of the service; then its database and the broker.",
            };
    }
}
