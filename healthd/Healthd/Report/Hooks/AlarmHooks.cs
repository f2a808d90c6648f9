using Cloudlet.DesiredState.Health;
using Cloudlet.Machine.Files;

namespace Cloudlet.Healthd.Report.Hooks;

/// <summary>How long hooks may take.</summary>
internal sealed record HookLimits
{
    public TimeSpan Program { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For each attempt to post.</summary>
    public TimeSpan Post { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between attempts to post; one attempt more than pauses is made.</summary>
    public IReadOnlyList<TimeSpan> Pauses { get; init; } = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)];

    /// <summary>Alarms that may wait.</summary>
    public int Waiting { get; init; } = 100;
}

/// <summary>
/// Tells others of alarms: runs a program, posts to a URL. In the background, one alarm after the other, so that neither a slow program nor a deaf server keeps the daemon from healing. What fails is noted and no alarm itself.
/// </summary>
public sealed class AlarmHooks : IHealthReports, IDisposable
{
    private readonly AlarmProgram? program;
    private readonly AlarmPost? post;
    private readonly AlarmQueue queue;

    /// <summary>The hooks that settings ask for.</summary>
    /// <param name="settings">Program and file of the URL.</param>
    /// <param name="files">Where that file is.</param>
    /// <param name="clock">Measures limits and pauses.</param>
    /// <param name="note">Takes what went wrong, from any thread.</param>
    public AlarmHooks(HealthSettings settings, IHostFiles files, TimeProvider clock, Action<string> note)
        : this(settings, files, clock, note, new HookLimits())
    {
    }

    internal AlarmHooks(HealthSettings settings, IHostFiles files, TimeProvider clock, Action<string> note, HookLimits limits)
    {
        program = settings.OnAlarm is [_, ..] command ? new AlarmProgram(command, limits.Program, clock, note) : null;
        post = settings.WebhookFile is { } file ? new AlarmPost(file, files, limits, clock, note) : null;
        queue = new AlarmQueue(limits.Waiting, TellAsync, () => note($"more than {limits.Waiting} alarms wait for hooks; the oldest are dropped"));
    }

    /// <inheritdoc/>
    public void Publish(HealthStatus status)
    {
        // Only alarms are told.
    }

    /// <inheritdoc/>
    public void Healed(HealRecord record)
    {
        // Only alarms are told.
    }

    /// <inheritdoc/>
    public void Alarmed(Alarm alarm, IReadOnlyList<Alarm> active) => queue.Add(alarm);

    /// <inheritdoc/>
    public void Note(string message)
    {
        // Only alarms are told.
    }

    /// <inheritdoc/>
    public void Dispose() => queue.Dispose();

    /// <summary>Ends when every alarm so far was told.</summary>
    internal Task WhenIdleAsync() => queue.WhenIdleAsync();

    private async Task TellAsync(Alarm alarm, CancellationToken ct)
    {
        if (program is not null)
            await program.RunAsync(alarm, ct);
        if (post is not null)
            await post.SendAsync(alarm, ct);
    }
}
