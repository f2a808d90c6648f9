using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Guards;

/// <summary>
/// Starts a process in its own session with /dev/null as input and output, in one step (posix_spawn(3)): at no moment would our exit
/// end it too.
/// </summary>
internal static unsafe partial class DetachedProcess
{
    private const short POSIX_SPAWN_SETSIGDEF = 0x04;
    private const short POSIX_SPAWN_SETSIGMASK = 0x08;
    private const short POSIX_SPAWN_SETSID = 0x80;
    private const int O_RDWR = 2;
    private const int WNOHANG = 1;
    private const int SIGKILL = 9;

    /// <summary>
    /// Larger than the C library's posix_spawnattr_t, posix_spawn_file_actions_t and sigset_t (336, 80 and 128 bytes) on any architecture.
    /// </summary>
    private const int StructureBytes = 1024;

    /// <summary>Starts a program with our environment; when this returns, it has started to execute.</summary>
    /// <param name="words">Absolute path of the program, then its arguments.</param>
    /// <exception cref="CloudletException">NotFound: the program does not exist; otherwise Unexpected.</exception>
    public static ProcessIdentity Start(IReadOnlyList<string> words)
    {
        var variables = new List<string>();
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
            variables.Add($"{variable.Key}={variable.Value}");
        using var arguments = new NativeStrings(words);
        using var environment = new NativeStrings(variables);
        var pid = Spawn(words[0], arguments.Pointer, environment.Pointer);
        return ProcessIdentity.Find(pid)
            ?? throw new CloudletException(
                ErrorKind.Unexpected,
                $"start {words[0]}: the process (pid {pid}) exited immediately; run `{string.Join(' ', words)}` to see why"
            );
    }

    /// <summary>Kills exactly this process; it is not an error if it has exited.</summary>
    public static void End(ProcessIdentity process)
    {
        if (process.IsAlive)
            _ = Kill(process.Pid, SIGKILL);

        // Reap it if it is a child of ours; if it is not, the error does not matter.
        _ = WaitPid(process.Pid, null, WNOHANG);
    }

    private static int Spawn(string program, byte** arguments, byte** environment)
    {
        byte* attributes = stackalloc byte[StructureBytes];
        byte* actions = stackalloc byte[StructureBytes];
        byte* signals = stackalloc byte[StructureBytes];
        Check(InitAttributes(attributes), program);
        Check(InitActions(actions), program);
        try
        {
            // The runtime blocks and ignores some signals; the child must not inherit that.
            Check(EmptySignals(signals), program);
            Check(SetSignalMask(attributes, signals), program);
            Check(FillSignals(signals), program);
            Check(SetSignalDefaults(attributes, signals), program);
            Check(SetFlags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK), program);
            for (var descriptor = 0; descriptor <= 2; descriptor++)
                Check(AddOpen(actions, descriptor, "/dev/null", O_RDWR, 0), program);
            Check(PosixSpawn(out var pid, program, actions, attributes, arguments, environment), program);
            return pid;
        }
        finally
        {
            _ = DestroyActions(actions);
            _ = DestroyAttributes(attributes);
        }
    }

    private static void Check(int errno, string program)
    {
        if (errno != 0)
            throw new CloudletException(
                errno == 2 ? ErrorKind.NotFound : ErrorKind.Unexpected,
                $"start {program} as a separate process: {Marshal.GetPInvokeErrorMessage(errno)}"
            );
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int PosixSpawn(out int pid, string path, byte* actions, byte* attributes, byte** arguments, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static partial int InitAttributes(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static partial int DestroyAttributes(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static partial int SetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static partial int SetSignalMask(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static partial int SetSignalDefaults(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    private static partial int EmptySignals(byte* signals);

    [LibraryImport("libc", EntryPoint = "sigfillset")]
    private static partial int FillSignals(byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int InitActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int DestroyActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AddOpen(byte* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int WaitPid(int pid, int* status, int options);
}
