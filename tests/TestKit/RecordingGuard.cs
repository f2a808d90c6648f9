using Cloudlet.Converge.State;

namespace Cloudlet.TestKit;

/// <summary>A guard that only records its calls.</summary>
public sealed class RecordingGuard : IGuard
{
    /// <summary><c>arm RUN 60s</c> and <c>disarm RUN</c>.</summary>
    public IList<string> Calls { get; } = [];

    /// <inheritdoc/>
    public Task ArmAsync(string run, TimeSpan window, CancellationToken ct)
    {
        Calls.Add($"arm {run} {window.TotalSeconds}s");
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task DisarmAsync(string run, CancellationToken ct)
    {
        Calls.Add($"disarm {run}");
        return Task.CompletedTask;
    }
}
