using System.Diagnostics;
using System.Text.Json;
using Cloudlet.Lab.Tests.Converge;

namespace Cloudlet.Lab.Tests.Health.Faults;

/// <summary>How one run of a fault ended.</summary>
/// <param name="Fault">The fault.</param>
/// <param name="Seed">Seed of its random details.</param>
/// <param name="Failure">Why it did not end as expected; null: it did.</param>
/// <param name="Heals">The daemon's records of it.</param>
public sealed record FaultOutcome(Fault Fault, int Seed, string? Failure, IReadOnlyList<JsonElement> Heals);

/// <summary>
/// A lab host for faults: the example site, a service that also loads a folder, and a service from a package.
/// </summary>
public sealed class FaultHost
{
    /// <summary>A service whose unit file is not ours.</summary>
    internal const string Packaged = "pantry.service";

    /// <summary>A folder with the operator's own configuration: the service loads it, and its content is not described.</summary>
    internal const string OwnFolder = "/etc/cloudlet/beacon.d";

    /// <summary>Restores the operator's own configuration.</summary>
    internal const string OwnAsItWas = $"printf '[own]\\nvalue = 1\\n' >{OwnFolder}/own.conf";

    private const string Program = "/usr/local/lib/cloudlet/cloudlet";
    private const string DescribedState = "/root/described.json";

    /// <summary>Applies the described state once more, on the host.</summary>
    internal const string Reapply = $"{Program} apply --state {DescribedState}";

    private const string Described = $$"""
        files:
          {{OwnFolder}}: {directory: true}
        units:
          {{HealedHost.Service}}:
            loads: [{{HealedHost.Beacon}}, {{OwnFolder}}]
          {{Packaged}}: {enabled: true, running: true}
        """;

    private const string Clean = $"""
        umount -q /etc/cloudlet /var/lib/cloudlet/health /var/lib/cloudlet 2>/dev/null || true
        hostname edge-1
        rm -rf /run/pantry-* /run/kept /etc/kept /etc/cloudlet.away /var/lib/cloudlet/health/hold.json
        umount -q {HealedHost.Beacon} || true
        ip netns delete away 2>/dev/null || true
        for l in away0 away1; do ip link delete $l 2>/dev/null || true; done
        printf '[Service]\nExecStartPre=/bin/sh -c "while [ -e /run/pantry-hang ]; do sleep 0.1; done"\nExecStart=/bin/sh -c "test ! -e /run/pantry-crash && exec sleep 100000"\nTimeoutStartSec=1\n[Install]\nWantedBy=multi-user.target\n' >/usr/lib/systemd/system/{Packaged}
        systemctl unmask -q {Packaged}; systemctl daemon-reload; systemctl enable -q {Packaged}
        """;

    /// <summary>Things that are not described, and that every fault and every heal has to leave alone.</summary>
    private const string Byhand =
        "ip link show byhand0 >/dev/null 2>&1 || ip link add byhand0 type bridge; ip address replace 10.77.0.1/24 dev byhand0; echo "
        + "mine >/etc/byhand";
    private const string ByhandIsThere = "ip -brief address show byhand0 | grep -q 10.77.0.1/24 && grep -q mine /etc/byhand";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(1.2);

    private readonly ConvergeHost _site;
    private readonly HealedHost _host;
    private bool _isDescribed;

    /// <summary>The host of a site.</summary>
    public FaultHost(ConvergeHost site)
    {
        _site = site;
        _host = new HealedHost(site, site.Write(Described));
    }

