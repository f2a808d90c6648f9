using System.Diagnostics;
using Cloudlet.Errors;
using Cloudlet.Guest.Tests.Guests;

namespace Cloudlet.Guest.Tests.Persistence;

/// <summary>
/// The power is cut at a random moment of an apply or of a heal, on a file system as hosts have it and with a drive that loses what it has
/// not flushed. <c>CLOUDLET_CUTS</c>: how often (3). <c>CLOUDLET_SEED</c>: the first of that many seeds, one for each cut, for repeating
/// them; the guest itself never repeats exactly.
/// </summary>
[Collection(nameof(GuestLab))]
public sealed class PowerCutSpecs(ConvergeGuest site)
{
    private static readonly int Cuts = Number("CLOUDLET_CUTS") ?? 3;
    private static readonly int Seed = Number("CLOUDLET_SEED") ?? Random.Shared.Next(1_000_000);

    private readonly GuestStates _states = new(site);

    /// <summary>Writes whole files by hand, so that a torn file must come from our program.</summary>
    private const string ByHand = """
        echo by hand >/root/by-hand; sync /root/by-hand; mv /root/by-hand /etc/cloudlet/dependent.conf; rm /etc/motd
        ip link delete cloudlet0
        """;

    [Fact]
    public async Task After_a_power_cut_the_host_reaches_its_digest_unattended_and_nothing_is_torn()
    {
        await site.BeginAsync();
        await _states.PrepareAsync();
        var times = await MeasureAsync();
        for (var cut = 0; cut < Cuts; cut++)
        {
            var chance = new Random(Seed + cut);
            var isHeal = (Seed + cut) % 2 != 0;
            var moment = times.Least + (chance.NextDouble() * ((isHeal ? times.Heal : times.Apply) - times.Least));
            var where =
                $"cut {cut + 1} of {Cuts}, {moment.TotalMilliseconds:0} ms into "
                + $"{(isHeal ? "a heal" : $"the apply of {_states.Other.Path}")} "
                + $"(CLOUDLET_SEED={Seed + cut} CLOUDLET_CUTS=1)";
            GuestLog.Say(where);

            var isDone = await CutAsync(isHeal ? ByHand : _states.ApplyOther, moment, chance);
            await site.Host.UpAsync();

            await site.LinkWasThereFirstAsync(where);
            await _states.NothingIsTornAsync(isHeal, where);
            await _states.SettleAsync(mayBeOther: !isHeal, mustBeOther: !isHeal && isDone, where);
        }
    }

    /// <summary>Measures the time of an empty command in the guest, an apply, and a heal.</summary>
    private async Task<(TimeSpan Least, TimeSpan Apply, TimeSpan Heal)> MeasureAsync()
    {
        var least = await TimeAsync("true");
        var apply = await TimeAsync(_states.ApplyOther);
        _states.Arrived();
        var heal = await TimeAsync(
            $"{ByHand}\nuntil [ -e /etc/motd ] && ip link show cloudlet0 >/dev/null 2>&1 && [ \"$(cat /etc/cloudlet/dependent.conf "
                + "/run/dependent | uniq | wc -l)\" = 1 ]; do sleep 0.1; done"
        );
        GuestLog.Say(
            $"an apply takes {apply.TotalMilliseconds:0} ms, a heal {heal.TotalMilliseconds:0} ms, saying nothing "
                + $"{least.TotalMilliseconds:0} ms"
        );
        return (least, apply, heal);
    }

    private async Task<TimeSpan> TimeAsync(string script)
    {
        var watch = Stopwatch.StartNew();
        await site.Host.OutputOfAsync(script);
        return watch.Elapsed;
    }

    /// <summary>True when the script had finished and reported it before the power was cut.</summary>
    private async Task<bool> CutAsync(string script, TimeSpan moment, Random chance)
    {
        var run = site.Host.ExecAsync(script);
        await Task.Delay(moment);
        var isDone = run.IsCompletedSuccessfully;
        await site.Host.CutAsync(chance);
        try
        {
            (await run).ExitCode.ShouldBeOneOf(0, 255);
        }
        catch (CloudletException e) when (e.Kind is ErrorKind.Unreachable or ErrorKind.Timeout)
        {
            // The connection died with the guest.
        }

        return isDone;
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) ? number : null;
}
