using Cloudlet.Lab.Model;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.Health;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Nova;

/// <summary>A lab host that is prepared for Nova.</summary>
public sealed class NovaHost() : LabHostFixture(LabBoot.Networkd)
{
    protected override LabFlavor With => LabFlavor.Nova;
}

/// <summary>A host with Debian's Nova and a health daemon.</summary>
public class NovaConverge : ConvergeHost
{
    /// <summary>The host of templates/sites/nova.yaml.</summary>
    public NovaConverge()
        : base(new NovaHost(), LabBoot.Networkd, "healthd.yaml") { }

    /// <summary>The same with another example layered over it.</summary>
    protected NovaConverge(string example)
        : base(new NovaHost(), LabBoot.Networkd, "healthd.yaml", example) { }

    /// <summary>Nova, as its users see it.</summary>
    internal NovaCloud Cloud => field ??= new(ShellAsync);

    protected override string Site => "nova.yaml";

    /// <summary>Waits until the host is as described and its compute service is up.</summary>
    public async Task BeginAsync()
    {
        await Host.UpAsync();
        await ShellAsync($"test -e /etc/cloudlet/secrets/rabbit || ( {NovaCloud.Secret} )");

        // A heal of Nova's services takes longer than an apply waits for the daemon; the apply restarts the daemon.
        await ShellAsync("systemctl stop cloudlet-healthd 2>/dev/null || true");
        await ConvergeAsync();
        await Cloud.ComputeIsAsync("up");
    }
}

/// <summary>Specs that share one host with Nova.</summary>
[CollectionDefinition(nameof(NovaLab))]
public sealed class NovaLab : ICollectionFixture<NovaConverge>;

/// <summary>Real Nova: only guests (its own fake driver) and networks are simulated.</summary>
[Collection(nameof(NovaLab))]
public sealed class NovaSpecs(NovaConverge site)
{
    private const string Runs =
        "for u in nova-api nova-conductor nova-scheduler nova-compute rabbitmq-server; do echo $u $(systemctl show -P InvocationID "
        + "$u); done";

    private readonly HealedHost _host = new(site);

    [Fact]
    public async Task One_site_file_makes_a_host_that_runs_servers()
    {
        await site.BeginAsync();

        (await site.Cloud.BootAsync()).Status.ShouldBe("ACTIVE");
        (await site.RunAsync("verify")).ShouldExitWith(0).Drift.ShouldBeEmpty();
    }

    [Fact]
    public async Task No_valid_host_because_of_a_stale_password_is_healed_by_restarting_only_the_stale_service()
    {
        await site.BeginAsync();
        await site.ShellAsync("systemctl stop cloudlet-healthd");
        await site.ShellAsync(NovaCloud.StalePassword);
        await site.Cloud.ComputeIsAsync("down");
        var failed = await site.Cloud.BootAsync();
        failed.Status.ShouldBe("ERROR");
        failed.Fault.ShouldNotBeNull().ShouldContain("No valid host was found. There are not enough hosts available.");
        var before = (await site.ShellAsync(Runs)).Split('\n');

        await site.ShellAsync("systemctl start cloudlet-healthd");
        await site.Cloud.ComputeIsAsync("up");

        await site.Cloud.RunsAsync();
        var after = (await site.ShellAsync(Runs)).Split('\n');
        after.Except(before).ShouldHaveSingleItem().ShouldStartWith("nova-compute ");
        await _host.HealedAsync(minutes: 4);
    }

    /// <summary>
    /// Makes the compute service able to hang: on SIGUSR1 the thread that does everything sleeps, and does not yield.
    /// </summary>
    private const string CanHang = """
        mkdir -p /run/can-hang /run/systemd/system/nova-compute.service.d
        printf 'import signal\nfrom time import sleep\ndef hang(*_):\n    while True:\n        sleep(3600)\nsignal.signal(signal.SIGUSR1, hang)\n' >/run/can-hang/usercustomize.py
        printf '[Service]\nEnvironment=PYTHONPATH=/run/can-hang\n' >/run/systemd/system/nova-compute.service.d/hang.conf
        systemctl daemon-reload; systemctl stop cloudlet-healthd nova-compute
        """;

    [Fact]
    public async Task A_hung_compute_service_is_restarted_and_the_next_server_runs()
    {
        await site.BeginAsync();
        await site.ShellAsync(CanHang);
        await site.Cloud.ComputeIsAsync("down");
        await site.ShellAsync("systemctl start nova-compute cloudlet-healthd");
        await site.Cloud.ComputeIsAsync("up");
        (await site.Cloud.BootAsync()).Status.ShouldBe("ACTIVE");
        var before = (await site.ShellAsync(Runs)).Split('\n');

        var pid = await site.ShellAsync("pid=$(systemctl show -P MainPID nova-compute); kill -USR1 $pid; echo $pid");
        await site.Cloud.ComputeIsAsync("down");
        (
            await site.ShellAsync(
                $"systemctl is-active nova-compute; systemctl show -P MainPID nova-compute; grep State: /proc/{pid}/status"
            )
        ).ShouldBe($"active\n{pid}\nState:\tS (sleeping)");
        await LabHosts.LabHostFixture.EventuallyAsync(
            async () => await site.ShellAsync(Runs) is var now && now.Split('\n').Except(before).Any(),
            "the compute service is restarted",
            minutes: 5
        );
        await site.Cloud.ComputeIsAsync("up");

        await site.Cloud.RunsAsync();
        (await site.ShellAsync(Runs)).Split('\n').Except(before).ShouldHaveSingleItem().ShouldStartWith("nova-compute ");
        await _host.HealedAsync(minutes: 4);
        (await _host.RecordsAsync()).ShouldContain(r =>
            r.GetProperty("because").GetString() == "a process that has not run for 120 s" && r.GetProperty("left").GetArrayLength() == 0
        );
        await site.ShellAsync("rm -r /run/systemd/system/nova-compute.service.d /run/can-hang; systemctl daemon-reload");
    }

    [Theory]
    [InlineData("systemctl kill -s KILL nova-compute")]
    [InlineData("systemctl kill -s STOP nova-compute")]
    [InlineData("sed -i 's/^my_ip = .*/my_ip = 10.80.0.9/' /etc/nova/nova.conf; systemctl restart nova-compute")]
    [InlineData("ip link delete cloudlet0; systemctl stop nova-compute nova-conductor")]
    public async Task Breakage_by_an_operator_is_healed_and_the_next_server_runs(string broken)
    {
        await site.BeginAsync();
        await site.ShellAsync($"{broken}; sleep 2");

        await _host.HealedAsync(minutes: 4);
        await site.Cloud.ComputeIsAsync("up");

        await site.Cloud.RunsAsync();
        (await site.Cloud.LoadedIpAsync()).ShouldBe(NovaCloud.OwnIp);
    }
}
