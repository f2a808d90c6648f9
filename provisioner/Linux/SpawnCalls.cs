using System.Runtime.InteropServices;

namespace Cloudlet.Linux;

/// <summary>A program to start by posix_spawn(3), for what Process.Start does not offer.</summary>
/// <param name="Program">Its absolute path.</param>
/// <param name="Words">Its name, then its arguments.</param>
/// <param name="Environment">Its variables, as NAME=VALUE.</param>
internal sealed record SpawnedProgram(string Program, IReadOnlyList<string> Words, IReadOnlyList<string> Environment)
{
    /// <summary>Our descriptors that it gets, and the numbers that they have there. It inherits no others that close on exec.</summary>
    public IReadOnlyList<(int Ours, int Its)> Descriptors { get; init; } = [];

    /// <summary>
    /// True: in its own session, with /dev/null as input and output, and without the signals that this runtime blocks and ignores.
    /// </summary>
    public bool IsDetached { get; init; }
}

/// <summary>posix_spawn(3): starts a program in one step, without a moment in which our exit would end it too.</summary>
internal static unsafe partial class SpawnCalls
{
    private const short POSIX_SPAWN_SETSIGDEF = 0x04;
    private const short POSIX_SPAWN_SETSIGMASK = 0x08;
    private const short POSIX_SPAWN_SETSID = 0x80;

    /// <summary>
    /// Larger than the C library's posix_spawnattr_t, posix_spawn_file_actions_t and sigset_t (336, 80 and 128 bytes) on any architecture.
    /// </summary>
    private const int StructureBytes = 1024;

    /// <summary>Starts a program; when this returns, it has started to execute. Returns 0, or the errno of the step that failed.</summary>
    internal static int Spawn(SpawnedProgram program, out int pid)
    {
        pid = 0;
        using var words = new NativeStrings(program.Words);
        using var environment = new NativeStrings(program.Environment);
        var attributes = stackalloc byte[StructureBytes];
        var actions = stackalloc byte[StructureBytes];
        if (InitAttributes(attributes) is not 0 and var attributesError)
            return attributesError;
        if (InitActions(actions) is not 0 and var actionsError)
        {
            _ = DestroyAttributes(attributes);
            return actionsError;
        }

        try
        {
            var error = program.IsDetached ? Detach(attributes, actions) : 0;
            foreach (var (ours, its) in program.Descriptors)
                error = error != 0 ? error : AddDuplicate(actions, ours, its);
            return error != 0 ? error : Spawn(out pid, program.Program, actions, attributes, words.Pointer, environment.Pointer);
        }
        finally
        {
            _ = DestroyActions(actions);
            _ = DestroyAttributes(attributes);
        }
    }

    private static int Detach(byte* attributes, byte* actions)
    {
        var signals = stackalloc byte[StructureBytes];
        var error = EmptySignals(signals) != 0 ? Errno.Last : SetSignalMask(attributes, signals);
        if (error == 0)
            error = FillSignals(signals) != 0 ? Errno.Last : SetSignalDefaults(attributes, signals);
        if (error == 0)
            error = SetFlags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
        for (var descriptor = 0; descriptor <= 2 && error == 0; descriptor++)
            error = AddOpen(actions, descriptor, "/dev/null", FileCalls.O_RDWR, 0);
        return error;
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Spawn(out int pid, string path, byte* actions, byte* attributes, byte** words, byte** environment);

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

    [LibraryImport("libc", EntryPoint = "sigemptyset", SetLastError = true)]
    private static partial int EmptySignals(byte* signals);

    [LibraryImport("libc", EntryPoint = "sigfillset", SetLastError = true)]
    private static partial int FillSignals(byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int InitActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int DestroyActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int AddDuplicate(byte* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AddOpen(byte* actions, int descriptor, string path, int flags, uint mode);
}
