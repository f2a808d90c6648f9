using System.Text.Json;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Files;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.Files;

namespace Cloudlet.Resources.State;

/// <summary>What the engine remembers of a host, as files on that host. The folder is for root alone: an earlier state may name secrets' places.</summary>
/// <param name="files">Where journal and applied state are.</param>
/// <param name="paths">Their names.</param>
/// <param name="vault">Forgets the contents that the journal no longer names; null where there are none.</param>
/// <param name="clock">Tells the local time in messages.</param>
/// <param name="patience">How long to wait for the lock. Whoever waits at all waits for a heal to its end: the next start of a service is worth more than an apply that is refused.</param>
public sealed class HostConvergeStore(IHostFiles files, StatePaths paths, ContentVault? vault, TimeProvider clock, TimeSpan patience = default) : IConvergeStore
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>A few services that take half a minute to start are one heal.</summary>
    private static readonly TimeSpan LongestHeal = TimeSpan.FromMinutes(2);

    private const int LongestFile = 256 << 20;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <inheritdoc/>
    public IDisposable Lock()
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return HostLock.Take(paths.Lock, clock);
            }
            catch (CloudletException e) when (e.Kind == ErrorKind.Busy && IsWorthWaiting(clock.GetElapsedTime(started)))
            {
                Thread.Sleep(Pause);
            }
        }
    }

    private bool IsWorthWaiting(TimeSpan waited) => waited < patience || (patience > TimeSpan.Zero && waited < LongestHeal && LockHolder.IsHealthDaemon(paths.Lock));

    /// <inheritdoc/>
    public Journal? ReadJournal() => Read(paths.Journal, json => Journal.Parse(json));

    /// <inheritdoc/>
    public void WriteJournal(Journal journal)
    {
        Write(paths.Journal, journal.ToBytes());

        // While changes are made, contents are sealed that no journal names yet.
        if (journal.Status != RunStatus.Applying)
            vault?.Prune(journal.Before.Concat(ReadOrigin()?.Before ?? []).OfType<FileSpec>().Select(f => ContentVault.IdIn(f.Content)).OfType<string>().ToHashSet());
    }

    /// <inheritdoc/>
    public HostState? ReadApplied() => Read(paths.Applied, json => HostState.Parse(json));

    /// <inheritdoc/>
    public void WriteApplied(HostState? state)
    {
        if (state is null)
            files.Delete(paths.Applied);
        else
            Write(paths.Applied, state.ToBytes());
    }

    /// <inheritdoc/>
    public Origin? ReadOrigin() => Read(paths.Origin, json => Origin.Parse(json));

    /// <inheritdoc/>
    public void WriteOrigin(Origin? origin)
    {
        if (origin is null)
            files.Delete(paths.Origin);
        else
            Write(paths.Origin, origin.ToBytes());
    }

    private T? Read<T>(string path, Func<byte[], T> parse)
        where T : class
    {
        if (files.Read(path, LongestFile) is not { } json)
            return null;
        try
        {
            return parse(json);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            // Kept for whoever wants to know what happened; to go on without it is always possible.
            files.Write($"{path}.damaged", json, OwnerOnly);
            files.Delete(path);
            return null;
        }
    }

    private void Write(string path, byte[] json)
    {
        if (files.Stat(paths.Folder) is null)
            files.CreateDirectory(paths.Folder, OwnerOnly | UnixFileMode.UserExecute);
        files.Write(path, json, OwnerOnly);
    }
}
