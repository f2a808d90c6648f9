using Cloudlet.Errors;

namespace Cloudlet.Resources.Guards;

/// <summary>What a guard process does: wait, then go back, again and again while the lock is busy.</summary>
public static class GuardLoop
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Waits <paramref name="after"/>, then calls <paramref name="rollBack"/> until it does not end in an error that another attempt may mend. Nothing to go back from is a good end.</summary>
    /// <returns>True when the host went back, false when there was nothing to go back from.</returns>
    public static async Task<bool> RunAsync(TimeSpan after, Func<CancellationToken, Task> rollBack, TimeProvider clock, CancellationToken ct)
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
