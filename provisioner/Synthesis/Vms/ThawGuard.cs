using System.ComponentModel;
using System.IO.Pipes;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Synthesis.Vms;

/// <summary>
/// Lets a guest go on that we have stopped, should we be killed before we do it: a shell that holds the connection to QEMU's control socket as well waits at the end of a pipe, and the kernel closes our end of it when we die.
/// </summary>
internal sealed unsafe partial class ThawGuard : IDisposable
{
    /// <summary>
    /// A command of ours may have been cut off in the middle: byte 0xff makes QEMU forget what it has read of it (docs/interop/qmp-spec.txt).
    /// And it forgets what it has not done yet when the connection closes, so its answer is waited for;
    /// the socket does not block, as .NET has it, and nothing to read yet looks to the shell like an end.
    /// </summary>
    private const string Script =
        """
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
        // Not Process.Start: what is not redirected there is open in every child, or in none.
        var actions = stackalloc byte[FileActionsLength];
        var error = Init(actions);
        if (error == 0)
            error = AddDuplicate(actions, (int)_pipe.ClientSafePipeHandle.DangerousGetHandle(), 0);
        if (error == 0)
            error = AddDuplicate(actions, (int)control.SafeHandle.DangerousGetHandle(), 3);
        fixed (byte* script = Encoding.ASCII.GetBytes($"{Script}\0"), name = "sh\0"u8, option = "-c\0"u8)
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
        throw new CloudletException(ErrorKind.ProcessFailed, $"started {Shell}, which would let the guest go on if this command were killed: {new Win32Exception(error).Message}. The guest was not stopped.");
    }

    /// <summary>Stands guard from here on. ProcessFailed when it can't.</summary>
    /// <param name="control">Connected to QEMU's control socket; <see cref="QmpClient"/> talks over it.</param>
    public static ThawGuard Start(Socket control) => new(control);

    /// <summary>The guest runs again, or ended: nothing is left to do.</summary>
    public void Dispose()
    {
        try
        {
            _pipe.Write("done\n"u8);
        }
        catch (IOException)
        {
            // The guard was killed; then its end is only to be waited for.
        }

        _pipe.Dispose();
        while (Wait(_pid, 0, 0) < 0 && Marshal.GetLastPInvokeError() == Interrupted)
        {
        }
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
