using System.Collections.Concurrent;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState;
using Cloudlet.DesiredState.Kinds.Files;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.Kinds.Files.Oslo;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Kinds.Files;

/// <summary>
/// Files, folders and symbolic links. Every write is atomic. Before a file is changed, its content is stored in the
/// <see cref="ContentVault"/>; the value of a secret is only in the file itself.
/// </summary>
/// <param name="files">The host's files.</param>
/// <param name="vault">Stores contents for a rollback.</param>
/// <param name="owned">Paths where every file is ours.</param>
/// <param name="check">Checks configuration of OpenStack services; null: no checks.</param>
/// <param name="mounts">Remembers the mounts of the files, for a daemon that changes them unattended; null: a person requests every
/// change.</param>
public sealed class FilesKind(
    IHostFiles files,
    ContentVault vault,
    IReadOnlyList<OwnedPattern> owned,
    OsloCheck? check = null,
    FileMounts? mounts = null
)
    : IResourceKind<FileSpec>,
        ICanRemove<FileSpec>,
        ICaptures<FileSpec>,
        IFindsOwned<FileSpec>,
        ITriggered<FileSpec>,
        IPreflight<FileSpec>,
        IReportsWarnings<FileSpec>,
        IRecordsConverged<FileSpec>,
        IKnowsDefaults<FileSpec>,
        IWritesFiles<FileSpec>
{
    private const UnixFileMode Default = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode DefaultSecret = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode DefaultFolder = Default | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly ConcurrentDictionary<string, string> _notes = new(StringComparer.Ordinal);
    private readonly FileContent _contents = new(files, vault);
    private readonly FileObservation _observation = new(files, new FileContent(files, vault), vault, new FileExtended(files, vault));
    private readonly FileExtended _extended = new(files, vault);
    private readonly FileObstacles _obstacles = new(files);

    /// <inheritdoc/>
    public IEnumerable<string> PathsOf(FileSpec spec) => [spec.Path];

    /// <inheritdoc/>
    public ValueTask<FileSpec?> ObserveAsync(FileSpec desired, CancellationToken ct) => new(_observation.Of(desired));

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(FileSpec desired, FileSpec? observed, ChangeAction action, CancellationToken ct)
    {
        if (mounts?.ObstacleTo(desired) is { } hidden)
            throw new CloudletException(ErrorKind.Obstructed, $"{desired.Id}: {hidden}");
        try
        {
            await ChangeAsync(desired, observed, ct);
        }
        catch (CloudletException e) when (ObstacleTo(desired, e) is { } obstacle)
        {
            throw Obstructed(desired, obstacle, e);
        }
    }

    /// <summary>Records the mount of a file that is as described.</summary>
    public void RecordConverged(FileSpec seen) => mounts?.Learn(seen);

    private async ValueTask ChangeAsync(FileSpec desired, FileSpec? observed, CancellationToken ct)
    {
        if (_obstacles.Find(desired, observed, static _ => false) is { } obstacle)
            throw new CloudletException(ErrorKind.InvalidInput, obstacle);

        // Write exactly the bytes that were checked: a secret may change in between.
        var content = IsContentNew(desired, observed) ? _contents.Resolve(desired) : null;
        if (content is not null)
            await CheckAsync(desired, content, ct);
        if (observed is not null && observed.Kind != desired.Kind)
        {
            MakeRoom(desired, observed);
            observed = null;
        }

        var mode = FileModes.Parse(desired.Mode, desired.Id);
        var attributes = desired.Extended is { } captured ? _extended.Resolve(captured) : null;
        var had = attributes is null && observed is not null ? files.ReadExtended(desired.Path).Keys.ToList() : [];
        switch (desired.Kind)
        {
            case FileKind.File when content is not null:
                Write(desired, content, mode ?? ModeOf(desired, observed), attributes);
                break;
            case FileKind.Directory when observed is null:
                files.CreateDirectory(desired.Path, mode ?? DefaultFolder, desired.Owner, desired.Group);
                break;
            case FileKind.Symlink when observed is null || observed.Target != desired.Target:
                files.WriteSymlink(
                    desired.Path,
                    desired.Target
                        ?? throw new CloudletException(
                            ErrorKind.InvalidInput,
                            $"{desired.Id}: a symbolic link needs a target; add `target`"
                        )
                );
                break;
            default:
                break;
        }

        // Changing the owner clears file capabilities, and an ACL sets permission bits; so the order is owner, attributes, bits.
        if (attributes is not null && _extended.Observe(desired.Path, desired.Extended!) != desired.Extended)
        {
            files.SetAttributes(desired.Path, null, desired.Owner, desired.Group);
            files.WriteExtended(desired.Path, attributes);
        }

        if (desired.Mode is not null || desired.Owner is not null || desired.Group is not null)
            files.SetAttributes(desired.Path, desired.Kind == FileKind.Symlink ? null : mode, desired.Owner, desired.Group);
        if (
            had.Count > 0
            && had.Except(files.ReadExtended(desired.Path).Keys).Order(StringComparer.Ordinal).ToList() is { Count: > 0 } lost
        )
            AddWarning(desired, Lost(lost));
    }

    /// <summary>
    /// A repair is urgent: programs may read the damaged content now. It leaves what killed writers left until the content is in place,
    /// unless it needs their space.
    /// </summary>
    private void Write(FileSpec desired, byte[] content, UnixFileMode mode, IReadOnlyDictionary<string, byte[]>? attributes)
    {
        if (mounts is not null)
        {
            try
            {
                files.Write(desired.Path, content, mode, desired.Owner, desired.Group, extended: attributes, isUrgent: true);
                return;
            }
            catch (CloudletException e) when (e.Kind == ErrorKind.NoSpace)
            {
                // Then once more, as below.
            }
        }

        files.Write(desired.Path, content, mode, desired.Owner, desired.Group, extended: attributes);
    }

    private static string Lost(List<string> names) =>
        $"it no longer has its extended attributes {string.Join(", ", names)}"
        + (
            names.Contains("security.capability")
                ? ": file capabilities were granted to the content and the owner before; run `setcap` if they should be granted again"
                : ""
        );

    private void AddWarning(FileSpec changed, string note) => _notes.AddOrUpdate(changed.Id, note, (_, earlier) => $"{earlier}; {note}");

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<string>> CheckAsync(FileSpec desired, FileSpec? observed, Plan plan, CancellationToken ct)
    {
        var reasons = new FilePreflight(files, plan).ReasonsAgainst(desired, observed).ToList();
        if (_obstacles.Find(desired, observed, static _ => true) is { } obstacle)
            reasons.Add(obstacle);
        if (check is null || desired.Validate is null || !IsContentNew(desired, observed))
            return reasons;
        try
        {
            if (Refusal(desired, await check.CheckAsync(desired.Path, _contents.Resolve(desired), desired.Validate, ct)) is { } refusal)
                reasons.Add(refusal);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.NotFound)
        {
            // A missing secret is not a reason: a dependency of this file may bring it.
        }

        return reasons;
    }

    /// <inheritdoc/>
    public FileSpec Undescribed(FileSpec spec) =>
        spec with
        {
            Mode = spec.Kind switch
            {
                FileKind.File => FileModes.Text(spec.Secrets is { Count: > 0 } ? DefaultSecret : Default),
                FileKind.Directory => FileModes.Text(DefaultFolder),
                _ => null,
            },
            Owner = "root",
            Group = "root",
        };

    /// <inheritdoc/>
    public string? TakeWarning(FileSpec changed) => _notes.TryRemove(changed.Id, out var note) ? note : null;

    /// <summary>A non-empty folder, and a file whose content was never described, are only forgotten.</summary>
    public bool CanRemove(FileSpec spec) => CanRemove(spec, static _ => false);

    /// <summary>As the other overload; a folder can be removed when all its content is.</summary>
    public bool CanRemove(FileSpec spec, Func<string, bool> goes) =>
        spec.Kind switch
        {
            _ when files.Stat(spec.Path) is { IsImmutable: true } or { IsAppendOnly: true } => false,
            FileKind.File => spec.Content is not null,
            FileKind.Directory => files.Stat(spec.Path) is { Type: HostFileType.Directory }
                && files.List(spec.Path).All(name => goes(FileSpec.IdOf($"{spec.Path}/{name}"))),
            _ => true,
        };

    /// <inheritdoc/>
    public string KeptBecause(FileSpec spec) =>
        files.Stat(spec.Path) is { IsImmutable: true } or { IsAppendOnly: true } ? "an operator made it immutable or append-only (chattr)"
        : spec.Kind == FileKind.Directory ? "the folder is not empty"
        : "its content was never described";

    /// <inheritdoc/>
    public IEnumerable<Trigger> TriggersOf(FileSpec spec) => [new Trigger(TriggerKind.Path, spec.Path)];

    /// <inheritdoc/>
    public ValueTask RemoveAsync(FileSpec spec, CancellationToken ct)
    {
        try
        {
            if (files.Stat(spec.Path) is { } info && (info.Type != HostFileType.Directory || files.List(spec.Path).Count == 0))
                files.Delete(spec.Path);
        }
        catch (CloudletException e) when (ObstacleTo(spec, e) is { } obstacle)
        {
            throw Obstructed(spec, obstacle, e);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// As observed, with the content that was sealed during the observation. Earlier content is restored even if a release would
    /// reject it.
    /// </summary>
    public ValueTask<FileSpec?> CaptureAsync(FileSpec observed, CancellationToken ct)
    {
        observed = observed with
        {
            Secrets = null,
            Validate = null,
            Extended = observed.Kind == FileKind.Symlink ? null : _extended.Capture(observed.Path),
        };
        if (observed is not { Kind: FileKind.File, Content: not null })
            return new(observed);
        if (files.Read(observed.Path, FileObservation.LongestContent) is not { } content)
            return new((FileSpec?)null);
        return new(observed with { Content = ContentVault.Reference(vault.Seal(content)) });
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<FileSpec>> FindOwnedAsync(CancellationToken ct)
    {
        var found = new List<FileSpec>();
        foreach (var pattern in owned)
        foreach (var name in files.List(pattern.Folder))
            if ($"{pattern.Folder}/{name}" is var path && pattern.Matches(path) && IsLeftOver(path))
                found.Add(
                    _observation.Of(
                        new FileSpec
                        {
                            Id = FileSpec.IdOf(path),
                            Path = path,
                            Kind = FileKind.File,
                            Content = "",
                        }
                    )!
                );
        return new(found);
    }

    /// <summary>
    /// A symbolic link in such a folder enables a unit: if the unit has a file, the unit's description decides whether the link
    /// stays.
    /// </summary>
    private bool IsLeftOver(string path) =>
        files.Stat(path) switch
        {
            { Type: HostFileType.Regular } => true,
            { Target: { } target } => files.Stat(Path.GetFullPath(target, Path.GetDirectoryName(path)!)) is null,
            _ => false,
        };

    /// <summary>What blocks a change that the kernel refused; null: nothing visible.</summary>
    private string? ObstacleTo(FileSpec spec, CloudletException refused) =>
        refused.Kind is ErrorKind.Busy or ErrorKind.PermissionDenied or ErrorKind.ReadOnly ? files.ObstacleAt(spec.Path) : null;

    private static CloudletException Obstructed(FileSpec spec, string obstacle, CloudletException refused) =>
        new(refused.Kind == ErrorKind.ReadOnly ? refused.Kind : ErrorKind.Obstructed, $"{spec.Id}: {obstacle}", refused);

    private static bool IsContentNew(FileSpec desired, FileSpec? observed) =>
        desired.Kind == FileKind.File
        && (observed is not { Kind: FileKind.File } || (desired.Content is not null && desired.Content != observed.Content));

    private static string? Refusal(FileSpec desired, OsloVerdict verdict) =>
        verdict.Problems.Count == 0
            ? null
            : $"{desired.Id} is not installed, because {desired.Validate} on this host rejects it: "
                + $"{string.Join("; ", verdict.Problems)}";

    private async Task CheckAsync(FileSpec desired, byte[] content, CancellationToken ct)
    {
        if (check is null || desired.Validate is not { } name)
            return;
        var verdict = await check.CheckAsync(desired.Path, content, name, ct);
        if (Refusal(desired, verdict) is { } refusal)
            throw new CloudletException(ErrorKind.InvalidInput, $"{refusal}. The present file stays; fix the description and apply again");
        if (verdict.Note is { } note)
            AddWarning(desired, $"installed without a check of its options: {note}");
    }

    private static UnixFileMode ModeOf(FileSpec desired, FileSpec? observed) =>
        FileModes.Parse(observed?.Mode, desired.Id) ?? (desired.Secrets is { Count: > 0 } ? DefaultSecret : Default);

    /// <summary>Removes an object of another type, unless a rename replaces it in one step.</summary>
    private void MakeRoom(FileSpec desired, FileSpec observed)
    {
        if (observed.Kind == FileKind.Directory || desired.Kind == FileKind.Directory)
            files.Delete(desired.Path);
    }
}
