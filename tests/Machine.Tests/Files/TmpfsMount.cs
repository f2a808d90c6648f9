using System.Runtime.InteropServices;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Files;

/// <summary>A small file system in memory, mounted for one test.</summary>
internal sealed partial class TmpfsMount : IDisposable
{
    private const uint ReadOnlyFlag = 1;
    private const uint RemountFlag = 32;
    private const int Detach = 2;

    private readonly TempDir _folder = new();

    public TmpfsMount(string options) => Check(Mount("none", _folder.Path, "tmpfs", 0, options));

    public string this[string name] => _folder[name];

    public void RemountReadOnly() => Check(Mount("none", _folder.Path, "tmpfs", RemountFlag | ReadOnlyFlag, null));

    public void Dispose()
    {
        Check(Unmount(_folder.Path, Detach));
        _folder.Dispose();
    }

    private static void Check(int result)
    {
        if (result < 0)
            throw new IOException($"mount: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string type, nuint flags, string? options);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);
}
