using System.Globalization;
using Cloudlet.Explain.Exhibits;

namespace Cloudlet.Explain.Situations;

/// <summary>Names of the host.</summary>
/// <param name="Name">Host name as the kernel has it.</param>
/// <param name="FullName">With its domain.</param>
/// <param name="Recorded">Name that healthd recorded when it first saw the host.</param>
internal sealed record HostNames(string? Name, string? FullName, string? Recorded)
{
    public static HostNames? Read(Notes notes)
    {
        if (notes.Answer(ExhibitIds.Host) is not { } exhibit)
            return null;
        var facts = Facts.Of(exhibit, ' ');
        if (facts["hostname"] is null && facts["fqdn"] is null)
            notes.Malformed(exhibit, "it has no line with the host's name");
        return new HostNames(facts["hostname"], facts["fqdn"], facts["recorded"]);
    }
}

/// <summary>How far the host's clock is from that of the API.</summary>
/// <param name="OffsetSeconds">Positive when the host is ahead.</param>
/// <param name="DoubtSeconds">Uncertainty: a Date header has whole seconds, and the request took some time.</param>
/// <param name="Quote">The lines.</param>
internal sealed record ClockReading(double OffsetSeconds, double DoubtSeconds, string Quote)
{
    public static ClockReading? Read(Notes notes)
    {
        if (notes.Answer(ExhibitIds.Clock) is not { } exhibit)
            return null;
        var facts = Facts.Of(exhibit, ' ');
        if (
            Times.Utc(facts["before"]) is not { } before
            || Times.Utc(facts["after"]) is not { } after
            || Date(facts["date"]) is not { } date
            || after < before
        )
        {
            notes.Malformed(exhibit, "it has no usable times");
            return null;
        }

        // The header's second began up to a second before it was sent.
        var middle = before + ((after - before) / 2);
        return new ClockReading(
            (middle - date).TotalSeconds - 0.5,
            0.5 + ((after - before).TotalSeconds / 2),
            $"{facts.Line("date")}; {facts.Line("before")}"
        );
    }

    private static DateTimeOffset? Date(string? text) =>
        DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;
}
