using Cloudlet.Errors;
using Cloudlet.Machine.Files;

namespace Cloudlet.Machine.Processes;

/// <summary>
/// Finds helper programs the way a root shell does: PATH first, then the folders of system programs, which some users' PATH lacks.
/// </summary>
internal static class ProgramPath
{
    private static readonly string[] SystemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];

    /// <summary>Absolute path of an installed program; NotFound with its package when it is missing.</summary>
    public static string Find(HelperProgram program)
    {
        foreach (var folder in Folders())
        {
            var path = Path.Combine(folder, program.Name);
            if (IsExecutable(path))
                return path;
        }
        throw new CloudletException(
            ErrorKind.NotFound,
            $"The program {program.Name} is not installed here; it is needed to {program.Why}. Install it with: apt-get install "
                + $"{program.Package}"
        );
    }

    private static IEnumerable<string> Folders()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        // A relative entry would run programs from the current folder, as root.
        return path.Split(':').Where(static folder => folder.StartsWith('/')).Concat(SystemFolders);
    }

    private static bool IsExecutable(string path) => File.Exists(path) && Libc.Access(path, Libc.X_OK) == 0;
}