    /// <summary>Causes a fault, waits for its end and checks what was done.</summary>
    public async Task<FaultOutcome> RunAsync(Fault fault, int seed)
    {
        await BeginAsync();
        var begun = DateTimeOffset.UtcNow;
        var runs = await RunsAsync();
        string? failure;
        try
        {
            failure = await EndAsync(fault, seed);
        }
        catch (Exception e) when (e is Errors.CloudletException or Shouldly.ShouldAssertException)
        {
            failure = e.Message;
        }

        await Task.Delay(Settled);
        List<JsonElement> heals = [.. (await _host.RecordsAsync()).Where(r => r.GetProperty("at").GetDateTimeOffset() >= begun)];
        List<JsonElement> alarms = [.. (await _host.AlarmHistoryAsync()).Where(a => a.GetProperty("raised").GetDateTimeOffset() >= begun)];
        var forbidden = HistoryChecker.Check(heals, alarms, DateTimeOffset.UtcNow - begun);
        if (!fault.CutsPower && await RunsAsync() - runs is var restarts && restarts > (fault.KeepsService ? 0 : fault.MostRestarts))
            forbidden = [.. forbidden, $"the service was started {restarts} times"];
        if (!fault.CutsPower && (await _site.Host.ExecAsync("sh", "-c", ByhandIsThere)).ExitCode != 0)
            forbidden = [.. forbidden, "something that is not described was touched"];
        if (
            fault.IsHarmless
            && heals.Any(h =>
                h.GetProperty("seen")
                    .EnumerateArray()
                    .Any(c => !c.GetProperty("id").GetString()!.StartsWith("unit:", StringComparison.Ordinal))
            )
        )
            forbidden = [.. forbidden, "something was healed that was not broken"];
        var all = forbidden.Prepend(failure).OfType<string>().ToList();
        return new FaultOutcome(fault, seed, all.Count == 0 ? null : string.Join("; ", all), heals);
    }

    private async Task BeginAsync()
    {
        await _site.Host.UpAsync();
        await _site.Host.ExecAsync("sh", "-c", Clean);
        if (!_isDescribed)
        {
            await _host.BeginAsync();
            await _site.ShellAsync($"{OwnAsItWas}; cp /var/lib/cloudlet/applied.json {DescribedState}");
            _isDescribed = true;
        }

        // A new run of the daemon starts with a full budget.
        await _site.ShellAsync(
            $"{Byhand}; {OwnAsItWas}; rm -f {OwnFolder}/radio.conf; {Reapply} >/dev/null; systemctl reset-failed; systemctl restart "
                + "cloudlet-healthd"
        );
        await WaitAsync(IsHealedAsync, "the host is healthy before the fault");
    }

    private async Task<string?> EndAsync(Fault fault, int seed)
    {
        await _site.ShellAsync(fault.Script(new Random(seed)));
        if (fault.CutsPower)
            await _site.Host.PowerCutAsync();
        if (fault.Alarm is { } alarm)
        {
            await WaitAsync(async () => (await _host.AlarmsAsync()).Contains(alarm), $"the alarm {alarm}");
            await Task.Delay(Settled);
            var stays = await _site.Host.ExecAsync("sh", "-c", fault.Stays);
            if (stays.ExitCode != 0)
                return $"failed while the alarm was active: {fault.Stays}";
            await _site.ShellAsync(fault.Undo);
        }

        await WaitAsync(IsHealedAsync, "the host is as described, and no alarm is left");
        return null;
    }

    private async Task<bool> IsHealedAsync() =>
        await _host.IsWellAsync() && (await _site.Host.ExecAsync(Program, "verify", "--state", DescribedState)).ExitCode == 0;

    /// <summary>Number of starts of the service since the boot.</summary>
    private async Task<int> RunsAsync() =>
        int.Parse(
            await _site.ShellAsync(
                $"journalctl -q -b -u {HealedHost.Service} -o cat JOB_TYPE=start JOB_RESULT=done + JOB_TYPE=restart JOB_RESULT=done "
                    + $"-u {HealedHost.Service} | grep -c '^Started' || true"
            )
        );

    private async Task WaitAsync(Func<Task<bool>> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > Limit)
                throw new Errors.CloudletException(
                    Errors.ErrorKind.Timeout,
                    $"after {Limit.TotalMinutes:0} min still not: {what}. {await StateAsync()}"
                );
            await Task.Delay(100);
        }
    }

    private async Task<string> StateAsync()
    {
        var verify = await _site.Host.ExecAsync(Program, "verify", "--state", DescribedState);
        var notWell = (await _host.StatusAsync())
            ?.GetProperty("resources")
            .EnumerateArray()
            .Where(r => r.GetProperty("state").GetString() != "ok")
            .Select(r => r.GetRawText());
        return $"Status: {string.Join(", ", notWell ?? ["none"])}; alarms: {string.Join(", ", await _host.AlarmsAsync())}; verify: "
            + $"{verify.Output}";
    }
}
