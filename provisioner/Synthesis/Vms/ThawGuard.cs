using System.ComponentModel;
using System.IO.Pipes;
using System.Net.Sockets;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Synthesis.Vms;

/// <summary>
/// Resumes a guest that we have paused if we are killed before we can: a shell that shares the connection to QEMU's control socket reads
/// from a pipe, and the kernel closes our end of it when we die.
/// </summary>
internal sealed class ThawGuard : IDisposable
{
    /// <summary>
    /// Our last command may be incomplete: byte 0xff makes QEMU discard it (docs/interop/qmp-spec.txt). QEMU drops pending commands when
    /// the connection closes, so the shell waits for the answer. .NET has made the socket non-blocking, so for the shell "no data yet"
    /// looks like the end, and it retries.
    /// </summary>
    private const string Script = """
        trap '' INT TERM HUP
        read -r word
        [ "$word" = done ] && exit
        printf '\377\n{"execute":"cont","id":"guard"}\n' >&3
        tries=0
        while [ $tries -lt 100 ]; do
            if read -r line <&3; then
                case $line in *'"guard"'*) exit ;; esac
            else
                tries=$((tries + 1))
                sleep 0.1
            fi
        done
        """;

    private const string Shell = "/bin/sh";

    private readonly AnonymousPipeServerStream _pipe = new(PipeDirection.Out, HandleInheritability.None);
    private readonly int _pid;

    private ThawGuard(Socket control)
    {
        // Process.Start can't pass one more descriptor to one child only.
        var error = SpawnCalls.Spawn(
            new SpawnedProgram(Shell, ["sh", "-c", Script], Environment: [])
            {
                Descriptors =
                [
                    ((int)_pipe.ClientSafePipeHandle.DangerousGetHandle(), 0),
                    ((int)control.SafeHandle.DangerousGetHandle(), 3),
                ],
            },
            out _pid
        );
        GC.KeepAlive(control);
        _pipe.DisposeLocalCopyOfClientHandle();
        if (error == 0)
            return;
        _pipe.Dispose();
        throw new CloudletException(
            ErrorKind.ProcessFailed,
            $"can't start {Shell}, which resumes the guest if this command is killed: {new Win32Exception(error).Message}. The "
                + "guest was not paused."
        );
    }

    /// <summary>Starts the guard. ProcessFailed when the shell can't be started.</summary>
    /// <param name="control">The connection to QEMU's control socket that <see cref="QmpClient"/> uses.</param>
    public static ThawGuard Start(Socket control) => new(control);

    /// <summary>Stops the guard: the guest runs again, or has ended.</summary>
    public void Dispose()
    {
        try
        {
            _pipe.Write("done\n"u8);
        }
        catch (IOException)
        {
            // The guard was killed; it only has to be reaped.
        }

        _pipe.Dispose();
        _ = ProcessCalls.Wait(_pid, 0);
    }
}
