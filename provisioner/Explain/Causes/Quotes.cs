using Cloudlet.Explain.Exhibits;
using Cloudlet.Explain.Findings;
using Cloudlet.Explain.Situations;

namespace Cloudlet.Explain.Causes;

/// <summary>Evidence from the parts of a situation.</summary>
internal static class Quotes
{
    public static Evidence Quote(this LogLine line) => new(line.Exhibit, line.Text);

    public static Evidence Quote(this OsloOption option) => new(option.Exhibit, option.Line);

    public static Evidence Quote(this NovaService service) => new(ExhibitIds.Services, service.Quote);

    public static Evidence Quote(this FreshnessState freshness) => new(freshness.Exhibit, freshness.Quote);

    public static Evidence Quote(this Hypervisor hypervisor) => new(ExhibitIds.Hypervisors, hypervisor.Quote);

    public static Evidence Quote(this NeutronAgent agent) => new(ExhibitIds.Agents, agent.Quote);

    public static Evidence Quote(this FlavorState flavor) => new(flavor.Exhibit, flavor.Quote);

    public static Evidence Quote(this Probe probe) => new(probe.Exhibit, probe.Line);

    /// <summary>Says whether a unit runs, and how it ended.</summary>
    public static Evidence QuoteState(this UnitState unit) =>
        new(unit.Exhibit, unit.Quote("ActiveState", "SubState", "Result", "ExecMainStatus", "NRestarts"));

    /// <summary>The reason why an exhibit is not an answer, in its own words.</summary>
    public static Evidence QuoteTrouble(this Exhibit exhibit) => new(exhibit.Id, exhibit.Trouble ?? $"HTTP status {exhibit.HttpStatus}");

    /// <summary>The fault of the server in question, if it has one.</summary>
    public static Evidence? QuoteFault(this Situation situation) =>
        situation.Server is { Fault: not null } server ? new Evidence(server.Exhibit, server.Quote) : null;

    /// <summary>The evidence that exists.</summary>
    public static IReadOnlyList<Evidence> All(params IEnumerable<Evidence?> evidence) => [.. evidence.OfType<Evidence>()];

    /// <summary>The lines that report <paramref name="trouble"/> and are not followed by one that says it is over.</summary>
    public static IReadOnlyList<LogLine> Open(IReadOnlyList<LogLine> lines, Func<LogLine, bool> trouble, params ReadOnlySpan<string> over)
    {
        List<LogLine> open = [];
        foreach (var line in lines)
        {
            if (line.HasAny(over))
                open.Clear();
            else if (trouble(line))
                open.Add(line);
        }

        return open;
    }
}
