using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>
/// A changed password matters only at the next connection: hours later, the broker refuses the process that still has the old one.
/// </summary>
internal sealed class StaleCredentials : ICause
{
    private const string Option = "DEFAULT.transport_url";

    public CauseKind Kind => CauseKind.StaleCredentials;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.StaleProcess,
            CauseKind.CellsDown,
            CauseKind.ServiceDown,
            CauseKind.ServiceHung,
            CauseKind.PlacementProviderMissing,
            CauseKind.FilteredOut,
        ];

    public Finding? Find(Situation situation)
    {
        foreach (var service in (string[])["nova-compute", "nova-conductor", "nova-scheduler"])
        {
            // A service that is down was refused at its start: its file is wrong, not its memory.
            var unit = situation.Units.GetValueOrDefault($"{service}.service");
            if (unit is { IsDown: true })
                continue;
            var refused = Quotes.Open(
                situation.Logs[service].Of(unit?.MainPid),
                l => l.Has("ACCESS_REFUSED"),
                "Reconnected to AMQP server",
                "Connected to AMQP server"
            );
            if (refused.Count > 0)
                return Found(service, refused, situation.Freshness.GetValueOrDefault($"{service}.service"));
        }

        return null;
    }

    private Finding Found(string service, IReadOnlyList<LogLine> refused, FreshnessState? freshness)
    {
        var isStale = freshness is { IsStale: true } && (freshness.Options.Count == 0 || freshness.Options.Contains(Option));
        var isSame = freshness is { State: "fresh", IsProven: true };
        return new Finding(
            Kind,
            $"{service}.service",
            isStale || refused.Count > 1 ? Certainty.Sure : Certainty.Likely,
            isSame
                ? "the broker refuses the password, which is also the one in the file"
                : "the process runs, and the broker refuses the password that it has loaded"
        )
        {
            Evidence = Quotes.All(refused[^1].Quote(), freshness?.Quote()),
            Heals = isSame
                ? "Nothing: a restart would load the same password."
                : "It restarts the service, which then loads the file's password.",
            Remedy = isSame
                ? "Make transport_url in nova.conf and the broker's user agree (`rabbitmqctl change_password`, or the file), "
                    + "then restart the service."
                : $"Where healthd does not heal the host: `systemctl restart {service}`. The cell stores the password too: `nova-manage "
                    + "cell_v2 update_cell`.",
        };
    }
}
