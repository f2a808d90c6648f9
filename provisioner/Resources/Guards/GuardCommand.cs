using Cloudlet.Resources.State;

namespace Cloudlet.Resources.Guards;

/// <summary>How to start this program again.</summary>
/// <param name="Program">Absolute path of the executable.</param>
/// <param name="Prefix">Arguments before the verb.</param>
/// <param name="Paths">Where the host's state is.</param>
public sealed record GuardCommand(string Program, IReadOnlyList<string> Prefix, StatePaths Paths)
{
    /// <summary>
    /// <c>rollback --run ID --if-unconfirmed --state-dir FOLDER --run-dir FOLDER</c>: goes back if nobody confirmed that run. Has to end with 0 when there is nothing to go back from, and with anything else when
    /// the lock was busy: it is started again then.
    /// </summary>
    public IReadOnlyList<string> RollBack(string run) =>
        [Program, .. Prefix, "rollback", "--run", run, "--if-unconfirmed", "--state-dir", Paths.Folder, "--run-dir", Paths.RunFolder];

    /// <summary><c>guard --run ID --after SECONDS --state-dir FOLDER --run-dir FOLDER</c>: waits, then does the same by <see cref="GuardLoop"/>.</summary>
    public IReadOnlyList<string> Guard(string run, TimeSpan after) =>
        [Program, .. Prefix, "guard", "--run", run, "--after", $"{after.TotalSeconds:0.###}", "--state-dir", Paths.Folder, "--run-dir", Paths.RunFolder];
}
