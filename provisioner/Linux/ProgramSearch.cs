namespace Cloudlet.Linux;

/// <summary>Finds programs.</summary>
public static class ProgramSearch
{
    /// <summary>The folders of system programs, which some users' PATH lacks; a root shell has them all.</summary>
    public static IReadOnlyList<string> SystemFolders { get; } =
    ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];

    /// <summary>Absolute path of the first program with this name, on PATH and then in other folders; null when there is none.</summary>
    /// <param name="name">Its file name.</param>
    /// <param name="otherFolders">Folders after those of PATH.</param>
    public static string? Find(string name, params IReadOnlyList<string> otherFolders) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(':')
            // A relative entry would run programs from the current folder, as root.
            .Where(static folder => folder.StartsWith('/'))
            .Concat(otherFolders)
            .Select(folder => Path.Combine(folder, name))
            // Files that are not executable are skipped: the next folder may have one that is.
            .FirstOrDefault(IsExecutable);

    /// <summary>
    /// True when the kernel lets this process execute the file: it has an x bit, and its file system is not mounted noexec.
    /// </summary>
    public static bool IsExecutable(string path) =>
        FileCalls.Stat(path, 0, out var stat) == 0 && stat.IsRegular && FileCalls.Access(path, FileCalls.X_OK) == 0;
}
