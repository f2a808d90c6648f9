using Cloudlet.Errors;

namespace Cloudlet.Check.Steps;

/// <summary>Runs the steps of a check, and measures them.</summary>
/// <param name="listener">Receives how they end.</param>
/// <param name="clock">Measures them, and paces what polls.</param>
internal sealed class StepRunner(ICheckListener listener, TimeProvider clock)
{
    /// <summary>Name of the step that began last.</summary>
    public string Current { get; private set; } = "";

    /// <summary>Runs a step.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="work">Does it, and returns what was found.</param>
    /// <exception cref="CloudletException">It failed, which was reported.</exception>
    public async Task RunAsync(string name, Func<StepWait, Task<string>> work)
    {
        Current = name;
        var started = clock.GetTimestamp();
        try
        {
            End(StepResult.Passed, await work(new StepWait(name, listener, clock)));
        }
        catch (CloudletException e)
        {
            End(StepResult.Failed, e.Message);
            throw;
        }

        void End(StepResult result, string found) => listener.Ended(new CheckStep(name, result, found, clock.GetElapsedTime(started)));
    }

    /// <summary>Reports a step that is not tried.</summary>
    public void Skip(string name, string reason) => listener.Ended(new CheckStep(name, StepResult.Skipped, reason, TimeSpan.Zero));
}

/// <summary>Waits within a step, and reports that every few seconds.</summary>
/// <param name="step">Name of the step.</param>
/// <param name="listener">Receives the reports.</param>
/// <param name="clock">Measures the time.</param>
internal sealed class StepWait(string step, ICheckListener listener, TimeProvider clock)
{
    private static readonly TimeSpan BetweenReports = TimeSpan.FromSeconds(5);
    private readonly long _started = clock.GetTimestamp();
    private TimeSpan _reported;

    /// <summary>Reports at once what the step does now.</summary>
    public void Report(string on)
    {
        _reported = clock.GetElapsedTime(_started);
        listener.Waiting(step, on, _reported);
    }

    /// <summary>Tries something until it succeeds; false when it did not within the limit.</summary>
    /// <param name="attempt">One attempt.</param>
    /// <param name="on">What is waited for, and what was found last.</param>
    /// <param name="limit">How long to try.</param>
    /// <param name="pause">Time between attempts.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<bool> UntilAsync(Func<Task<bool>> attempt, Func<string> on, TimeSpan limit, TimeSpan pause, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        while (!await attempt())
        {
            if (clock.GetElapsedTime(started) >= limit)
                return false;
            if (clock.GetElapsedTime(_started) - _reported >= BetweenReports)
                Report(on());
            await Task.Delay(pause, clock, ct);
        }

        return true;
    }
}
