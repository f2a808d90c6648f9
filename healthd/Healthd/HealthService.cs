using System.Text.Json;
using Cloudlet.DesiredState.Health;
using Cloudlet.Errors;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Report;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Healthd;

/// <summary>The daemon as a service of the host.</summary>
public static class HealthService
{
    /// <summary>Runs until it is cancelled or asked to stop.</summary>
    /// <param name="open">Opens the host.</param>
    /// <param name="clock">Measures and waits.</param>
    /// <param name="ct">Stops the daemon.</param>
    /// <returns>The exit status.</returns>
    public static async Task<int> RunAsync(Func<TimeProvider, HealthHost> open, TimeProvider clock, CancellationToken ct)
    {
        var host = open(clock);
        using var machine = host.Machine;
        var settings = ReadSettings(host, out var problem);
        using var reports = HealthReports.Create(settings, host.Machine.Files, host.Paths, clock);
        if (problem is not null)
            reports.Note(problem);
        foreach (var notice in host.Store.TakeNotices())
            reports.Note(notice);
        using var daemon = new HealthDaemon(host, settings, clock, reports, Random.Shared);
        daemon.Restore(new ReportFiles(host.Machine.Files, host.Paths).ReadActive());
        using var notifier = ServiceNotifier.FromEnvironment();
        try
        {
            await daemon.RunAsync(notifier.Ready, notifier.Alive, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            notifier.Stopping();
        }

        return 0;
    }

    /// <summary>Damaged settings must not prevent healing: the default settings replace them.</summary>
    private static HealthSettings ReadSettings(HealthHost host, out string? problem)
    {
        problem = null;
        try
        {
            return host.Machine.Files.Read(HealthSettings.Path) is { } json ? HealthSettings.Parse(json) : new HealthSettings();
        }
        catch (Exception e) when (e is JsonException or CloudletException)
        {
            problem = $"{HealthSettings.Path} cannot be read ({e.Message}); using the default settings";
            return new HealthSettings();
        }
    }
}
