using System.Collections.Concurrent;
using Cloudlet.DesiredState.Kinds.Conditions;

namespace Cloudlet.Resources.Kinds.Conditions;

/// <summary>
/// Attempts for the health daemon, which repairs nothing else while it observes: an attempt that does not end at once continues in the
/// background, and the next observation has its result. Until then the previous result counts.
/// </summary>
internal sealed class BackgroundProbes(ConditionProbe probe, TimeProvider clock)
{
    /// <summary>Longer than a service on this host usually takes, shorter than a heal may be delayed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, Attempt> _attempts = new(StringComparer.Ordinal);

    public async Task<IReadOnlyList<Finding>> TryAllAsync(IReadOnlyList<ConditionSpec> specs, CancellationToken ct)
    {
        Attempt[] attempts = [.. specs.Select(spec => _attempts[spec.Id] = Next(spec, _attempts.GetValueOrDefault(spec.Id)))];
        var all = Task.WhenAll(attempts.Select(static a => a.Running));
        if (!all.IsCompleted)
            await Task.WhenAny(all, Task.Delay(Patience, clock, ct));
        return [.. attempts.Select(static a => ResultOf(a.Running) ?? a.Last ?? new Finding(false, "no answer yet"))];
    }

    private Attempt Next(ConditionSpec spec, Attempt? before) =>
        before is null || !IsSame(before.Spec, spec) ? new Attempt(spec, StartAsync(spec), null)
        : before.Running.IsCompleted ? new Attempt(spec, StartAsync(spec), ResultOf(before.Running) ?? before.Last)
        : before;

    /// <summary>Ends by its own limit, so nothing cancels it.</summary>
    private Task<Finding> StartAsync(ConditionSpec spec) => probe.TryAsync(spec, CancellationToken.None);

    private static Finding? ResultOf(Task<Finding> attempt) => attempt.IsCompletedSuccessfully ? attempt.Result : null;

    private static bool IsSame(ConditionSpec a, ConditionSpec b) =>
        a.Kind == b.Kind && a.Target == b.Target && a.Expect == b.Expect && a.CaFile == b.CaFile;

    private sealed record Attempt(ConditionSpec Spec, Task<Finding> Running, Finding? Last);
}
