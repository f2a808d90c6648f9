using Cloudlet.Errors;

namespace Cloudlet.Resources.Guards;

/// <summary>The loop of a guard process: wait, then roll back, with retries while the lock is busy.</summary>
public static class GuardLoop
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Waits <paramref name="after"/>, then calls <paramref name="rollBack"/> until it does not fail with an error that a retry may fix.
    /// Having nothing to roll back counts as success.
    /// </summary>
    /// <returns>True when the host was rolled back, false when there was nothing to roll back.</returns>
    public static async Task<bool> RunAsync(
        TimeSpan after,
        Func<CancellationToken, Task> rollBack,
        TimeProvider clock,
        CancellationToken ct
    )
    {
        await Task.Delay(after, clock, ct);
        while (true)
        {
            try
            {
                await rollBack(ct);
                return true;
            }
            catch (CloudletException e) when (e.Kind == ErrorKind.NotFound)
            {
                return false;
            }
            catch (CloudletException e) when (e.CanRetry)
            {
                await Task.Delay(Pause, clock, ct);
            }
        }
    }
}
