using System.Globalization;
using System.Text.Json;

namespace Cloudlet.Synthesis.Vms;

/// <summary>Result of setting a guest's clock.</summary>
/// <param name="IsRight">True when it shows this machine's time now.</param>
/// <param name="Note">The message about it.</param>
public sealed record ClockNote(bool IsRight, string Note);

/// <summary>Corrects the clock of a resumed guest, which continues at the time when it was sealed.</summary>
public static class GuestClock
{
    private static readonly TimeSpan Near = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Sets the guest's clock to this machine's through the guest agent. The note tells when no agent answers within
    /// <paramref name="limit"/>.
    /// </summary>
    public static async Task<ClockNote> CorrectAsync(RunningVm vm, TimeSpan limit, CancellationToken ct)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(limit);
        try
        {
            using var agent = await GuestAgent.FindAsync(vm, timeout.Token);
            if (agent is null)
                return Stale("no guest agent answers in it (package qemu-guest-agent)");
            var off = await OffAsync(agent, timeout.Token);
            if (off is { } found)
            {
                await ShiftAsync(agent, -found.Estimate, timeout.Token);
                off = await OffAsync(agent, timeout.Token);
            }

            if (!IsNear(off))
            {
                // The answer is ignored: where hwclock(8) is missing, the agent reports failure after it has set the clock.
                await agent.ExecuteAsync(
                    $"{{\"execute\":\"guest-set-time\",\"arguments\":{{\"time\":"
                        + $"{(SinceEpoch.Ticks * 100).ToString(CultureInfo.InvariantCulture)}}}}}",
                    timeout.Token
                );
                off = await OffAsync(agent, timeout.Token);
            }

            return off switch
            {
                null => Stale("its guest agent did not report the time"),
                _ when IsNear(off) => new ClockNote(true, "the guest's clock was set to this machine's"),
                { } by => Stale($"its guest agent did not set it: it is {by.Estimate.TotalSeconds:0} s off"),
            };
        }
        catch (Exception e) when (e is IOException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            return Stale($"its guest agent did not answer within {limit.TotalSeconds:0} s");
        }
    }

    private static TimeSpan SinceEpoch => DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch;

    /// <summary>
    /// Sets the clock by date(1) where the agent runs programs. The agent's guest-set-time also writes the hardware clock, for which
    /// hwclock(8) waits for the right part of a second: up to one second on an idle machine, many on a busy one, where it keeps missing it.
    /// QEMU's hardware clock is right anyway. The clock is shifted, not set to a time: the first program after a resume takes a second to
    /// start, and an absolute time would be as old by then.
    /// </summary>
    private static async Task ShiftAsync(GuestAgent agent, TimeSpan by, CancellationToken ct)
    {
        var seconds = by.TotalSeconds;
        await agent.RunAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"date -u -s '{seconds:F3} seconds' || date -u -s @$(($(date +%s) + {seconds:F0}))"
            ),
            ct
        ); // BusyBox's date takes absolute times only
    }

    private static bool IsNear(Offset? off) => off is { } by && by.Estimate.Duration() - by.Doubt < Near;

    /// <summary>How far the guest's clock is ahead of this machine's; null when the agent does not report it.</summary>
    private static async Task<Offset?> OffAsync(GuestAgent agent, CancellationToken ct)
    {
        var asked = SinceEpoch;
        if (
            await agent.ExecuteAsync("{\"execute\":\"guest-get-time\"}", ct) is not { ValueKind: JsonValueKind.Number } time
            || !time.TryGetInt64(out var nanoseconds)
        )
            return null;
        var doubt = (SinceEpoch - asked) / 2;
        return new Offset(TimeSpan.FromTicks((nanoseconds / 100) - (asked + doubt).Ticks), doubt);
    }

    private static ClockNote Stale(string why) =>
        new(
            false,
            $"the guest's clock still shows the time when its state was saved: {why}. Set it in the guest, or let it run a time service"
        );

    /// <summary>How far a clock is ahead. The doubt is due to the time that the answer took.</summary>
    private sealed record Offset(TimeSpan Estimate, TimeSpan Doubt);
}
