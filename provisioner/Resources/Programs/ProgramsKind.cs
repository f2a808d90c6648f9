using Cloudlet.Converge.Kinds;
using Cloudlet.DesiredState.Programs;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;

namespace Cloudlet.Resources.Programs;

/// <summary>
/// The copy of this program on the host. Size and time of modification tell whether a copy is the program that looks, as rsync does it: to hash thirty megabytes at every look would cost more than the rest of it.
/// </summary>
/// <param name="files">The host's files.</param>
/// <param name="program">Absolute path of this program's single file; null for a build that needs files beside it and cannot be copied.</param>
public sealed class ProgramsKind(IHostFiles files, string? program) : IResourceKind<ProgramSpec>, IRemovable<ProgramSpec>, ICaptures<ProgramSpec>, IWoken<ProgramSpec>
{
    private const int Longest = 256 << 20;
    private const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <inheritdoc/>
    public ValueTask<ProgramSpec?> ObserveAsync(ProgramSpec desired, CancellationToken ct) => new(files.Stat(desired.Path) switch
    {
        null => null,
        { Type: HostFileType.Regular } copy when copy.Mode == Executable && IsThisProgram(copy) => desired with { Version = ProgramSpec.Current },
        _ => desired with { Version = "another program, or not executable" },
    });

    /// <inheritdoc/>
    public ValueTask ApplyAsync(ProgramSpec desired, ProgramSpec? observed, CancellationToken ct)
    {
        // Whoever goes back leaves the program that is there: it may be the one that runs.
        if (desired.Version != ProgramSpec.Current)
            return ValueTask.CompletedTask;
        if (program is null)
            throw new CloudletException(
                ErrorKind.Unsupported, $"{desired.Id}: this build needs files beside it and cannot be copied to {desired.Path}; make the single file with `build/publish` and run that");
        var content = files.Read(program, Longest)
            ?? throw new CloudletException(ErrorKind.NotFound, $"{desired.Id}: this program's own file {program} is gone; install it again and repeat");
        files.Write(desired.Path, content, Executable, "root", "root", files.Stat(program)?.Modified);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public bool CanRemove(ProgramSpec spec) => true;

    /// <inheritdoc/>
    public ValueTask RemoveAsync(ProgramSpec spec, CancellationToken ct)
    {
        files.Delete(spec.Path);
        return ValueTask.CompletedTask;
    }

    /// <summary>Going back leaves the copy as it is then.</summary>
    public ValueTask<ProgramSpec?> CaptureAsync(ProgramSpec observed, CancellationToken ct) => new(observed with { Version = null });

    /// <inheritdoc/>
    public IEnumerable<Wake> WokenBy(ProgramSpec spec) => [new Wake(WakeKind.Path, spec.Path)];

    private bool IsThisProgram(HostFileInfo copy) => program is not null && files.Stat(program) is { } own && own.Length == copy.Length && own.Modified == copy.Modified;
}
