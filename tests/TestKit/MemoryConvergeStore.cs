using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.TestKit;

/// <summary>A store in memory that keeps bytes, as a file does.</summary>
public sealed class MemoryConvergeStore : IConvergeStore
{
    private byte[]? _journal;
    private byte[]? _applied;
    private byte[]? _origin;
    private byte[]? _owner;
    private bool _isLocked;

    /// <summary>Called before and after each write.</summary>
    public Action? OnWrite { get; set; }

    /// <summary>How often something was written.</summary>
    public int Writes { get; private set; }

    /// <summary>Everything that was ever written, as text.</summary>
    public IList<string> History { get; } = [];

    /// <inheritdoc/>
    public IDisposable Lock()
    {
        if (_isLocked)
            throw new CloudletException(ErrorKind.Busy, "another run has the lock");
        _isLocked = true;
        return new Held(this);
    }

    /// <inheritdoc/>
    public Journal? ReadJournal() => _journal is null ? null : Journal.Parse(_journal);

    /// <inheritdoc/>
    public void WriteJournal(Journal journal) => Write(() => _journal = Keep(journal.ToBytes()));

    /// <inheritdoc/>
    public HostState? ReadApplied() => _applied is null ? null : HostState.Parse(_applied);

    /// <inheritdoc/>
    public void WriteApplied(HostState? state) => Write(() => _applied = state is null ? null : Keep(state.ToBytes()));

    /// <inheritdoc/>
    public Baseline? ReadOrigin() => _origin is null ? null : Baseline.Parse(_origin);

    /// <inheritdoc/>
    public void WriteOrigin(Baseline? origin) => Write(() => _origin = origin is null ? null : Keep(origin.ToBytes()));

    /// <inheritdoc/>
    public Ownership? ReadOwner() => _owner is null ? null : Ownership.Parse(_owner);

    /// <inheritdoc/>
    public void WriteOwner(Ownership? owner) => Write(() => _owner = owner is null ? null : Keep(owner.ToBytes()));

    private byte[] Keep(byte[] json)
    {
        History.Add(System.Text.Encoding.UTF8.GetString(json));
        return json;
    }

    private void Write(Action write)
    {
        OnWrite?.Invoke();
        write();
        Writes++;
        OnWrite?.Invoke();
    }

    private sealed class Held(MemoryConvergeStore store) : IDisposable
    {
        public void Dispose() => store._isLocked = false;
    }
}
