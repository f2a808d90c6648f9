using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Cloudlet.Converge.State;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.DatabaseAccounts;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.State;

/// <summary>
/// The engine's records of a host, as files on that host. Only root may access the folder: an earlier state may name paths of secrets.
/// </summary>
/// <param name="files">Files of the host.</param>
/// <param name="paths">Paths of the records.</param>
/// <param name="vault">Deletes contents that the journal no longer names; null where there is no vault.</param>
/// <param name="clock">Tells the local time in messages.</param>
/// <param name="patience">How long to wait for the lock. With any wait, a heal is waited for until its end: that takes no longer than the
/// next start of a service, and is better than refusing an apply.</param>
/// <param name="identity">Identifies this machine; written with the first record. Null: it cannot be identified, or the caller writes
/// it.</param>
public sealed class HostConvergeStore(
    IHostFiles files,
    StatePaths paths,
    ContentVault? vault,
    TimeProvider clock,
    TimeSpan patience = default,
    string? identity = null
) : IConvergeStore
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>One heal may start a few services that take half a minute each.</summary>
    private static readonly TimeSpan LongestHeal = TimeSpan.FromMinutes(2);

    private const int TriesForAnUnseenHolder = 3;

    private readonly Lock _turn = new();
    private readonly HashSet<string> _notices = new(StringComparer.Ordinal);

    /// <summary>
    /// By path, the last record that was read without a complaint. The health daemon needs the same records for every heal; to read and
    /// parse those of a large site takes longer than the repair.
    /// </summary>
    private readonly Dictionary<string, Parsed> _parsed = new(StringComparer.Ordinal);

    /// <summary>The kernel's times have steps of up to 10 ms: a change may leave a younger time as it is.</summary>
    private static readonly TimeSpan SettledAfter = TimeSpan.FromSeconds(1);

    private sealed record Parsed(FileStamp? Stamp, UInt128 Hash, object Record);

    /// <summary>Equal stamps of a file mean equal content. Every record is replaced by a new file.</summary>
    private sealed record FileStamp(ulong Inode, DateTimeOffset Changed, long Length);

    private const int LongestFile = 256 << 20;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <inheritdoc/>
    public IDisposable Lock()
    {
        var (started, unseen) = (clock.GetTimestamp(), 0);
        while (true)
        {
            try
            {
                return HostLock.Take(paths.Lock, clock);
            }
            catch (CloudletException e) when (e.Kind == ErrorKind.Busy && IsWorthWaiting(clock.GetElapsedTime(started), ref unseen))
            {
                Thread.Sleep(Pause);
            }
        }
    }

    /// <summary>
    /// If the holder cannot be seen, it has just released the lock, or it is in another process namespace, where the kernel hides it: a few
    /// more attempts tell these apart.
    /// </summary>
    private bool IsWorthWaiting(TimeSpan waited, ref int unseen) =>
        waited < patience
        || (patience > TimeSpan.Zero && waited < LongestHeal && (LockHolder.GivesItBack(paths.Lock) ?? unseen++ < TriesForAnUnseenHolder));

    /// <inheritdoc/>
    public Journal? ReadJournal() => Read(paths.Journal, (json, dropped) => Journal.Parse(json, dropped));

    /// <inheritdoc/>
    public void WriteJournal(Journal journal)
    {
        Write(paths.Journal, journal.ToBytes());

        // While changes are made, contents are sealed that the journal does not name yet.
        if (journal.Status != RunStatus.Applying)
            vault?.Prune(
                journal
                    .Before.Concat(ReadOrigin()?.Before ?? [])
                    .SelectMany(ReferencesOf)
                    .Concat(SecretsIn(journal))
                    .Select(ContentVault.IdIn)
                    .OfType<string>()
                    .ToHashSet()
            );
    }

    /// <inheritdoc/>
    public HostState? ReadApplied() => Read(paths.Applied, ParseApplied);

    /// <summary>
    /// The last applied state, if its run reached all of it; null otherwise: it may name resources that never existed.
    /// </summary>
    public HostState? ReadAppliedInFull() =>
        ReadJournal() is { Status: RunStatus.Kept or RunStatus.AwaitingConfirmation or RunStatus.RolledBack } ? ReadApplied() : null;

    /// <inheritdoc/>
    public void WriteApplied(HostState? state)
    {
        if (state is null)
            files.Delete(paths.Applied);
        else
            Write(paths.Applied, state.ToBytes());
    }

    /// <inheritdoc/>
    public Baseline? ReadOrigin() => Read(paths.Origin, (json, dropped) => Baseline.Parse(json, dropped));

    /// <inheritdoc/>
    public IReadOnlyList<string> TakeNotices()
    {
        lock (_turn)
        {
            string[] taken = [.. _notices];
            _notices.Clear();
            return taken;
        }
    }

    /// <inheritdoc/>
    public void WriteOrigin(Baseline? origin)
    {
        if (origin is null)
            files.Delete(paths.Origin);
        else
            Write(paths.Origin, origin.ToBytes());
    }

    /// <inheritdoc/>
    public Ownership? ReadOwner() => Read(paths.Owner, (json, _) => Ownership.Parse(json));

    /// <inheritdoc/>
    public void WriteOwner(Ownership? owner)
    {
        if (owner is null)
            files.Delete(paths.Owner);
        else
            Write(paths.Owner, owner.ToBytes());
    }

    /// <summary>Texts in a captured state that may refer to the vault.</summary>
    private static IEnumerable<string?> ReferencesOf(ResourceSpec spec) =>
        spec switch
        {
            FileSpec file => [file.Content, file.Extended],
            DatabaseAccountSpec account => [account.Login],
            SecretSpec secret => [secret.Value, secret.Copy],
            _ => [],
        };

    /// <summary>References of the copies of secrets that are described; the copies of others are dropped.</summary>
    private IEnumerable<string> SecretsIn(Journal journal) =>
        new SecretCopies(files, vault!, paths.Secrets).KeepOnly(
            (ReadApplied()?.Resources ?? [])
                .Concat(journal.Status == RunStatus.RolledBack ? [] : journal.Desired.Resources)
                .OfType<SecretSpec>()
                .Select(static s => s.Name)
                .ToHashSet(StringComparer.Ordinal)
        );

    /// <summary>The state as it was written, or else its readable parts.</summary>
    private static HostState ParseApplied(byte[] json, ICollection<string> dropped)
    {
        try
        {
            if (
                HostState.Parse(json) is { Host: not null, Resources: { } all } state
                && all.All(StoredSpecs.IsSound)
                && all.DistinctBy(r => r.Id).Count() == all.Count
            )
                return state;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            // Then read it entry by entry.
        }

        return
            HostState.Parse(
                JsonSerializer.SerializeToUtf8Bytes(StoredSpecs.Clean(json, ["resources"], dropped), StoredJson.Default.JsonObject)
            )
                is { Host: not null, Resources: not null } readable
            ? readable
            : throw new JsonException("a state has a host and resources");
    }

    private T? Read<T>(string path, Func<byte[], ICollection<string>, T> parse)
        where T : class
    {
        // Looked at before the content is read: if the file is replaced in between, its new stamp differs from this one.
        var stamp = StampOf(path);
        if (Kept(path, stamp) is T unchanged)
            return unchanged;
        if (files.Read(path, LongestFile) is not { } json)
            return null;
        var hash = XxHash128.HashToUInt128(json);
        if (Kept(path, stamp, hash) is T kept)
            return kept;
        try
        {
            var dropped = new List<string>();
            var record = parse(json, dropped);
            if (dropped.Count > 0)
                Notice(
                    $"{path}: unreadable entries are ignored: "
                        + $"{string.Join(", ", dropped.Distinct(StringComparer.Ordinal))}; the "
                        + "resources they describe stay on the host"
                );
            else
                Keep(path, new Parsed(stamp, hash, record));
            return record;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            // Kept for a later investigation; a run can always continue without the record.
            files.Write($"{path}.damaged", json, OwnerOnly);
            files.Delete(path);
            Notice($"{path} was damaged and is ignored; it is kept as {path}.damaged");
            return null;
        }
    }

    /// <summary>The stamp of a file; null when it is too young to tell that the content did not change since.</summary>
    private FileStamp? StampOf(string path) =>
        files.Stat(path) is { Type: HostFileType.Regular, Inode: > 0 } info && clock.GetUtcNow() - info.Changed > SettledAfter
            ? new FileStamp(info.Inode, info.Changed, info.Length)
            : null;

    private object? Kept(string path, FileStamp? stamp)
    {
        lock (_turn)
            return stamp is not null && _parsed.TryGetValue(path, out var last) && last.Stamp == stamp ? last.Record : null;
    }

    private object? Kept(string path, FileStamp? stamp, UInt128 hash)
    {
        lock (_turn)
        {
            if (!_parsed.TryGetValue(path, out var last) || last.Hash != hash)
                return null;
            _parsed[path] = last with { Stamp = stamp };
            return last.Record;
        }
    }

    private void Keep(string path, Parsed record)
    {
        lock (_turn)
            _parsed[path] = record;
    }

    /// <summary>Adds a line for <see cref="TakeNotices"/>.</summary>
    public void Notice(string line)
    {
        lock (_turn)
            _notices.Add(line);
    }

    private void Write(string path, byte[] json)
    {
        if (files.Stat(paths.Folder) is null)
            files.CreateDirectory(paths.Folder, OwnerOnly | UnixFileMode.UserExecute);
        if (identity is not null && files.Stat(paths.Identity) is null)
            files.Write(paths.Identity, Encoding.UTF8.GetBytes(identity), OwnerOnly);
        files.Write(path, json, OwnerOnly);
    }
}

/// <summary>Writes records again without their unreadable entries.</summary>
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class StoredJson : JsonSerializerContext;
