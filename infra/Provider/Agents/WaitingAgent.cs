using Cloudlet.Agent;
using Cloudlet.Converge.Applying;
using Cloudlet.Errors;
using Cloudlet.Machine.Ssh;
using Cloudlet.Provider.Settings;

namespace Cloudlet.Provider.Agents;

/// <summary>A machine over ssh that is waited for while it may be booting.</summary>
/// <param name="target">The machine.</param>
/// <param name="settings">How long to retry, and the user's options for ssh.</param>
/// <param name="program">The single file that is copied there.</param>
/// <param name="unreachable">The machines that recently did not answer.</param>
/// <param name="waiting">How to wait for the machine.</param>
/// <param name="clock">Measures the time.</param>
internal sealed class WaitingAgent(
    SshTarget target,
    ProviderSettings settings,
    string program,
    UnreachableHosts unreachable,
    Waiting waiting,
    TimeProvider clock
) : IAgent
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BeforeTelling = TimeSpan.FromSeconds(2);

    private readonly bool _wasUnreachable = unreachable.Has(target);
    private SshAgent? _opened;

    private TimeSpan Limit =>
        _wasUnreachable && settings.ConnectTimeout > UnreachableHosts.ShortLook ? UnreachableHosts.ShortLook : settings.ConnectTimeout;

    /// <inheritdoc cref="SshAgent.Carried"/>
    public CarriedProgram? Carried { get; init; }

    private SshAgent Agent =>
        _opened ??= new SshAgent(target, new SshOptions(settings.SshOptions, settings.SshConfig) { LoginTimeout = Limit }, () => program)
        {
            Carried = Carried,
        };

    /// <inheritdoc/>
    public async Task AskAsync(AgentRequest request, ConvergeEventSink events, CancellationToken ct)
    {
        await ReachAsync(ct);
        await Agent.AskAsync(request, events, ct);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _opened?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task ReachAsync(CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var isFirst = true;
        await using var telling = clock.CreateTimer(_ => Tell(), null, BeforeTelling, LongestPause);
        for (var pause = FirstPause; ; pause = TimeSpan.FromTicks(Math.Min(2 * pause.Ticks, LongestPause.Ticks)))
        {
            try
            {
                await Agent.ReachAsync(Limit, ct);
                unreachable.Remove(target);
                return;
            }
            catch (CloudletException e)
                when (e.Kind == ErrorKind.Unreachable && waiting.ForItToCome && clock.GetElapsedTime(started) + pause < Limit)
            {
                await Task.Delay(pause, clock, ct);
            }
            catch (CloudletException e) when (e.Kind is ErrorKind.Unreachable or ErrorKind.Timeout or ErrorKind.NotFound)
            {
                unreachable.Add(target);
                throw _wasUnreachable
                    ? new CloudletException(e.Kind, $"{e.Message} (it recently did not answer either, so it was not waited for again)", e)
                    : e;
            }
        }

        void Tell()
        {
            waiting.Tell(
                $"waiting for {target} to answer: {clock.GetElapsedTime(started).TotalSeconds:0} s of at most {Limit.TotalSeconds:0} s",
                isFirst
            );
            isFirst = false;
        }
    }
}
