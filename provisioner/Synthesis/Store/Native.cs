using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Synthesis.Store;

/// <summary>Calls that .NET has no words for.</summary>
internal static partial class Native
{
    private const int ReadOnlyFolder = 0x10000 | 0x80000; // O_DIRECTORY | O_CLOEXEC on x86-64 and generic Linux

    /// <summary>A descriptor of a folder; invalid when it can't be opened.</summary>
    public static SafeFileHandle OpenFolder(string path) => Open(path, ReadOnlyFolder);

    /// <summary>fsync(2); 0 when it succeeded.</summary>
    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Sync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);
}
