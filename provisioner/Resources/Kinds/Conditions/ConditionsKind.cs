using System.Collections.Concurrent;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Conditions;
using Cloudlet.DesiredState.Kinds.Units;
using Cloudlet.Errors;
using Cloudlet.Machine.Kernel;
using Cloudlet.Machine.Network;
using Cloudlet.Machine.Systemd;

namespace Cloudlet.Resources.Kinds.Conditions;

/// <summary>
/// Conditions: an apply waits until one holds. The health daemon never waits; it restarts the unit of a condition when that runs and does
/// not answer. Nothing of a condition is on the host, so there is nothing to remove or to roll back.
/// </summary>
/// <param name="probes">Reaches services.</param>
/// <param name="kernel">Knows the host's name.</param>
/// <param name="systemd">Restarts units.</param>
/// <param name="clock">Source of time and delays.</param>
/// <param name="isDaemon">True in the health daemon.</param>
public sealed class ConditionsKind(INetworkProbes probes, IKernel kernel, ISystemd systemd, TimeProvider clock, bool isDaemon = false)
    : IObservesMany<ConditionSpec>,
        IShowsProgress<ConditionSpec>,
        IExplains<ConditionSpec>,
        ICaptures<ConditionSpec>,
        ICanRemove<ConditionSpec>,
        ITriggered<ConditionSpec>,
        IHealPolicy<ConditionSpec>,
        IHealTraits
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly ConditionProbe _probe = new(probes, kernel);
    private readonly BackgroundProbes _background = new(new ConditionProbe(probes, kernel), clock);
    private readonly SilenceWatch _silence = new(systemd, clock);
    private readonly ConcurrentDictionary<string, string> _found = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _due = new(StringComparer.Ordinal);

    /// <summary>All at once: one that does not answer takes seconds.</summary>
    public async ValueTask<IReadOnlyList<ConditionSpec?>> ObserveManyAsync(IReadOnlyList<ConditionSpec> desired, CancellationToken ct)
    {
        ConditionSpec[] asked = [.. desired.Where(static d => d.Met is not null)];
        var findings = isDaemon
            ? await _background.TryAllAsync(asked, ct)
            : await Task.WhenAll(asked.Select(spec => _probe.TryAsync(spec, ct)));
        var met = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var (spec, finding) in asked.Zip(findings))
        {
            met[spec.Id] = finding.IsMet;
            Record(spec, finding);
        }

        return [.. desired.Select(spec => spec.Met is null ? spec : spec with { Met = met[spec.Id] })];
    }

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(ConditionSpec desired, ConditionSpec? observed, ChangeAction action, CancellationToken ct)
    {
        if (desired.Met is null)
            return;
        if (!isDaemon)
            await WaitAsync(desired, ct);
        else if (_due.TryRemove(desired.Id, out _) && desired.RestartUnit is { } unit)
            await RestartAsync(desired, unit, ct);
        else
            throw new CloudletException(ErrorKind.ProcessFailed, $"{Waits(desired)}; the health daemon looks again later");
    }

    /// <inheritdoc/>
    public string? Doing(ConditionSpec changing) => $"{Waits(changing)}; it waits up to {TimeoutOf(changing)} s";

    /// <inheritdoc/>
    public ValueTask<string?> WhyAsync(ConditionSpec desired, ConditionSpec? observed, CancellationToken ct) =>
        new(observed?.Met == false ? Waits(desired) : null);

    /// <summary>There is nothing to restore, so nothing is asked either.</summary>
    public ValueTask<ConditionSpec?> CaptureAsync(ConditionSpec observed, CancellationToken ct) => new(observed with { Met = null });

    /// <inheritdoc/>
    public bool CanRemove(ConditionSpec spec) => false;

    /// <inheritdoc/>
    public string KeptBecause(ConditionSpec spec) => "nothing of a condition is on the host";

    /// <inheritdoc/>
    public ValueTask RemoveAsync(ConditionSpec spec, CancellationToken ct) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public IEnumerable<Trigger> TriggersOf(ConditionSpec spec) => spec.RestartUnit is { } unit ? [new Trigger(TriggerKind.Unit, unit)] : [];

    /// <inheritdoc/>
    public HealTraits Traits { get; } =
        new()
        {
            WaitsForBoot = true,
            IsCostly = true,
            NeedsDependencies = true,
            LookEvery = TimeSpan.FromSeconds(60),
        };

    /// <inheritdoc/>
    public HealVerdict Decide(ConditionSpec desired, PlannedChange change, HealConditions now)
    {
        _due.TryRemove(desired.Id, out _);
        if (now.IsBooting)
            return Later("the host is booting");
        if (!_silence.IsRestartDue(desired, now))
            return Later(Waits(desired));
        _due[desired.Id] = true;
        return HealVerdict.Act;

        static HealVerdict Later(string because) => new(ResourceState.Waiting, because) { LookAgain = LongestPause };
    }

    private async Task WaitAsync(ConditionSpec desired, CancellationToken ct)
    {
        var begun = clock.GetTimestamp();
        var limit = TimeSpan.FromSeconds(TimeoutOf(desired));
        var pause = FirstPause;
        for (var attempts = 1; ; attempts++)
        {
            var finding = await _probe.TryAsync(desired, ct);
            Record(desired, finding);
            if (finding.IsMet)
                return;
            var left = limit - clock.GetElapsedTime(begun);
            if (left <= TimeSpan.Zero)
                throw NotMet(desired, attempts);
            await Task.Delay(pause < left ? pause : left, clock, ct);
            pause = pause * 1.5 < LongestPause ? pause * 1.5 : LongestPause;
        }
    }

    /// <summary>Unlike other timeouts it is not retried: it has waited as long as it was told to.</summary>
    private CloudletException NotMet(ConditionSpec desired, int attempts) =>
        new(
            ErrorKind.ProcessFailed,
            $"{ConditionProbe.Sentence(desired, "did not")} within {TimeoutOf(desired)} s; attempts: {attempts}, found at the last one: "
                + $"{FoundOf(desired)}.{StateOf(desired.RestartUnit)} If it needs longer, raise `timeout`, then apply again"
        );

    private string StateOf(string? unit)
    {
        try
        {
            return unit is not null && systemd.Get(unit) is var now
                ? $" {unit} is {now.ActiveState} ({now.SubState}); see `journalctl -u {unit}`."
                : "";
        }
        catch (CloudletException e)
        {
            return $" The state of {unit} is not known: {e.Message}.";
        }
    }

    /// <summary>
    /// Reported as a failure until the condition is observed to hold, so that the budget limits how often a unit is restarted that never
    /// answers, and an operator hears of it.
    /// </summary>
    private async Task RestartAsync(ConditionSpec desired, string unit, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeSpan.FromSeconds(UnitSpec.UsualStart)); // real time, as systemd's own
        try
        {
            await systemd.RestartAsync(unit, limit.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new CloudletException(ErrorKind.ProcessFailed, $"{unit} did not restart within {UnitSpec.UsualStart} s", e);
        }

        throw new CloudletException(
            ErrorKind.ProcessFailed,
            $"restarted {unit}, because it ran and {ConditionProbe.Sentence(desired, "did not")} for "
                + $"{SilenceWatch.AfterOf(desired).TotalSeconds:0} s (found: {FoundOf(desired)}); its answer is still missing"
        );
    }

    private void Record(ConditionSpec spec, Finding finding)
    {
        _found[spec.Id] = finding.Found;
        if (finding.IsMet)
            _silence.Answered(spec.Id);
    }

    private string Waits(ConditionSpec spec) => $"waits for {ConditionProbe.Sentence(spec, "to")} (found so far: {FoundOf(spec)})";

    private string FoundOf(ConditionSpec spec) => _found.GetValueOrDefault(spec.Id, "nothing yet");

    private static int TimeoutOf(ConditionSpec spec) => spec.TimeoutSeconds ?? ConditionSpec.UsualTimeout;
}
