using System.ComponentModel;
using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Synthesis.Vms;

/// <summary>
/// Resumes a guest that we have paused if we are killed before we can: a shell that shares the connection to QEMU's control socket reads
/// from a pipe, and the kernel closes our end of it when we die.
/// </summary>
internal sealed unsafe partial class ThawGuard : IDisposable
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
    private const int FileActionsLength = 128; // posix_spawn_file_actions_t has 80 bytes with glibc, the same with musl

    private readonly AnonymousPipeServerStream _pipe = new(PipeDirection.Out, HandleInheritability.None);
    private readonly int _pid;

    private ThawGuard(Socket control)
    {
        // Process.Start can't pass one more descriptor to one child only.
        var actions = stackalloc byte[FileActionsLength];
        var error = Init(actions);
        if (error == 0)
            error = AddDuplicate(actions, (int)_pipe.ClientSafePipeHandle.DangerousGetHandle(), 0);
        if (error == 0)
            error = AddDuplicate(actions, (int)control.SafeHandle.DangerousGetHandle(), 3);
        fixed (
            byte* script = Encoding.ASCII.GetBytes($"{Script}\0"),
                name = "sh\0"u8,
                option = "-c\0"u8
        )
        {
            byte** arguments = stackalloc byte*[] { name, option, script, null };
            byte** environment = stackalloc byte*[] { null };
            if (error == 0)
                error = Spawn(out _pid, Shell, actions, 0, arguments, environment);
        }

        _ = Destroy(actions);
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
        while (Wait(_pid, 0, 0) < 0 && Marshal.GetLastPInvokeError() == Interrupted) { }
    }

    private const int Interrupted = 4; // EINTR

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int Init(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int AddDuplicate(byte* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int Destroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Spawn(out int pid, string path, byte* actions, nint attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int Wait(int pid, nint status, int options);
}
