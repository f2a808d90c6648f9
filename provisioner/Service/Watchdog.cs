using Cloudlet.Machine.Systemd;
using Cloudlet.Service.Access;

namespace Cloudlet.Service;

/// <summary>
/// Tells the service manager that the service works, as long as it does: threads are available, and the accounts can be read. Otherwise
/// the manager restarts it (WatchdogSec).
/// </summary>
internal sealed class Watchdog : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _beats;

    /// <summary>Begins, if there is a manager.</summary>
    public Watchdog(ServiceNotifier notifier, WebApplication app) =>
        _beats = notifier.IsHeard ? BeatAsync(notifier, app) : Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _beats;
        _end.Dispose();
    }

    private async Task BeatAsync(ServiceNotifier notifier, WebApplication app)
    {
        var accounts = app.Services.GetRequiredService<AccountBook>();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(10));
        try
        {
            do
            {
                _ = accounts.List();
                notifier.Alive();
            } while (await timer.WaitForNextTickAsync(_end.Token));
        }
        catch (OperationCanceledException)
        {
            // The service ends.
        }
    }
}

/// <summary>Waiting for the end of the service.</summary>
internal static class LifetimeExtensions
{
    /// <summary>Ends when the service is asked to stop.</summary>
    public static Task WaitForStopAsync(this IHostApplicationLifetime lifetime)
    {
        var stopped = new TaskCompletionSource();
        lifetime.ApplicationStopping.Register(() => stopped.TrySetResult());
        return stopped.Task;
    }
}
