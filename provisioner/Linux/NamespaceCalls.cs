using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Linux;

/// <summary>The calls for mounts and namespaces. Each returns -1 on failure and leaves errno.</summary>
internal static partial class NamespaceCalls
{
    internal const int CLONE_NEWNET = 0x40000000;
    internal const nuint MS_BIND = 0x1000;
    internal const nuint MS_REC = 0x4000;
    internal const nuint MS_SHARED = 0x100000;
    internal const int MNT_DETACH = 2;

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    internal static partial int SetNamespace(SafeFileHandle ns, int type);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    internal static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Mount(string source, string target, string type, nuint flags, string? options);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unmount(string target, int flags);
}
