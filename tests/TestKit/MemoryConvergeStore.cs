using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.Errors;

namespace Cloudlet.TestKit;

/// <summary>A store in memory that keeps bytes, as a file does.</summary>
public sealed class MemoryConvergeStore : IConvergeStore
{
    private byte[]? journal;
    private byte[]? applied;
    private byte[]? origin;
    private byte[]? owner;
    private bool isLocked;

    /// <summary>Called before and after each write.</summary>
    public Action? OnWrite { get; set; }

    /// <summary>How often something was written.</summary>
    public int Writes { get; private set; }

    /// <summary>Everything that was ever written, as text.</summary>
    public IList<string> History { get; } = [];

    /// <inheritdoc/>
    public IDisposable Lock()
    {
        if (isLocked)
            throw new CloudletException(ErrorKind.Busy, "another run has the lock");
        isLocked = true;
        return new Held(this);
    }

    /// <inheritdoc/>
    public Journal? ReadJournal() => journal is null ? null : Journal.Parse(journal);

    /// <inheritdoc/>
    public void WriteJournal(Journal journal) => Write(() => this.journal = Keep(journal.ToBytes()));

    /// <inheritdoc/>
    public HostState? ReadApplied() => applied is null ? null : HostState.Parse(applied);

    /// <inheritdoc/>
    public void WriteApplied(HostState? state) => Write(() => applied = state is null ? null : Keep(state.ToBytes()));

    /// <inheritdoc/>
    public Baseline? ReadOrigin() => origin is null ? null : Baseline.Parse(origin);

    /// <inheritdoc/>
    public void WriteOrigin(Baseline? origin) => Write(() => this.origin = origin is null ? null : Keep(origin.ToBytes()));

    /// <inheritdoc/>
    public Ownership? ReadOwner() => owner is null ? null : Ownership.Parse(owner);

    /// <inheritdoc/>
    public void WriteOwner(Ownership? owner) => Write(() => this.owner = owner is null ? null : Keep(owner.ToBytes()));

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
        public void Dispose() => store.isLocked = false;
    }
}
