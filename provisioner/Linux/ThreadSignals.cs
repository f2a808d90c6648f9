using System.Runtime.InteropServices;

namespace Cloudlet.Linux;

/// <summary>
/// Keeps signals to the process, such as the SIGCHLD of an ended child, away from this thread while a C library waits on it: it would
/// report EINTR, and sd_bus_call(3) then drops the answer of a call that was carried out. Other threads handle the signals.
/// </summary>
/// <remarks>pthread_sigmask(3). Signals about a fault of the thread itself stay, and so do the runtime's own real-time ones.</remarks>
internal readonly unsafe ref struct ThreadSignals
{
    private const int SIG_BLOCK = 0;
    private const int SIG_SETMASK = 2;

    /// <summary>1 to 31 without SIGILL (4), SIGTRAP (5), SIGABRT (6), SIGBUS (7), SIGFPE (8) and SIGSEGV (11).</summary>
    private const ulong Blocked = 0x7FFF_FFFF & ~0x04F8UL;

    private readonly SignalSet _before;

    private ThreadSignals(SignalSet before) => _before = before;

    /// <summary>Blocks them until the result is disposed of, which must happen on the same thread: no await between.</summary>
    public static ThreadSignals Block()
    {
        var blocked = default(SignalSet);
        blocked.Words[0] = Blocked;
        // Fails for an unknown first argument only.
        _ = ThreadCalls.SetMask(SIG_BLOCK, blocked, out var before);
        return new ThreadSignals(before);
    }

    public void Dispose() => _ = ThreadCalls.SetMask(SIG_SETMASK, _before, out _);
}

/// <summary>sigset_t of glibc: 1,024 bits, bit 0 for signal 1.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct SignalSet
{
    public fixed ulong Words[16];
}

/// <summary>The call for it, which reports no errno.</summary>
internal static partial class ThreadCalls
{
    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    public static partial int SetMask(int how, in SignalSet set, out SignalSet before);
}
