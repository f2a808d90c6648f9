using System.Runtime.InteropServices;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Machine.Netlink;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Watch;

/// <summary>Events of inotify(7).</summary>
[Flags]
internal enum InotifyMask : uint
{
    None = 0,
    Modify = 0x2,
    Attrib = 0x4,
    CloseWrite = 0x8,
    MovedFrom = 0x40,
    MovedTo = 0x80,
    Create = 0x100,
    Delete = 0x200,
    DeleteSelf = 0x400,
    MoveSelf = 0x800,
    Unmount = 0x2000,
    QueueOverflow = 0x4000,
    Ignored = 0x8000,
    OnlyDirectory = 0x01000000,
    DontFollow = 0x02000000,
    ExcludeUnlinked = 0x04000000,
    MaskAdd = 0x20000000,
}

/// <summary>struct inotify_event.</summary>
/// <param name="Watch">Number of its watch; -1 for an overflow.</param>
/// <param name="Mask">What happened.</param>
/// <param name="Name">Name of the entry of a watched folder; empty for the watched inode itself.</param>
internal readonly record struct InotifyEvent(int Watch, InotifyMask Mask, string Name);

/// <summary>An inotify(7) instance. A watch belongs to an inode, whatever the path; adding it again extends its mask.</summary>
internal sealed class Inotify : IDisposable
{
    private const int HeaderBytes = 16;

    private readonly SafeFileHandle _instance;
    private readonly int _mostWatches;
    private readonly HashSet<int> _watches = [];
    private readonly byte[] _buffer = new byte[64 * 1024];

    /// <summary>Opens an instance. Errors: Busy when this user has too many.</summary>
    /// <param name="mostWatches">A limit below the kernel's, for tests.</param>
    internal Inotify(int mostWatches)
    {
        _mostWatches = mostWatches;
        // IN_CLOEXEC and IN_NONBLOCK are the same bits.
        _instance = WatchCalls.InotifyInit(WatchCalls.EFD_CLOEXEC | WatchCalls.EFD_NONBLOCK);
        if (_instance.IsInvalid)
        {
            var errno = Errno.Last;
            throw new CloudletException(
                ErrorKind.Busy,
                $"make an inotify instance: {KernelErrors.Describe(errno)}. Raise fs.inotify.max_user_instances or the limit of open files."
            );
        }
    }

    internal int Descriptor => (int)_instance.DangerousGetHandle();

    /// <summary>
    /// Watches the inode at a path; a symbolic link is not followed. Returns the number of the watch, or -1 with the errno.
    /// </summary>
    internal int Add(string path, InotifyMask mask, out int errno)
    {
        var watch = WatchCalls.InotifyAdd(_instance, path, (uint)(mask | InotifyMask.DontFollow | InotifyMask.MaskAdd));
        errno = watch < 0 ? Errno.Last : 0;
        if (watch < 0 || !_watches.Add(watch) || _watches.Count <= _mostWatches)
            return watch;
        Remove(watch);
        errno = Errno.ENOSPC;
        return -1;
    }

    internal void Remove(int watch)
    {
        _watches.Remove(watch);
        _ = WatchCalls.InotifyRemove(_instance, watch);
    }

    /// <summary>
    /// Reads pending events, as many as one read returns. The kernel has removed the watch of an <see cref="InotifyMask.Ignored"/> event.
    /// </summary>
    internal void Read(List<InotifyEvent> events)
    {
        events.Clear();
        var length = (int)FileCalls.Read(_instance, _buffer);
        if (length < 0 && Errno.Last is not Errno.EAGAIN and var errno)
            throw KernelErrors.Failure("read inotify events", errno);
        for (var offset = 0; offset < length; )
        {
            var header = MemoryMarshal.Cast<byte, uint>(_buffer.AsSpan(offset, HeaderBytes)); // wd, mask, cookie, len
            var name = _buffer.AsSpan(offset + HeaderBytes, (int)header[3]);
            var item = new InotifyEvent(
                (int)header[0],
                (InotifyMask)header[1],
                name.IsEmpty ? "" : Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)])
            );
            if (item.Mask.HasFlag(InotifyMask.Ignored))
                _watches.Remove(item.Watch);
            events.Add(item);
            offset += HeaderBytes + name.Length;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _instance.Dispose();
}
