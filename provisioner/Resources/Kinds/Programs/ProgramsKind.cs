using System.Collections.Concurrent;
using Cloudlet.Converge.Healing;
using Cloudlet.Converge.Kinds;
using Cloudlet.Converge.Plans;
using Cloudlet.DesiredState.Compile;
using Cloudlet.DesiredState.Kinds.Programs;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Resources.Kinds.Programs;

/// <summary>
/// The copies of this program on the host. A copy is compared by size and modification time, as rsync does: reading thirty megabytes at
/// every observation would cost more than the rest of it. If only the times differ, the contents are compared, once for each copy: the
/// same program may have been copied to the host a second time.
/// </summary>
/// <param name="files">The host's files.</param>
/// <param name="program">This program; null for a build that needs other files and cannot be copied.</param>
/// <param name="probe">Tests whether a file runs; null: only its execute permission on this machine is checked.</param>
public sealed class ProgramsKind(IHostFiles files, OwnProgram? program, IProgramProbe? probe = null)
    : IResourceKind<ProgramSpec>,
        ICanRemove<ProgramSpec>,
        ICaptures<ProgramSpec>,
        ITriggered<ProgramSpec>,
        IGivesBack<ProgramSpec>,
        IHealPolicy<ProgramSpec>,
        IWritesFiles<ProgramSpec>
{
    private const UnixFileMode Executable =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;

    private readonly ConcurrentDictionary<string, (HostFileInfo Copy, bool IsEqual)> _compared = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async ValueTask<ProgramSpec?> ObserveAsync(ProgramSpec desired, CancellationToken ct)
    {
        if (files.Stat(desired.Path) is not { } copy)
            return null;
        if (copy.Type != HostFileType.Regular)
            return desired with { Version = $"not a program but a {copy.Type.ToString().ToLowerInvariant()}" };
        var isThis = IsThisProgram(desired.Path, copy);
        if (isThis && copy.Mode == Executable)
            return desired with
            {
                Version =
                    probe?.IsExecutable(desired.Path) == false
                        ? "cannot be executed there (is the file system mounted noexec?)"
                        : ProgramSpec.Current,
            };
        if (isThis)
            return desired with { Version = "not executable" };
        return desired with
        {
            Version = probe is null || await probe.RunsAsync(desired.Path, ct) ? ProgramSpec.Another : "not a program that runs",
        };
    }

    /// <inheritdoc/>
    public ValueTask ApplyAsync(ProgramSpec desired, ProgramSpec? observed, ChangeAction action, CancellationToken ct)
    {
        // A rollback leaves the present program: it may be the one that is running.
        if (desired.Version != ProgramSpec.Current)
            return ValueTask.CompletedTask;
        if (program is null)
            throw new CloudletException(
                ErrorKind.Unsupported,
                $"{desired.Id}: this build consists of several files and cannot be copied to {desired.Path}; build the single file with "
                    + "`build/publish` and run that"
            );
        if (files.Stat(desired.Path)?.Type == HostFileType.Directory)
            files.Delete(desired.Path);
        files.Write(desired.Path, program.Read(), Executable, "root", "root", program.Modified);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public bool CanRemove(ProgramSpec spec) => true;

    /// <summary>Another version of the program is ours as well.</summary>
    public bool IsOurs(ProgramSpec applied, ProgramSpec observed) => true;

    /// <inheritdoc/>
    public ValueTask RemoveAsync(ProgramSpec spec, CancellationToken ct)
    {
        files.Delete(spec.Path);
        return ValueTask.CompletedTask;
    }

    /// <summary>A rollback leaves the copy as it is.</summary>
    public ValueTask<ProgramSpec?> CaptureAsync(ProgramSpec observed, CancellationToken ct) => new(observed with { Version = null });

    /// <inheritdoc/>
    public IEnumerable<Trigger> TriggersOf(ProgramSpec spec) => [new Trigger(TriggerKind.Path, spec.Path)];

    /// <inheritdoc/>
    public IEnumerable<string> PathsOf(ProgramSpec spec) => [spec.Path];

    /// <summary>If a new version of the daemon's program is present, it takes over.</summary>
    public HealVerdict Decide(ProgramSpec desired, PlannedChange change, HealConditions now) =>
        desired.Path == HealthCompiler.Program && change.Observation?.Actual is ProgramSpec { Version: ProgramSpec.Another }
            ? new HealVerdict(ResourceState.Waiting, "another version of the daemon's program is installed; it takes over")
            {
                RestartsDaemon = true,
            }
            : HealVerdict.Act;

    private bool IsThisProgram(string path, HostFileInfo copy)
    {
        if (program is null || program.Length != copy.Length)
            return false;
        if (program.Modified == copy.Modified)
            return true;
        if (_compared.TryGetValue(path, out var before) && before.Copy == copy)
            return before.IsEqual;
        var isEqual =
            files.Read(path, (int)Math.Min(copy.Length, int.MaxValue)) is { } content && content.AsSpan().SequenceEqual(program.Read());
        _compared[path] = (copy, isEqual);
        return isEqual;
    }
}
