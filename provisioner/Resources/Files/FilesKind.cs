using System.Collections.Concurrent;
using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState.Boot;
using Cloudlet.DesiredState.Files;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.Files.Oslo;

namespace Cloudlet.Resources.Files;

/// <summary>
/// Files, folders and symbolic links. Every write is atomic. What a file holds before it is changed goes into the <see cref="ContentVault"/>; the value of a secret is in the file and nowhere else.
/// </summary>
/// <param name="files">The host's files.</param>
/// <param name="vault">Keeps contents for the way back.</param>
/// <param name="owned">Places where every file is ours.</param>
/// <param name="check">Checks configuration of OpenStack services; null: nobody can.</param>
public sealed class FilesKind(IHostFiles files, ContentVault vault, IReadOnlyList<OwnedPattern> owned, OsloCheck? check = null)
    : IResourceKind<FileSpec>, IRemovable<FileSpec>, ICaptures<FileSpec>, IFindsOwned<FileSpec>, IWoken<FileSpec>, IForesees<FileSpec>, ITellsNotes<FileSpec>
{
    private const UnixFileMode Default = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode DefaultSecret = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode DefaultFolder = Default | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly ConcurrentDictionary<string, string> notes = new(StringComparer.Ordinal);
    private readonly FileContent contents = new(files, vault);
    private readonly FileObservation observation = new(files, new FileContent(files, vault), vault);

    /// <inheritdoc/>
    public ValueTask<FileSpec?> ObserveAsync(FileSpec desired, CancellationToken ct) => new(observation.Of(desired));

    /// <inheritdoc/>
    public async ValueTask ApplyAsync(FileSpec desired, FileSpec? observed, CancellationToken ct)
    {
        // The very bytes that were checked are written: a secret may change in between.
        var content = IsContentNew(desired, observed) ? contents.Resolve(desired) : null;
        if (content is not null)
            await CheckAsync(desired, content, ct);
        if (observed is not null && observed.Kind != desired.Kind)
        {
            MakeRoom(desired, observed);
            observed = null;
        }

        var mode = FileModes.Parse(desired.Mode, desired.Id);
        switch (desired.Kind)
        {
            case FileKind.File when content is not null:
                files.Write(desired.Path, content, mode ?? ModeOf(desired, observed), desired.Owner, desired.Group);
                break;
            case FileKind.Directory when observed is null:
                files.CreateDirectory(desired.Path, mode ?? DefaultFolder, desired.Owner, desired.Group);
                break;
            case FileKind.Symlink when observed is null || observed.Target != desired.Target:
                files.WriteSymlink(desired.Path, desired.Target ?? throw new CloudletException(ErrorKind.InvalidInput, $"{desired.Id}: a symbolic link needs a target; add `target`"));
                break;
            default:
                break;
        }

        if (desired.Mode is not null || desired.Owner is not null || desired.Group is not null)
            files.SetAttributes(desired.Path, desired.Kind == FileKind.Symlink ? null : mode, desired.Owner, desired.Group);
    }

    /// <inheritdoc/>
    public async ValueTask<string?> ForeseeAsync(FileSpec desired, FileSpec? observed, CancellationToken ct)
    {
        if (check is null || desired.Validate is null || !IsContentNew(desired, observed))
            return null;
        try
        {
            return Refusal(desired, await check.CheckAsync(desired.Path, contents.Resolve(desired), desired.Validate, ct));
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.NotFound)
        {
            // A secret that is not there: what comes before this file may bring it.
            return null;
        }
    }

    /// <inheritdoc/>
    public string? TakeNote(FileSpec changed) => notes.TryRemove(changed.Id, out var note) ? note : null;

    /// <summary>A folder with something in it, and a file whose content was never ours to say, are only forgotten.</summary>
    public bool CanRemove(FileSpec spec) => spec.Kind switch
    {
        FileKind.File => spec.Content is not null,
        FileKind.Directory => files.List(spec.Path).Count == 0,
        _ => true,
    };

    /// <inheritdoc/>
    public IEnumerable<Wake> WokenBy(FileSpec spec) => [new Wake(WakeKind.Path, spec.Path)];

    /// <inheritdoc/>
    public ValueTask RemoveAsync(FileSpec spec, CancellationToken ct)
    {
        if (files.Stat(spec.Path) is { } info && (info.Type != HostFileType.Directory || files.List(spec.Path).Count == 0))
            files.Delete(spec.Path);
        return ValueTask.CompletedTask;
    }

    /// <summary>As observed, with the content sealed in the vault when it was looked at. What was there before is brought back whatever a release says about it.</summary>
    public ValueTask<FileSpec?> CaptureAsync(FileSpec observed, CancellationToken ct)
    {
        if (observed is not { Kind: FileKind.File, Content: not null })
            return new(observed with { Secrets = null, Validate = null });
        if (files.Read(observed.Path, FileObservation.LongestContent) is not { } content)
            return new((FileSpec?)null);
        return new(observed with { Content = ContentVault.Reference(vault.Seal(content)), Secrets = null, Validate = null });
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<FileSpec>> FindOwnedAsync(CancellationToken ct)
    {
        var found = new List<FileSpec>();
        foreach (var pattern in owned)
            foreach (var name in files.List(pattern.Folder))
                if ($"{pattern.Folder}/{name}" is var path && pattern.Matches(path) && IsLeftOver(path))
                    found.Add(observation.Of(new FileSpec { Id = FileSpec.IdOf(path), Path = path, Kind = FileKind.File, Content = "" })!);
        return new(found);
    }

    /// <summary>A symbolic link in such a place enables a unit: as long as the unit has a file, it is for the unit's description to say whether it stays.</summary>
    private bool IsLeftOver(string path) => files.Stat(path) switch
    {
        { Type: HostFileType.Regular } => true,
        { Target: { } target } => files.Stat(Path.GetFullPath(target, Path.GetDirectoryName(path)!)) is null,
        _ => false,
    };

    private static bool IsContentNew(FileSpec desired, FileSpec? observed) =>
        desired.Kind == FileKind.File && (observed is not { Kind: FileKind.File } || (desired.Content is not null && desired.Content != observed.Content));

    private static string? Refusal(FileSpec desired, OsloVerdict verdict) => verdict.Problems.Count == 0
        ? null
        : $"{desired.Id} is not installed, because {desired.Validate} of this host does not take it: {string.Join("; ", verdict.Problems)}";

    private async Task CheckAsync(FileSpec desired, byte[] content, CancellationToken ct)
    {
        if (check is null || desired.Validate is not { } name)
            return;
        var verdict = await check.CheckAsync(desired.Path, content, name, ct);
        if (Refusal(desired, verdict) is { } refusal)
            throw new CloudletException(ErrorKind.InvalidInput, $"{refusal}. What was there before stays; mend the description and apply again");
        if (verdict.Note is { } note)
            notes[desired.Id] = $"installed without a check of its options: {note}";
    }

    private static UnixFileMode ModeOf(FileSpec desired, FileSpec? observed) =>
        FileModes.Parse(observed?.Mode, desired.Id) ?? (desired.Secrets is { Count: > 0 } ? DefaultSecret : Default);

    /// <summary>Takes away what is of another kind, unless a rename does that in one step.</summary>
    private void MakeRoom(FileSpec desired, FileSpec observed)
    {
        if (observed.Kind == FileKind.Directory && files.List(desired.Path) is [var first, ..])
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{desired.Id}: a folder is there that is not empty ({first}{(files.List(desired.Path).Count > 1 ? ", …" : "")}), and it is not replaced; move what is in it away");
        if (observed.Kind == FileKind.Directory || desired.Kind == FileKind.Directory)
            files.Delete(desired.Path);
    }
}
