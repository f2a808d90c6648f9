using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace CliWrap.Internal;

/// <summary>A started process, with the times and the name that <see cref="Process"/> forgets when it ends.</summary>
internal sealed partial class ChildProcess : IDisposable
{
    private const int Sigint = 2;

    private readonly Process _process;

    private ChildProcess(Process process)
    {
        _process = process;
        Id = process.Id;
        StartTime = DateTimeOffset.Now;
    }

    public int Id { get; }

    public DateTimeOffset StartTime { get; }

    public DateTimeOffset ExitTime { get; private set; }

    public int ExitCode => _process.ExitCode;

    public Stream StandardInput => _process.StandardInput.BaseStream;

    public Stream StandardOutput => _process.StandardOutput.BaseStream;

    public Stream StandardError => _process.StandardError.BaseStream;

    public static ChildProcess Start(ProcessStartInfo startInfo)
    {
        var process = new Process { StartInfo = startInfo };
        try
        {
            process.Start();
            return new ChildProcess(process);
        }
        catch (Win32Exception e)
        {
            process.Dispose();
            throw new Win32Exception(
                $"Cannot start '{startInfo.FileName}' in '{startInfo.WorkingDirectory}': {e.Message}. "
                    + "Check that the file exists and is executable and that the directory exists.",
                e);
        }
    }

    public async Task WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        ExitTime = DateTimeOffset.Now;
    }

    /// <summary>Sends SIGINT to the process alone; kills it where that fails.</summary>
    public void Interrupt()
    {
        if (!_process.HasExited && SendSignal(Id, Sigint) != 0)
            Kill();
    }

    /// <summary>Kills the process and its descendants, as far as they are still its descendants.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // Called from a cancellation callback, which must not throw. Either the process ended meanwhile, or the
            // wait for its end runs into its time limit and says so.
        }
    }

    public void Dispose() => _process.Dispose();

    public override string ToString() => $"{Path.GetFileName(_process.StartInfo.FileName)}#{Id}";

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
