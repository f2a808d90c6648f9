using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.Machine.Processes;

/// <summary>
/// Finds helper programs the way a root shell does: PATH first, then the folders of system programs, which some users' PATH lacks.
/// </summary>
internal static class ProgramPath
{
    /// <summary>Absolute path of an installed program; NotFound with its package when it is missing.</summary>
    public static string Find(HelperProgram program) =>
        ProgramSearch.Find(program.Name, ProgramSearch.SystemFolders)
        ?? throw new CloudletException(
            ErrorKind.NotFound,
            $"The program {program.Name} is not installed here; it is needed to {program.Why}. Install it with: apt-get install "
                + $"{program.Package}"
        );
}
