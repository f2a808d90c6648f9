using System.Diagnostics;
using Cloudlet.Linux;
using Cloudlet.Machine.Netlink;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Watch;

/// <summary>
/// The thread of a source. It sleeps in poll(2), without a time limit, until one of its descriptors is ready or it is woken through an
/// eventfd(2).
/// </summary>
internal sealed class WatchThread : IDisposable
{
    private const int StackBytes = 512 * 1024;

    private static readonly byte[] One = BitConverter.GetBytes(1UL);

    private readonly SafeFileHandle _wake;
    private readonly Thread _thread;
    private volatile bool _stopping;

    private WatchThread(SafeFileHandle wake, string name, Action<WatchThread> run, Action release)
    {
        _wake = wake;
        _thread = new Thread(
            () =>
            {
                try
                {
                    run(this);
                }
                finally
                {
                    release();
                    wake.Dispose();
                }
            },
            StackBytes
        )
        {
            IsBackground = true,
            Name = name,
        };
    }

    /// <summary>True once Dispose was called: the thread has to return.</summary>
    internal bool IsStopping => _stopping;

    /// <summary>Starts a thread. <paramref name="release"/> is called at its end, or here when no descriptor is available for it.</summary>
    internal static WatchThread Start(string name, Action<WatchThread> run, Action release)
    {
        var wake = WatchCalls.EventFd(0, WatchCalls.EFD_CLOEXEC | WatchCalls.EFD_NONBLOCK);
        if (wake.IsInvalid)
        {
            var errno = Errno.Last;
            release();
            throw KernelErrors.Failure($"make the eventfd of thread {name}", errno);
        }
        var thread = new WatchThread(wake, name, run, release);
        thread._thread.Start();
        return thread;
    }

    /// <summary>Ends the thread's current or next wait. Does nothing after Dispose.</summary>
    internal void Wake()
    {
        try
        {
            // EAGAIN, the only possible error, means that 2^64-2 wake-ups are pending already.
            _ = FileCalls.WriteAll(_wake, One);
        }
        catch (ObjectDisposedException)
        {
            // The thread has ended.
        }
    }

    /// <summary>
    /// Sleeps until an entry is ready, <see cref="Wake"/> is called or the time is over; only for the thread itself. False when it has to
    /// stop.
    /// </summary>
    /// <param name="entries">What to wait for; the first entry is reserved for the eventfd and filled in here.</param>
    /// <param name="milliseconds">The longest sleep; -1 for no limit.</param>
    internal unsafe bool Wait(Span<PollEntry> entries, int milliseconds = -1)
    {
        Debug.Assert(Thread.CurrentThread == _thread, "only the thread itself waits");
        entries[0] = new PollEntry((int)_wake.DangerousGetHandle());
        fixed (PollEntry* first = entries)
        {
            // EINTR counts as a wake-up; any other error would repeat at once, without limit.
            if (WatchCalls.Poll(first, (nuint)entries.Length, milliseconds) < 0 && Errno.Last is not Errno.EINTR and var errno)
                throw KernelErrors.Failure("wait for events", errno);
        }
        if (entries[0].IsReady)
            _ = FileCalls.Read(_wake, stackalloc byte[sizeof(ulong)]);
        return !_stopping;
    }

    /// <summary>Sleeps for a time, or until <see cref="Wake"/> is called. False when the thread has to stop.</summary>
    internal bool Sleep(TimeSpan time) => Wait(stackalloc PollEntry[1], (int)time.TotalMilliseconds);

    /// <summary>Stops the thread and waits for it, except when the thread itself calls.</summary>
    public void Dispose()
    {
        _stopping = true;
        Wake();
        if (Thread.CurrentThread != _thread)
            _thread.Join();
    }
}
