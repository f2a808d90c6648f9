namespace Cloudlet.Machine.Systemd;

/// <summary>A unit as the service manager reports it.</summary>
public sealed record UnitInfo
{
    /// <summary>Unit name with its suffix.</summary>
    public required string Name { get; init; }

    /// <summary>LoadState: <c>loaded</c>, <c>not-found</c>, <c>bad-setting</c>, <c>error</c>, <c>masked</c>.</summary>
    public required string LoadState { get; init; }

    /// <summary>
    /// ActiveState: <c>active</c>, <c>reloading</c>, <c>inactive</c>, <c>failed</c>, <c>activating</c>, <c>deactivating</c>.
    /// </summary>
    public required string ActiveState { get; init; }

    /// <summary>SubState, e.g. <c>running</c>, <c>exited</c>, <c>dead</c>, <c>auto-restart</c>.</summary>
    public required string SubState { get; init; }

    /// <summary>UnitFileState: <c>enabled</c>, <c>disabled</c>, <c>static</c>, <c>masked</c>, … or empty.</summary>
    public required string UnitFileState { get; init; }

    /// <summary>True when the unit's files have changed on disk since the manager read them.</summary>
    public required bool NeedDaemonReload { get; init; }

    /// <summary>Random id of this run of the unit, 32 hex digits, or empty when it never ran.</summary>
    public required string InvocationId { get; init; }

    /// <summary>Main process id, 0 when there is none (or the unit is not a service).</summary>
    public required int MainPid { get; init; }

    /// <summary>
    /// Result of the last run: <c>success</c>, <c>exit-code</c>, <c>signal</c>, <c>timeout</c>, <c>start-limit-hit</c>, …; empty for units
    /// other than services.
    /// </summary>
    public string Result { get; init; } = "";

    /// <summary>True when the unit can be reloaded (ExecReload=, Type=notify-reload).</summary>
    public bool CanReload { get; init; }

    /// <summary>True while the unit's processes are frozen or being frozen (<c>systemctl freeze</c>).</summary>
    public bool IsFrozen { get; init; }

    /// <summary>
    /// Unit file and drop-ins that the manager has read (FragmentPath, DropInPaths), absolute paths; without those written by generators
    /// and <c>systemctl set-property</c>.
    /// </summary>
    public IReadOnlyList<string> Fragments { get; init; } = [];

    /// <summary>
    /// Files whose variables the manager gives to the processes of a service when it starts them (EnvironmentFiles), absolute paths.
    /// Patterns are left out, and so are files below /run, /tmp and /dev, which are written by programs, not by administrators.
    /// </summary>
    public IReadOnlyList<EnvironmentFile> EnvironmentFiles { get; init; } = [];

    /// <summary>
    /// When the main process was started (ExecMainStartTimestamp), or when the unit became active for units without one; null when it never
    /// ran.
    /// </summary>
    public required DateTimeOffset? Started { get; init; }
}

/// <summary>A file that EnvironmentFile= of a service names.</summary>
/// <param name="Path">Path of the file.</param>
/// <param name="IsOptional">True when the service starts even if it is missing (<c>-</c>).</param>
public sealed record EnvironmentFile(string Path, bool IsOptional);

/// <summary>
/// The service manager over its own D-Bus interface (org.freedesktop.systemd1.Manager, documented in org.freedesktop.systemd1(5)), through
/// libsystemd's sd-bus. Errors: NotFound for a unit that does not exist, PermissionDenied, Timeout, Unsupported when the host does not run
/// systemd; ProcessFailed when a job does not end as "done" (the message has the result, the unit's state, and how to show its journal).
/// </summary>
public interface ISystemd
{
    /// <summary>
    /// The unit's state; a unit that does not exist has LoadState <c>not-found</c>. For a template (<c>x@.service</c>) only the state of
    /// its file is known: it is never active, and needs a reload while one of its loaded instances does.
    /// </summary>
    UnitInfo Get(string unit);

    /// <summary>How the unit's last run ended, or why it did not start.</summary>
    UnitEnd GetEnd(string unit) => new();

    /// <summary>
    /// State of the whole system: <c>initializing</c>, <c>starting</c>, <c>running</c>, <c>degraded</c>, <c>maintenance</c>,
    /// <c>stopping</c>.
    /// </summary>
    string SystemState();

    /// <summary>Starts a unit and waits for the job.</summary>
    Task StartAsync(string unit, CancellationToken ct);

    /// <summary>Stops a unit and waits for the job.</summary>
    Task StopAsync(string unit, CancellationToken ct);

    /// <summary>Restarts a unit (starts it if it is stopped) and waits for the job.</summary>
    Task RestartAsync(string unit, CancellationToken ct);

    /// <summary>Reloads a unit and waits for the job.</summary>
    Task ReloadAsync(string unit, CancellationToken ct);

    /// <summary>Enables the unit's files and makes the manager see it (like <c>systemctl enable</c>).</summary>
    void Enable(string unit);

    /// <summary>Disables the unit's files and makes the manager see it.</summary>
    void Disable(string unit);

    /// <summary>
    /// Enables or disables the unit's files as the presets of the host say (like <c>systemctl preset</c>), and makes the manager see it. A
    /// unit without an [Install] section stays as it is.
    /// </summary>
    void Preset(string unit);

    /// <summary>
    /// The units without which this one cannot start: those that it requires or is bound to, and the unit that a socket, timer or path
    /// starts.
    /// </summary>
    IReadOnlyList<string> NeedsOf(string unit);

    /// <summary>Resets a unit's failure and its count of recent starts; does nothing for a unit that is not loaded.</summary>
    void ResetFailed(string unit);

    /// <summary>Makes the manager read all unit files again.</summary>
    void DaemonReload();
}
