using System.Globalization;
using System.Text.Json;

namespace Cloudlet.Synthesis.Vms;

/// <summary>How the clock of a guest was found and left.</summary>
/// <param name="IsRight">True when it shows this machine's time now.</param>
/// <param name="Note">What is to be said about it.</param>
public sealed record ClockNote(bool IsRight, string Note);

/// <summary>A resumed guest takes up its life where it was sealed, and so does its clock.</summary>
public static class GuestClock
{
    private static readonly TimeSpan s_near = TimeSpan.FromSeconds(3);

    /// <summary>Sets the guest's clock to this machine's through the guest agent; when none answers within <paramref name="limit"/>, the note says so.</summary>
    public static async Task<ClockNote> CorrectAsync(RunningVm vm, TimeSpan limit, CancellationToken ct)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(limit);
        try
        {
            using var agent = await GuestAgent.FindAsync(vm, timeout.Token);
            if (agent is null)
                return Stale($"no guest agent answered within {limit.TotalSeconds:0} s (package qemu-guest-agent)");
            var now = (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;

            // The answer is not asked for its opinion: the agent sets the clock and then fails where the guest lacks hwclock(8).
            await agent.ExecuteAsync($"{{\"execute\":\"guest-set-time\",\"arguments\":{{\"time\":{now.ToString(CultureInfo.InvariantCulture)}}}}}", timeout.Token);
            var answer = await agent.ExecuteAsync("{\"execute\":\"guest-get-time\"}", timeout.Token);
            if (answer is not { ValueKind: JsonValueKind.Number } time || !time.TryGetInt64(out var nanoseconds))
                return Stale("its guest agent did not tell the time");
            var off = TimeSpan.FromTicks((nanoseconds / 100) - (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks);
            return off.Duration() < s_near ? new ClockNote(true, "the guest's clock was set to this machine's") : Stale($"its guest agent did not set it: it is {off.TotalSeconds:0} s off");
        }
        catch (Exception e) when (e is IOException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return Stale($"its guest agent did not answer within {limit.TotalSeconds:0} s");
        }
    }

    private static ClockNote Stale(string why) => new(false, $"the guest's clock still shows the time when its state was saved: {why}. Set it in the guest, or let it run a time service");
}
