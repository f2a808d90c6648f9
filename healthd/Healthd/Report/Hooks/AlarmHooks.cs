using Cloudlet.DesiredState.Health;
using Cloudlet.Machine.Files;

namespace Cloudlet.Healthd.Report.Hooks;

/// <summary>Time limits of hooks.</summary>
internal sealed record HookLimits
{
    public TimeSpan Program { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For each attempt to post.</summary>
    public TimeSpan Post { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Pauses between attempts to post; there is one more attempt than pauses.</summary>
    public IReadOnlyList<TimeSpan> Pauses { get; init; } = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)];

    /// <summary>How many alarms may wait.</summary>
    public int Waiting { get; init; } = 100;
}

/// <summary>
/// Passes alarms on: runs a program, posts to a URL. It works in the background, one alarm after the other, so that neither a slow program
/// nor an unresponsive server delays healing. Failures are noted and raise no alarm.
/// </summary>
public sealed class AlarmHooks : IHealthReports, IDisposable
{
    private readonly AlarmProgram? _program;
    private readonly AlarmPost? _post;
    private readonly AlarmQueue _queue;

    /// <summary>Creates the hooks of the settings.</summary>
    /// <param name="settings">Program, and file with the URL.</param>
    /// <param name="files">The host's files.</param>
    /// <param name="clock">Measures time limits and pauses.</param>
    /// <param name="note">Receives errors, from any thread.</param>
    public AlarmHooks(HealthSettings settings, IHostFiles files, TimeProvider clock, Action<string> note)
        : this(settings, files, clock, note, new HookLimits()) { }

    internal AlarmHooks(HealthSettings settings, IHostFiles files, TimeProvider clock, Action<string> note, HookLimits limits)
    {
        _program = settings.OnAlarm is [_, ..] command ? new AlarmProgram(command, limits.Program, clock, note) : null;
        _post = settings.WebhookFile is { } file ? new AlarmPost(file, files, limits, clock, note) : null;
        _queue = new AlarmQueue(
            limits.Waiting,
            TellAsync,
            () => note($"more than {limits.Waiting} alarms wait for hooks; dropping the oldest")
        );
    }

    /// <inheritdoc/>
    public void Publish(HealthStatus status)
    {
        // Hooks only receive alarms.
    }

    /// <inheritdoc/>
    public void Healed(HealRecord record)
    {
        // Hooks only receive alarms.
    }

    /// <inheritdoc/>
    public void Alarmed(Alarm alarm, IReadOnlyList<Alarm> active) => _queue.Add(alarm);

    /// <inheritdoc/>
    public void Note(string message)
    {
        // Hooks only receive alarms.
    }

    /// <inheritdoc/>
    public void Dispose() => _queue.Dispose();

    /// <summary>Completes when every alarm so far was handled.</summary>
    internal Task WhenIdleAsync() => _queue.WhenIdleAsync();

    private async Task TellAsync(Alarm alarm, CancellationToken ct)
    {
        if (_program is not null)
            await _program.RunAsync(alarm, ct);
        if (_post is not null)
            await _post.SendAsync(alarm, ct);
    }
}
