using System.Diagnostics;

namespace Cloudlet.Guest.Tests.Guests;

/// <summary>
/// A program that is killed when this process ends, however it ends. A shell holds the other end of a pipe: when the kernel closes ours,
/// the shell kills its child, by the id that only it can wait for.
/// </summary>
internal sealed class GuestProcess : IAsyncDisposable
{
    private const string Keeper = """
        exec >>"$1" 2>&1 3<&0 </dev/null
        shift
        "$@" 3<&- & guest=$!
        { read -r _ <&3; kill -KILL "$guest"; } & keeper=$!
        wait "$guest"; status=$?
        kill "$keeper" 2>/dev/null
        exit $status
        """;

    private readonly Process _shell;

    /// <summary>Starts the program.</summary>
    /// <param name="log">File for its output.</param>
    /// <param name="command">Program and arguments.</param>
    public GuestProcess(string log, IEnumerable<string> command)
    {
        var start = new ProcessStartInfo("sh", ["-c", Keeper, "keeper", log, .. command])
        {
            RedirectStandardInput = true,
            UseShellExecute = false,
        };
        _shell = Process.Start(start) ?? throw new InvalidOperationException("sh could not be started");
    }

    /// <summary>True until the program has exited, by itself or not.</summary>
    public bool IsRunning => !_shell.HasExited;

    /// <summary>Waits for the program to exit by itself; false on timeout.</summary>
    public async Task<bool> EndsWithinAsync(TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        try
        {
            await _shell.WaitForExitAsync(timeout.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Kills the program and waits until it is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }
}
