using Cloudlet.Linux;

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
        using var handle = FileCalls.Open(file, FileCalls.O_RDWR | FileCalls.O_CLOEXEC);
        if (handle.IsInvalid)
            return null;
        var question = new FileCalls.RecordLock { Type = FileCalls.F_WRLCK };
        return FileCalls.Control(handle, FileCalls.F_GETLK, ref question) == 0 && question.Type != FileCalls.F_UNLCK
            ? question.ProcessId
            : null;
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
