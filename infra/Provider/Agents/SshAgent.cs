using Cloudlet.Converge.Applying;
using Cloudlet.Errors;
using Cloudlet.Machine.Ssh;

namespace Cloudlet.Provider.Agents;

/// <summary>A machine that is reached over ssh. One that does not answer yet, as a machine that is just booting, is tried again for a bounded time.</summary>
/// <param name="target">The machine.</param>
/// <param name="settings">How long to try, and the user's options for ssh.</param>
/// <param name="program">The single file that is copied there.</param>
/// <param name="clock">Tells how long it has been.</param>
internal sealed class SshAgent(SshTarget target, ProviderSettings settings, string program, TimeProvider clock) : IAgent
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly SshConnection connection = new(target, settings.SshOptions, settings.ConnectTimeout, settings.SshConfig);

    /// <inheritdoc/>
    public async Task AskAsync(AgentRequest request, ConvergeEventSink events, CancellationToken ct)
    {
        await ReachAsync(ct);
        var words = new List<string>();
        var exit = await new AgentInstaller(connection, program).RunAsync(["agent"], request.ToBytes(), EventLines.To(events, target.ToString()), ct, words.Add, Copying(events));
        if (exit != 0)
            throw new CloudletException(ErrorKind.ProcessFailed, $"the agent on {target} ended with {exit}: {string.Join(" | ", words.TakeLast(5))}");
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task ReachAsync(CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        for (var pause = FirstPause; ; pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, LongestPause.Ticks)))
        {
            try
            {
                await connection.RunAsync(["true"], settings.ConnectTimeout, ct);
                return;
            }
            catch (CloudletException e) when (e.Kind == ErrorKind.Unreachable && clock.GetElapsedTime(started) + pause < settings.ConnectTimeout)
            {
                await Task.Delay(pause, clock, ct);
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
}
