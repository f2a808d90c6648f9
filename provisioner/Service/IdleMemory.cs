using Cloudlet.Machine.Processes;

namespace Cloudlet.Service;

/// <summary>
/// Releases memory when nothing was asked for a while: a service that waits for a device nearby shares its host with VMs. What was released
/// is mapped again on the next request, from the kernel's page cache.
/// </summary>
internal sealed class IdleMemory : BackgroundService
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15);
    private long _requests;

    /// <summary>Counts a request.</summary>
    public Task CountAsync(HttpContext context, RequestDelegate next)
    {
        Interlocked.Increment(ref _requests);
        return next(context);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (before, hasRested) = (-1L, false);
        using var timer = new PeriodicTimer(Quiet);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var now = Interlocked.Read(ref _requests);
            if (now != before)
                (before, hasRested) = (now, false);
            else if (!hasRested)
            {
                OwnMemory.Rest();
                hasRested = true;
            }
        }
    }
}
