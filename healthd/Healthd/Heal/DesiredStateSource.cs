using System.Text.Json;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.Errors;
using Cloudlet.Healthd.Hosting;
using Cloudlet.Healthd.Report;
using Cloudlet.Machine.Files;

namespace Cloudlet.Healthd.Heal;

/// <summary>
/// The desired state of the host, and what prevents acting on it: read again whenever one of its files may have changed.
/// </summary>
/// <param name="host">The host.</param>
/// <param name="alarms">Receives what the operator has to know.</param>
/// <param name="clock">Tells when a hold expires.</param>
public sealed class DesiredStateSource(HealthHost host, AlarmTracker alarms, TimeProvider clock)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string Subject = "host";
    private const int MostRestarts = 3;

    private HostState? _copied;

    /// <summary>The state; null when there is none.</summary>
    public HostState? Desired { get; private set; }

    /// <summary>The journal of an apply that was killed and that no other process will finish; null: none.</summary>
    public Journal? Unfinished { get; private set; }

    /// <summary>True while an apply may be running or waits for its confirmation: then nothing is healed.</summary>
    public bool IsApplyInProgress { get; private set; }

    private IHostFiles Files => host.Machine.Files;

    /// <summary>Reads everything again.</summary>
    /// <returns>True when the state differs from the earlier one.</returns>
    public bool Read()
    {
        var before = Desired;
        var journal = Try(host.Store.ReadJournal);
        Unfinished = journal is { Status: RunStatus.Applying, ConfirmBy: null } ? journal : null;
        IsApplyInProgress = journal is { Status: RunStatus.Applying };
        if (Try(host.Store.ReadApplied) is { } applied)
        {
            Desired = applied;
            alarms.Clear(AlarmKind.StateMissing, Subject);
            Copy(applied);
        }
        else if (!IsApplyInProgress && journal is not { Status: RunStatus.RolledBack, Previous: null })
        {
            Restore();
        }
        else
        {
            Desired = null;
        }

        return !Equals(before, Desired);
    }

    /// <summary>The active hold, or null. An expired hold counts as none.</summary>
    public Hold? ReadHold() => Holds.Read(Files, host.Paths, clock.GetUtcNow());

    /// <summary>True when deferred restarts were released.</summary>
    public bool AreRestartsReleased() => Files.Stat(host.Paths.Release) is not null;

    /// <summary>Removes the release after it was used.</summary>
    public void EndRelease() => Files.Delete(host.Paths.Release);

    /// <summary>
    /// True when the host's name differs from the recorded one. The first name is recorded; with a new state the present name is recorded,
    /// because an apply confirms it.
    /// </summary>
    public bool HostNameChanged(bool isNewState)
    {
        var name = host.HostName();
        if (Identity.Read(Files, host.Paths) is { } identity && !isNewState)
            return identity.HostName != name;
        if (Desired is not null)
            Write(host.Paths.Identity, JsonSerializer.SerializeToUtf8Bytes(new Identity(name), ReportJson.Default.Identity));
        return false;
    }

    /// <summary>
    /// Whether the daemon may exit in order to be restarted. The restarts are counted across its runs: a process that stays stale for a
    /// reason of its own must not restart forever.
    /// </summary>
    public bool MayRestart()
    {
        var earlier = Files.Read(host.Paths.Restarts)?.Length ?? 0;
        return earlier < MostRestarts && Write(host.Paths.Restarts, new byte[earlier + 1]);
    }

    /// <summary>Resets that count: the daemon runs with the configuration on disk.</summary>
    public void ForgetRestarts()
    {
        if (Files.Stat(host.Paths.Restarts) is not null)
            Files.Delete(host.Paths.Restarts);
    }

    /// <summary>Replaces a lost state with the one in memory, else with the copy.</summary>
    private void Restore()
    {
        Desired ??= ReadCopy();
        if (Desired is not { } state)
        {
            alarms.Raise(AlarmKind.StateMissing, Subject, "no state was applied to this host, or its record is lost; run `cloudlet apply`");
            return;
        }

        alarms.Raise(
            AlarmKind.StateMissing,
            Subject,
            $"the record of the applied state was lost or damaged, and was restored ({state.Digest})"
        );
        try
        {
            host.Store.WriteApplied(state);
            alarms.Clear(AlarmKind.StateMissing, Subject);
        }
        catch (CloudletException)
        {
            // A full or read-only disk: the daemon keeps working with the state in memory.
        }
    }

    private HostState? ReadCopy()
    {
        try
        {
            return Files.Read(host.Paths.StateCopy, 256 << 20) is { } json ? HostState.Parse(json) : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or CloudletException)
        {
            return null;
        }
    }

    private void Copy(HostState state)
    {
        if (_copied is not null && _copied.Equals(state) && Files.Stat(host.Paths.StateCopy) is not null)
            return;
        if (Write(host.Paths.StateCopy, state.ToBytes()))
            _copied = state;
    }

    private bool Write(string path, byte[] json)
    {
        try
        {
            if (Files.Stat(host.Paths.Folder) is null)
                Files.CreateDirectory(host.Paths.Folder, OwnerOnly | UnixFileMode.UserExecute);
            Files.Write(path, json, OwnerOnly);
            return true;
        }
        catch (CloudletException)
        {
            return false;
        }
    }

    private static T? Try<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (CloudletException)
        {
            return null;
        }
    }
}
