using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.Resources.Guards;

/// <summary>
/// Starts a process in its own session with /dev/null as input and output, in one step (posix_spawn(3)): at no moment would our exit
/// end it too.
/// </summary>
internal static class DetachedProcess
{
    /// <summary>Starts a program with our environment; when this returns, it has started to execute.</summary>
    /// <param name="words">Absolute path of the program, then its arguments.</param>
    /// <exception cref="CloudletException">NotFound: the program does not exist; otherwise Unexpected.</exception>
    public static ProcessIdentity Start(IReadOnlyList<string> words)
    {
        var variables = new List<string>();
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
            variables.Add($"{variable.Key}={variable.Value}");
        var errno = SpawnCalls.Spawn(new SpawnedProgram(words[0], words, variables) { IsDetached = true }, out var pid);
        if (errno != 0)
            throw new CloudletException(
                errno == Errno.ENOENT ? ErrorKind.NotFound : ErrorKind.Unexpected,
                $"start {words[0]} as a separate process: {Marshal.GetPInvokeErrorMessage(errno)}"
            );
        return ProcessIdentity.Find(pid)
            ?? throw new CloudletException(
                ErrorKind.Unexpected,
                $"start {words[0]}: the process (pid {pid}) exited immediately; run `{string.Join(' ', words)}` to see why"
            );
    }

    /// <summary>Kills exactly this process; it is not an error if it has exited.</summary>
    public static void End(ProcessIdentity process)
    {
        // Not through a pidfd: namespaces are guarded on kernels without it, too.
        if (process.IsAlive)
            _ = ProcessCalls.Kill(process.Pid, ProcessCalls.SIGKILL);

        // Reap it if it is a child of ours; if it is not, the error does not matter.
        _ = ProcessCalls.Wait(process.Pid, ProcessCalls.WNOHANG);
    }
}
