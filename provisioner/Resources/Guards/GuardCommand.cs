using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Guards;

/// <summary>The command lines that start this program again.</summary>
/// <param name="Program">Absolute path of the executable.</param>
/// <param name="Prefix">Arguments before the verb.</param>
/// <param name="Paths">Paths of the host's state.</param>
public sealed record GuardCommand(string Program, IReadOnlyList<string> Prefix, StatePaths Paths)
{
    /// <summary>
    /// <c>rollback --run ID --if-unconfirmed --state-dir FOLDER --run-dir FOLDER</c>: rolls back if the run was not confirmed. Must exit
    /// with 0 when there is nothing to roll back, and with another code when the lock was busy: then it is started again.
    /// </summary>
    public IReadOnlyList<string> RollBack(string run) =>
        [Program, .. Prefix, "rollback", "--run", run, "--if-unconfirmed", "--state-dir", Paths.Folder, "--run-dir", Paths.RunFolder];

    /// <summary>
    /// <c>guard --run ID --after SECONDS --state-dir FOLDER --run-dir FOLDER</c>: waits, then does the same, by <see cref="GuardLoop"/>.
    /// </summary>
    public IReadOnlyList<string> Guard(string run, TimeSpan after) =>
        [
            Program,
            .. Prefix,
            "guard",
            "--run",
            run,
            "--after",
            $"{after.TotalSeconds:0.###}",
            "--state-dir",
            Paths.Folder,
            "--run-dir",
            Paths.RunFolder,
        ];
}
