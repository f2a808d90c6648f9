namespace Cloudlet.Guest.Tests.Persistence;

/// <summary>
/// Faults that a container cannot have, because it shares clock, limits and memory with the machine: here the daemon has its own kernel.
/// </summary>
[Collection(nameof(GuestLab))]
public sealed class HostFaultSpecs(ConvergeGuest site)
{
    private const string Meal = "meal.service";

    /// <summary>A service that allocates memory when told to, with a low limit.</summary>
    private const string Eater = $$"""
        health: {fullLook: 10}
        units:
          {{Meal}}:
            enabled: true
            running: true
            content: |
              [Service]
              MemoryMax=24M
              MemorySwapMax=0
              ExecStart=/bin/sh -c 'while [ ! -e /run/hungry ]; do sleep 0.1; done; rm /run/hungry; head -c 200M /dev/zero | tail -c 200M'

              [Install]
              WantedBy=multi-user.target
        """;

    private const string BreakAll = "ip link delete cloudlet0; echo by hand >/etc/motd; sed -i s/first/third/ /etc/cloudlet/dependent.conf";
    private const string Status = "/run/cloudlet/health/status.json";

    [Theory]
    [InlineData("+1 hour")]
    [InlineData("-1 hour")]
    public async Task After_the_clock_jumps_breakage_is_still_healed(string jump)
    {
        await BeginAsync();
        var before = await site.Host.OutputOfAsync(
            $"systemctl show -P MainPID {Meal} cloudlet-healthd | sort; systemctl show -P NRestarts cloudlet-healthd"
        );

        await site.Host.OutputOfAsync($"date -s \"$(date -d '{jump}')\"; sleep 3");
        var after = await site.Host.OutputOfAsync(
            $"systemctl show -P MainPID {Meal} cloudlet-healthd | sort; systemctl show -P NRestarts cloudlet-healthd"
        );
        await site.Host.OutputOfAsync(BreakAll);

        await HealedAsync();
        after.ShouldBe(before, "the jump itself must not restart anything");
    }

    [Theory]
    [InlineData("fs.inotify.max_user_watches", 3)]
    [InlineData("fs.inotify.max_user_instances", 0)]
    public async Task Without_inotify_an_alarm_is_raised_and_a_full_look_heals(string limit, int left)
    {
        await BeginAsync();
        var usual = await site.Host.OutputOfAsync($"sysctl -n {limit}");
        try
        {
            await site.Host.OutputOfAsync($"sysctl -q -w {limit}={left}; systemctl restart cloudlet-healthd");
            await EventuallyAsync($"grep -q '\"kind\":\"events-limited\"' {Status}");
            await site.Host.OutputOfAsync(BreakAll);

            await EventuallyAsync(
                "! grep -q hand /etc/motd && ip link show cloudlet0 && cmp /etc/cloudlet/dependent.conf /run/dependent && grep -q "
                    + "first /run/dependent"
            );
        }
        finally
        {
            await site.Host.OutputOfAsync($"sysctl -q -w {limit}={usual}");
        }

        await HealedAsync();
    }

    [Fact]
    public async Task A_service_killed_for_lack_of_memory_is_started_again()
    {
        await BeginAsync();
        var first = await site.Host.OutputOfAsync($"systemctl show -P InvocationID {Meal}");

        await site.Host.OutputOfAsync("touch /run/hungry");
        await EventuallyAsync($"[ \"$(systemctl show -P InvocationID {Meal})\" != {first} ]");

        (await site.Host.OutputOfAsync($"journalctl -q -b -u {Meal} -o cat")).ShouldContain("oom-kill");
        await HealedAsync();
    }

    private async Task BeginAsync()
    {
        await site.Host.UpAsync();
        (await site.RunAsync("apply", Overlay)).ShouldExitWith(0);
        await HealedAsync();
    }

    private string Overlay => field ??= site.Write(Eater);

    /// <summary>Waits until the host is as described and its daemon reports that everything is well.</summary>
    private async Task HealedAsync()
    {
        await EventuallyAsync($"grep -q '\"alarms\":\\[\\]' {Status} && ! grep -o '\"state\":\"[^\"]*\"' {Status} | grep -v '\"ok\"'");
        (await site.RunAsync("verify", Overlay)).ShouldExitWith(0).Drift.ShouldBeEmpty();
    }

    private async Task EventuallyAsync(string condition) =>
        await site.Host.OutputOfAsync(
            $"end=$(($(cut -d. -f1 /proc/uptime) + 180)); while [ $(cut -d. -f1 /proc/uptime) -lt $end ]; do if {{ {condition}; }} "
                + $">/dev/null 2>&1; then exit 0; fi; sleep 0.3; done; cat {Status}; "
                + "journalctl -q -b -n 30 -o cat; exit 1"
        );
}
