using Cloudlet.Machine.Files;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Packages;

/// <summary>Finds the process that holds a lock of dpkg or apt. These are record locks (fcntl), so the kernel knows the holder.</summary>
internal static class AptLocks
{
    private static readonly string[] Files =
    [
        "/var/lib/dpkg/lock-frontend",
        "/var/lib/dpkg/lock",
        "/var/lib/apt/lists/lock",
        "/var/cache/apt/archives/lock",
    ];

    /// <summary>
    /// A description of the first holder found, e.g. <c>unattended-upgr (process 123) holds /var/lib/dpkg/lock</c>, or null.
    /// </summary>
    public static string? Holder(string root)
    {
        foreach (var file in Files)
        {
            if (HolderOf(Path.Join(root, file)) is { } processId)
                return $"{NameOf(processId)} (process {processId}) holds {file}";
        }
        return null;
    }

    private static int? HolderOf(string file)
    {
        var descriptor = Libc.OpenAt(Libc.AT_FDCWD, file, Libc.O_RDWR | Libc.O_CLOEXEC, 0);
        if (descriptor < 0)
            return null;
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        var question = new Libc.FileLock { Type = Libc.F_WRLCK };
        return Libc.ControlFile(handle, Libc.F_GETLK, ref question) == 0 && question.Type != Libc.F_UNLCK ? question.ProcessId : null;
    }

    private static string NameOf(int processId)
    {
        try
        {
            return File.ReadAllText($"/proc/{processId}/comm").TrimEnd();
        }
        catch (IOException)
        {
            return "a program";
        }
    }
}
