using System.Collections.Concurrent;
using System.Security.Cryptography;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Kinds.SentPrograms;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Programs;
using Cloudlet.Resources.Kinds.Programs;

namespace Cloudlet.Resources.Kinds.SentPrograms;

/// <summary>
/// Programs that were sent to the host, installed from the shelf of what was sent (<see cref="ProgramShelf"/>) and compared by digest. The
/// shelf stays, so that the daemon can repair the program. A file that was compared is read again only when it changes.
/// </summary>
/// <param name="files">The host's files.</param>
/// <param name="probe">Tests whether a program runs.</param>
/// <param name="mustBeThere">True in an apply: it is refused when the program was not sent. A plan is made before it is.</param>
public sealed class SentProgramsKind(IHostFiles files, IProgramProbe probe, bool mustBeThere = false)
    : IResourceKind<SentProgramSpec>,
        ICanRemove<SentProgramSpec>,
        ICaptures<SentProgramSpec>,
        IGivesBack<SentProgramSpec>,
        IPreflight<SentProgramSpec>,
        ITriggered<SentProgramSpec>,
        IWritesFiles<SentProgramSpec>
{
    private const UnixFileMode Executable =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;

    private readonly ConcurrentDictionary<string, (HostFileInfo File, string Digest)> _digests = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async ValueTask<SentProgramSpec?> ObserveAsync(SentProgramSpec desired, CancellationToken ct)
    {
        if (files.Stat(desired.Path) is not { } file)
            return null;
        if (file.Type != HostFileType.Regular)
            return desired with { Content = $"not a program but a {file.Type.ToString().ToLowerInvariant()}" };
        if (SentProgramSpec.DigestIn(desired.Content) is null)
            return desired with { Content = await probe.RunsAsync(desired.Path, ct) ? SentProgramSpec.Any : "not a program that runs" };
        if ((file.Mode, file.Owner) != (Executable, "root"))
            return desired with { Content = "not executable, or not owned by root" };
        return desired with { Content = SentProgramSpec.DigestPrefix + DigestOf(desired.Path, file) };
    }

    /// <inheritdoc/>
    public ValueTask ApplyAsync(SentProgramSpec desired, SentProgramSpec? observed, ChangeAction action, CancellationToken ct)
    {
        if (SentProgramSpec.DigestIn(desired.Content) is not { } digest)
            return desired.Content == SentProgramSpec.Any
                ? throw new CloudletException(ErrorKind.NotFound, $"{desired.Id}: {Missing(desired)}")
                : ValueTask.CompletedTask; // a rollback leaves the present program
        var content =
            files.Read(ProgramShelf.PathOf(digest), int.MaxValue)
            ?? throw new CloudletException(ErrorKind.NotFound, $"{desired.Id}: {NotSent(digest)}");
        if (Convert.ToHexStringLower(SHA256.HashData(content)) != digest)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{desired.Id}: {ProgramShelf.PathOf(digest)} is damaged; remove it and apply again"
            );
        if (files.Stat(desired.Path)?.Type == HostFileType.Directory)
            files.Delete(desired.Path);
        files.Write(desired.Path, content, Executable, "root", "root");
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<string>> CheckAsync(SentProgramSpec desired, SentProgramSpec? observed, Plan plan, CancellationToken ct)
    {
        if (!mustBeThere || desired.Content == observed?.Content)
            return new([]);
        if (SentProgramSpec.DigestIn(desired.Content) is not { } digest)
            return new(desired.Content == SentProgramSpec.Any ? [Missing(desired)] : []);
        return new(files.Stat(ProgramShelf.PathOf(digest)) is null ? [NotSent(digest)] : []);
    }

    /// <summary>A program that we only found is not ours.</summary>
    public bool CanRemove(SentProgramSpec spec) => spec.Content != SentProgramSpec.Any;

    /// <inheritdoc/>
    public string KeptBecause(SentProgramSpec spec) => "it was not installed by an apply";

    /// <inheritdoc/>
    public ValueTask RemoveAsync(SentProgramSpec spec, CancellationToken ct)
    {
        files.Delete(spec.Path);
        return ValueTask.CompletedTask;
    }

    /// <summary>Another content that was sent is ours as well.</summary>
    public bool IsOurs(SentProgramSpec applied, SentProgramSpec observed) => SentProgramSpec.DigestIn(observed.Content) is not null;

    /// <summary>A program that is still on the shelf can be restored; a rollback leaves another one as it is.</summary>
    public ValueTask<SentProgramSpec?> CaptureAsync(SentProgramSpec observed, CancellationToken ct) =>
        new(
            SentProgramSpec.DigestIn(observed.Content) is { } digest && files.Stat(ProgramShelf.PathOf(digest)) is not null
                ? observed
                : observed with
                {
                    Content = null,
                }
        );

    /// <inheritdoc/>
    public IEnumerable<Trigger> TriggersOf(SentProgramSpec spec) => [new Trigger(TriggerKind.Path, spec.Path)];

    /// <inheritdoc/>
    public IEnumerable<string> PathsOf(SentProgramSpec spec) => [spec.Path];

    private static string Missing(SentProgramSpec desired) =>
        $"{desired.Path} is not a program that runs on this host, and none was sent: put {ProgramShelf.ServiceName} beside the `cloudlet` "
        + $"that applies (`build/publish` builds both), name it in {ProgramShelf.Variable}, or install it on the host";

    private static string NotSent(string digest) =>
        $"{ProgramShelf.PathOf(digest)} is missing: the program was not sent to this host; apply with a `cloudlet` that has "
        + $"{ProgramShelf.ServiceName} beside it, or name it in {ProgramShelf.Variable}";

    private string DigestOf(string path, HostFileInfo file)
    {
        if (_digests.TryGetValue(path, out var known) && known.File == file)
            return known.Digest;
        var digest = files.DigestOf(path) ?? "";
        _digests[path] = (file, digest);
        return digest;
    }
}
