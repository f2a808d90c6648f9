using System.Text;
using Cloudlet.Errors;
using Cloudlet.Linux;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Netlink;

/// <summary>Creates persistent tap devices through /dev/net/tun: rtnetlink can delete them but not create them.</summary>
internal static unsafe class TunDevice
{
    private const string Path = "/dev/net/tun";
    private const int RequestSize = 40; // struct ifreq of linux/if.h

    /// <summary>False when the kernel has no driver for taps.</summary>
    internal static bool IsThere()
    {
        using var device = FileCalls.Open(Path, FileCalls.O_RDWR | FileCalls.O_CLOEXEC);
        return !device.IsInvalid || Errno.Last is not (Errno.ENOENT or Errno.ENODEV or Errno.ENXIO);
    }

    /// <summary>Creates a tap in the calling thread's network namespace; it stays when this process ends.</summary>
    internal static void CreateTap(string name)
    {
        var what = $"create link \"{name}\" (tap)";
        using var device = FileCalls.Open(Path, FileCalls.O_RDWR | FileCalls.O_CLOEXEC);
        if (device.IsInvalid)
            throw OpenFailure(what, Errno.Last);
        var request = stackalloc byte[RequestSize];
        new Span<byte>(request, RequestSize).Clear();
        Encoding.UTF8.GetBytes(name, new Span<byte>(request, IFNAMSIZ - 1));
        // Without IFF_TUN_EXCL the call would take over an existing tap of this name instead of refusing.
        *(ushort*)(request + IFNAMSIZ) = IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL;
        if (FileCalls.IoControl(device, TUNSETIFF, request) != 0)
        {
            var errno = Errno.Last;
            throw KernelErrors.Failure(what, errno, kind: errno == Errno.EBUSY ? ErrorKind.AlreadyExists : null);
        }

        if (FileCalls.IoControl(device, TUNSETPERSIST, (void*)1) != 0)
            throw KernelErrors.Failure($"{what}: make it persistent", Errno.Last);
    }

    private static CloudletException OpenFailure(string what, int errno)
    {
        const string Advice = "The running kernel has no driver 'tun': load it with modprobe tun.";
        return errno is Errno.ENOENT or Errno.ENODEV or Errno.ENXIO
            ? KernelErrors.Failure($"{what}: open {Path}", errno, kind: ErrorKind.DriverMissing, advice: Advice)
            : KernelErrors.Failure($"{what}: open {Path}", errno);
    }
}
