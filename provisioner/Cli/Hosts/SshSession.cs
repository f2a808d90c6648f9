using System.Text.Json;
using Cloudlet.Converge.Applying;
using Cloudlet.Errors;
using Cloudlet.Machine.Ssh;

namespace Cloudlet.Cli.Hosts;

/// <summary>A remote host over OpenSSH; the engine runs there, in an agent that is this very program.</summary>
/// <param name="target">The host.</param>
/// <param name="options">The user's options for ssh.</param>
internal sealed class SshSession(SshTarget target, SshOptions options) : IHostSession
{
    public async Task RunAsync(HostRequest request, ConvergeEventSink events, CancellationToken ct)
    {
        await using var connection = new SshConnection(target, options.Extra, options.LoginTimeout, options.ConfigFile);
        var agent = new AgentInstaller(connection, Executable());
        var words = new List<string>();
        var exit = await agent.RunAsync(["agent"], request.ToBytes(), Read, ct, words.Add, Copying(events));
        if (exit != 0)
            throw new CloudletException(ErrorKind.ProcessFailed, $"the agent on {target} ended with {exit}: {string.Join(" | ", words.TakeLast(5))}; the host may be changed in part, the same apply goes on from there");

        void Read(string line)
        {
            try
            {
                events(ConvergeEventJson.Parse(line));
            }
            catch (JsonException e)
            {
                // A shell start file that prints, or a hostile host: never shown raw, never taken for an event.
                events(new Noticed($"{target} sent a line that is no event ({e.Message}); does a shell start file print something?"));
            }
        }
    }

    private static Progress<long> Copying(ConvergeEventSink events)
    {
        var said = 0;
        return new Progress<long>(_ =>
        {
            if (Interlocked.Exchange(ref said, 1) == 0)
                events(new Noticed("copying the agent to the host, once for this version"));
        });
    }

    /// <summary>This program's own file, if it is one that can run elsewhere.</summary>
    private static string Executable() =>
        LocalHosts.SingleFile
            ?? throw new CloudletException(ErrorKind.Unsupported, "this build needs files beside it and cannot be copied to a remote host; make the single file with `build/publish` and run that");
}

/// <summary>The user's options for ssh.</summary>
/// <param name="Extra">As after ssh's -o.</param>
/// <param name="ConfigFile">A configuration file instead of the user's own, or null.</param>
internal sealed record SshOptions(IReadOnlyList<string> Extra, string? ConfigFile)
{
    /// <summary>How long connecting and logging in may take; null for the default.</summary>
    public TimeSpan? LoginTimeout { get; init; }
}
