using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>Without the broker a service keeps running, retries forever and reports nothing.</summary>
internal sealed class BrokerUnreachable : ICause
{
    private const string Unit = "rabbitmq-server.service";

    private static readonly string[] Troubles =
    [
        "ECONNREFUSED",
        "Connection refused",
        "EHOSTUNREACH",
        "No route to host",
        "ETIMEDOUT",
        "timed out",
        "Name or service not known",
    ];

    public CauseKind Kind => CauseKind.BrokerUnreachable;

    public IReadOnlyList<CauseKind> Explains =>
        [
            CauseKind.StaleCredentials,
            CauseKind.CellsDown,
            CauseKind.CrashLoop,
            CauseKind.ServiceDown,
            CauseKind.ServiceHung,
            CauseKind.AgentDead,
            CauseKind.PlacementProviderMissing,
            CauseKind.FilteredOut,
        ];

    public Finding? Find(Situation situation)
    {
        // One reachable broker of several is enough for a service, and this test is newer than any log line.
        if (situation.Brokers?.Any(b => b.IsOpen) == true)
            return null;
        var closed = situation.Brokers ?? [];
        var said = Quotes.Open(situation.ComputeLog, IsTrouble, "Reconnected to AMQP server", "Connected to AMQP server");
        var unit = situation.Units.GetValueOrDefault(Unit) is { IsDown: true } down ? down : null;
        if (closed.Count == 0 && said.Count == 0 && unit is null)
            return null;
        return new Finding(
            Kind,
            closed.Count > 0 ? string.Join(", ", closed.Select(b => b.Place)) : unit?.Name ?? "broker",
            closed.Count > 0 ? Certainty.Sure : Certainty.Likely,
            "the message broker accepts no connections: services run, but can neither report nor be called"
        )
        {
            Evidence = Quotes.All([
                .. closed.Select(b => new Evidence(ExhibitIds.Broker, b.Quote)),
                said is [.., var last] ? last.Quote() : null,
                unit?.QuoteState(),
            ]),
            Heals = unit is null
                ? "Nothing on this host: the broker is elsewhere. Services reconnect by themselves."
                : "It starts the broker's unit where that is described; services reconnect by themselves.",
            Remedy = unit is null
                ? "See whether the broker runs and whether the network lets this host reach it."
                : $"See why {unit.Name} does not run: `journalctl --unit={unit.Name}`.",
        };
    }

    private static bool IsTrouble(LogLine line) =>
        line.HasAny(["amqp", "impl_rabbit"]) && line.HasAny(Troubles) && !line.Has("ACCESS_REFUSED");
}
