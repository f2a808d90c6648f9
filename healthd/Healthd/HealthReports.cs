using Cloudlet.DesiredState.Health;
using Cloudlet.Errors;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Report;
using Cloudlet.Healthd.Report.Hooks;
using Cloudlet.Healthd.Report.Journal;
using Cloudlet.Healthd.Report.Metrics;
using Cloudlet.Machine.Files;

namespace Cloudlet.Healthd;

/// <summary>
/// Combines several reports into one. A failure in one of them affects neither the others nor the daemon. It is noted in the others, once
/// until it works again: a full disk must not fill the journal, too.
/// </summary>
public sealed class HealthReports(params IHealthReports[] places) : IHealthReports, IDisposable
{
    private readonly string?[] _failures = new string?[places.Length];
    private readonly List<IDisposable> _others = [];

    /// <summary>Creates all reports that the settings ask for. If one cannot be created (a port in use), the others note that.</summary>
    /// <param name="settings">What to report where.</param>
    /// <param name="files">The host's files.</param>
    /// <param name="paths">The daemon's paths.</param>
    /// <param name="clock">Measures time limits of hooks.</param>
    public static HealthReports Create(HealthSettings settings, IHostFiles files, HealthPaths paths, TimeProvider clock) =>
        Create(settings, files, paths, clock, new JournalReports());

    internal static HealthReports Create(
        HealthSettings settings,
        IHostFiles files,
        HealthPaths paths,
        TimeProvider clock,
        IHealthReports journal
    )
    {
        List<IHealthReports> places = [journal, new ReportFiles(files, paths)];
        if (settings.OnAlarm is { Count: > 0 } || settings.WebhookFile is not null)
            places.Add(new AlarmHooks(settings, files, clock, journal.Note));
        if (settings.Metrics is null && settings.Otlp is null)
            return new HealthReports([.. places]);
        var metrics = new HealthMetrics();
        var reports = new HealthReports([.. places, metrics]);
        if (settings.Metrics is { } address)
            reports.Try(() => Serve(address, metrics));
        if (settings.Otlp is { } collector)
            reports.Try(() => [new OtlpPush(collector, Environment.MachineName)]);
        return reports;
    }

    /// <inheritdoc/>
    public void Publish(HealthStatus status) => Tell(place => place.Publish(status));

    /// <inheritdoc/>
    public void Healed(HealRecord record) => Tell(place => place.Healed(record));

    /// <inheritdoc/>
    public void Alarmed(Alarm alarm, IReadOnlyList<Alarm> active) => Tell(place => place.Alarmed(alarm, active));

    /// <inheritdoc/>
    public void Note(string message)
    {
        foreach (var place in places)
            Catch(() => place.Note(message));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The journal, the first one, is disposed last: it may have to report errors of the others.
        foreach (var place in _others.Concat(places.OfType<IDisposable>().Reverse()))
            Catch(place.Dispose);
    }

    private static IDisposable[] Serve(string address, HealthMetrics metrics)
    {
        var text = new PrometheusText(metrics.Meter);
        try
        {
            return [new MetricsEndpoint(address, text.Write), text];
        }
        catch (CloudletException)
        {
            text.Dispose();
            throw;
        }
    }

    private void Try(Func<IDisposable[]> make)
    {
        if (Catch(() => _others.AddRange(make())) is { } failure)
            Note(failure);
    }

    private void Tell(Action<IHealthReports> tell)
    {
        for (var i = 0; i < places.Length; i++)
        {
            var place = places[i];
            var failure = Catch(() => tell(place));
            if (failure is not null && failure != _failures[i])
                Note($"a report was dropped: {failure}");
            _failures[i] = failure;
        }
    }

    /// <summary>Catches any failure: whatever is wrong with a report, the daemon continues to heal.</summary>
    private static string? Catch(Action act)
    {
        try
        {
            act();
            return null;
        }
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e is CloudletException ? e.Message : $"{e.GetType().Name}: {e.Message}";
        }
    }
}
