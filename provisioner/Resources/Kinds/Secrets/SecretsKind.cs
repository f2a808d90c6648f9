using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.Secrets;
using Cloudlet.DesiredState.Sections;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.Kinds.Files;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Kinds.Secrets;

/// <summary>
/// Secrets whose files are ours. The value that an apply was given, or made, is also kept sealed on the host, so that the file can be
/// repaired without the operator's machine; messages and specs never have any part of it.
/// </summary>
/// <param name="files">The host's files.</param>
/// <param name="vault">Seals earlier contents.</param>
/// <param name="copies">Our copies of the values.</param>
/// <param name="given">Values that came with the request.</param>
/// <param name="mustBeKnown">True in an apply: a value that is neither given nor on the host refuses it. A plan without values is
/// possible.</param>
public sealed class SecretsKind(
    IHostFiles files,
    ContentVault vault,
    SecretCopies copies,
    SecretValues? given = null,
    bool mustBeKnown = false
)
    : IResourceKind<SecretSpec>,
        ICanRemove<SecretSpec>,
        ICaptures<SecretSpec>,
        IGivesBack<SecretSpec>,
        IPreflight<SecretSpec>,
        ITriggered<SecretSpec>,
        IWritesFiles<SecretSpec>,
        IHealPolicy<SecretSpec>
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Users who own a secret reach it by its name; only root lists the names.</summary>
    private const UnixFileMode FolderMode = OwnerOnly | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly SecretOnHost _onHost = new(files, vault, copies, given ?? SecretValues.None);

    /// <inheritdoc/>
    public IEnumerable<string> PathsOf(SecretSpec spec) => [SecretOnHost.PathOf(spec)];

    /// <inheritdoc/>
    public IEnumerable<Trigger> TriggersOf(SecretSpec spec) => [new Trigger(TriggerKind.Path, SecretOnHost.PathOf(spec))];

    /// <inheritdoc/>
    public ValueTask<SecretSpec?> ObserveAsync(SecretSpec desired, CancellationToken ct)
    {
        if (_onHost.Stat(desired) is not { } info)
            return new((SecretSpec?)null);
        var content = _onHost.Read(desired);
        var copy = copies.Find(desired.Name);
        return new(
            desired with
            {
                Value = _onHost.ValueOf(desired, content),
                Copy = _onHost.CopyOf(desired, content),

                // Without a copy, the file that is there counts as the described version.
                Length = copy is null ? desired.Length : copy.Length,
                Version = copy is null ? desired.Version : copy.Version,
                Mode = FileModes.Text(info.Mode),
                Owner = new AccountNames(files).UserAs(desired.Owner, info.Owner),
                Group = new AccountNames(files).GroupAs(desired.Group, info.Group),
            }
        );
    }

    /// <inheritdoc/>
    public ValueTask ApplyAsync(SecretSpec desired, SecretSpec? observed, ChangeAction action, CancellationToken ct)
    {
        var path = SecretOnHost.PathOf(desired);
        if (files.Stat(path) is { IsImmutable: true } or { IsAppendOnly: true })
            throw new CloudletException(
                ErrorKind.Obstructed,
                $"{desired.Id}: an operator made {path} immutable or append-only, which is left alone; run `chattr -ia {path}`"
            );
        var mode = FileModes.Parse(desired.Mode, desired.Id) ?? FileModes.Parse(observed?.Mode, desired.Id) ?? OwnerOnly;
        var content = ContentVault.IdIn(desired.Value) is { } id ? Earlier(desired, id) : Wanted(desired);
        if (content is not null && (observed is null || _onHost.ValueOf(desired, _onHost.Read(desired)) != desired.Value))
        {
            files.CreateDirectory(SecretSource.Folder, FolderMode);
            files.Write(path, content, mode, desired.Owner, desired.Group);
        }

        files.SetAttributes(path, mode, desired.Owner, desired.Group);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// The reasons that a file has, and a value that is not known. A plan runs where the value can't be had, so only an apply refuses that.
    /// </summary>
    public ValueTask<IReadOnlyList<string>> CheckAsync(SecretSpec desired, SecretSpec? observed, Plan plan, CancellationToken ct)
    {
        var reasons = FilePreflight.MissingAccounts(files, plan, desired, desired.Owner, desired.Group).ToList();
        if (mustBeKnown && IsUnknown(desired))
            reasons.Add(NotKnown(desired));
        return new(reasons);
    }

    /// <inheritdoc/>
    public bool CanRemove(SecretSpec spec) =>
        files.Stat(SecretOnHost.PathOf(spec)) is not ({ IsImmutable: true } or { IsAppendOnly: true });

    /// <inheritdoc/>
    public string KeptBecause(SecretSpec spec) => "an operator made it immutable or append-only (chattr)";

    /// <inheritdoc/>
    public ValueTask RemoveAsync(SecretSpec spec, CancellationToken ct)
    {
        if (_onHost.Stat(spec) is not null)
            files.Delete(SecretOnHost.PathOf(spec));
        copies.Drop(spec.Name);

        // A folder as we make it goes with its last secret.
        if (
            files.Stat(SecretSource.Folder) is { Type: HostFileType.Directory, Mode: FolderMode }
            && files.List(SecretSource.Folder).Count == 0
        )
            files.Delete(SecretSource.Folder);
        return ValueTask.CompletedTask;
    }

    /// <summary>It is ours while it has the value that we wrote; its permissions say nothing about that.</summary>
    public bool IsOurs(SecretSpec applied, SecretSpec observed) => observed.Value == applied.Value;

    /// <summary>File and copy go back together: the copy decides which value is the right one.</summary>
    public ValueTask<SecretSpec?> CaptureAsync(SecretSpec observed, CancellationToken ct)
    {
        var copy = copies.Find(observed.Name);
        return new(
            observed with
            {
                Value = _onHost.Read(observed) is { } content ? ContentVault.Reference(vault.Seal(content)) : null,
                Copy = copy?.Content,
                Length = copy?.Length,
                Version = copy?.Version,
            }
        );
    }

    /// <summary>The daemon repairs a secret from our copy; a value that is lost is not replaced by another one unattended.</summary>
    public HealVerdict Decide(SecretSpec desired, PlannedChange change, HealConditions now) =>
        _onHost.WantedOf(desired) is not null
            ? HealVerdict.Act
            : new HealVerdict(
                ResourceState.LeftAlone,
                "its described value is neither in its file nor in our copy; `cloudlet apply` gives it one, from the machine that has it"
            )
            {
                Alarm = AlarmKind.SecretMissing,
            };

    /// <summary>
    /// The wanted value: one that other hosts got already comes before a new one. The copy is written first: if the run is killed here,
    /// the file is repaired from it.
    /// </summary>
    private byte[] Wanted(SecretSpec desired)
    {
        if (IsUnknown(desired))
            throw new CloudletException(ErrorKind.NotFound, NotKnown(desired));
        var value = _onHost.WantedOf(desired) ?? copies.NextOf(desired.Name, desired.Length, desired.Version);
        if (value is null || desired.Length is null)
            copies.DropNext(desired.Name); // It is of another time, and would come back if the description did.
        value ??= SecretOnHost.Make(desired.Length!.Value);
        copies.Keep(desired.Name, value, desired.Length, desired.Version);
        return value;
    }

    /// <summary>An earlier content, with the copy of its time.</summary>
    private byte[] Earlier(SecretSpec desired, string id)
    {
        var content = vault.Unseal(id);
        if (ContentVault.IdIn(desired.Copy) is not null)
            copies.Keep(desired.Name, new SecretCopy(desired.Copy!, desired.Length, desired.Version));
        else
            copies.Drop(desired.Name);
        return content;
    }

    private bool IsUnknown(SecretSpec desired) =>
        desired.Length is null && ContentVault.IdIn(desired.Value) is null && _onHost.WantedOf(desired) is null;

    private static string NotKnown(SecretSpec desired) =>
        $"{desired.Id}: its value was not given, and this host does not have one; apply the site file on the machine that has the value";
}
