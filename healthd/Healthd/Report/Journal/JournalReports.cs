using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Cloudlet.Healthd.Report.Journal;

/// <summary>
/// Reports as log events; docs/formats/health.md lists their properties as fields of the journal. They contain names of resources and
/// reasons of failures, never values.
/// </summary>
public sealed class JournalReports : IHealthReports, IDisposable
{
    private const int Named = 5;

    private readonly ILogger _log;
    private readonly JournalSink? _owned;

    /// <summary>Reports to the journal, or to standard error without a journal.</summary>
    public JournalReports()
        : this(new JournalSink("cloudlet-healthd")) { }

    /// <summary>Reports to a logger, which the caller disposes.</summary>
    public JournalReports(ILogger log) => _log = log;

    private JournalReports(JournalSink sink)
    {
        _owned = sink;
        _log = new LoggerConfiguration().MinimumLevel.Debug().WriteTo.Sink(sink).CreateLogger();
    }

    /// <inheritdoc/>
    public void Publish(HealthStatus status)
    {
        // The journal records events; the status file has the present state.
    }

    /// <inheritdoc/>
    public void Healed(HealRecord record)
    {
        var left = record.Left.ToDictionary(c => c.Id, StringComparer.Ordinal);
        var errors = record.Done.Where(d => d.Error is not null && left.ContainsKey(d.Id)).Select(d => $"{d.Id}: {d.Error}").ToList();
        var context = With(
            ("Event", One("healed")),
            ("Resource", Many(record.Seen.Select(c => c.Id))),
            ("NotHealed", Many(left.Keys)),
            ("DetectionMs", One(record.DetectionMilliseconds)),
            ("RepairMs", One(record.RepairMilliseconds)),
            ("Digest", One(record.Digest))
        );
        if (left.Count == 0)
            context.Information(
                "healed {What:l} in {Took:0.0} ms ({Because:l})",
                List([.. record.Seen.Select(c => c.Id)]),
                record.RepairMilliseconds,
                record.Because
            );
        else
            context.Warning(
                "not healed: {What:l} ({Because:l}){Errors:l}",
                List([.. left.Keys]),
                record.Because,
                errors.Count == 0 ? "" : $": {List(errors)}"
            );
    }

    /// <inheritdoc/>
    public void Alarmed(Alarm alarm, IReadOnlyList<Alarm> active)
    {
        var kind = AlarmText.Of(alarm.Kind);
        var context = With(
            ("Event", One(alarm.Cleared is null ? "alarm-raised" : "alarm-cleared")),
            ("Alarm", One(kind)),
            ("Resource", One(alarm.Subject))
        );
        if (alarm.Cleared is null)
            context.Warning("alarm {Kind:l} about {Subject:l}: {Text:l}", kind, alarm.Subject, alarm.Message);
        else
            context.Information("alarm {Kind:l} about {Subject:l} is over", kind, alarm.Subject);
    }

    /// <inheritdoc/>
    public void Note(string message) => With(("Event", One("note"))).Information("{Note:l}", message);

    /// <inheritdoc/>
    public void Dispose() => _owned?.Dispose();

    private ILogger With(params (string Name, LogEventPropertyValue Value)[] properties) => _log.ForContext(new Fields(properties));

    private static ScalarValue One(object value) => new(value);

    private static SequenceValue Many(IEnumerable<string> values) => new(values.Select(One));

    private static string List(List<string> things) =>
        string.Join(", ", things.Take(Named)) + (things.Count > Named ? $" and {things.Count - Named} more" : "");

    /// <summary>Adds properties without conversion: Serilog would need reflection to detect lists.</summary>
    private sealed class Fields((string Name, LogEventPropertyValue Value)[] properties) : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
        {
            foreach (var (name, value) in properties)
                logEvent.AddOrUpdateProperty(new LogEventProperty(name, value));
        }
    }
}
