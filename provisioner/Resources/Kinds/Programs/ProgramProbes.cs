using Cloudlet.Machine.Processes;

namespace Cloudlet.Resources.Kinds.Programs;

/// <summary>Checks whether files are working copies of our program.</summary>
public interface IProgramProbe
{
    /// <summary>True when the kernel lets this process execute the file.</summary>
    bool IsExecutable(string path);

    /// <summary>True when a test run of the file succeeded.</summary>
    Task<bool> RunsAsync(string path, CancellationToken ct);
}

/// <summary>The probe of this machine.</summary>
public sealed class HostProgramProbe : IProgramProbe
{
    /// <inheritdoc/>
    public bool IsExecutable(string path) => ProgramProbe.IsExecutable(path);

    /// <inheritdoc/>
    public Task<bool> RunsAsync(string path, CancellationToken ct) => ProgramProbe.RunsAsync(path, ct);
}
