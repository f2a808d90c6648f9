using System.Runtime.InteropServices;

namespace Cloudlet.TestKit;

/// <summary>A small file system in memory, mounted for one test.</summary>
public sealed partial class TmpfsMount : IDisposable
{
    private const uint ReadOnlyFlag = 1;
    private const uint RemountFlag = 32;
    private const int Detach = 2;

    private readonly TempDir _folder = new();

    /// <summary>Mounts it; needs root.</summary>
    /// <param name="options">As in tmpfs(5), such as <c>size=64k</c>.</param>
    public TmpfsMount(string options) => Check(Mount("none", _folder.Path, "tmpfs", 0, options));

    /// <summary>Its mount point.</summary>
    public string Path => _folder.Path;

    /// <summary>Path of something on it.</summary>
    public string this[string name] => _folder[name];

    /// <summary>Makes it read-only: further writes fail.</summary>
    public void RemountReadOnly() => Check(Mount("none", _folder.Path, "tmpfs", RemountFlag | ReadOnlyFlag, null));

    /// <inheritdoc/>
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
