using System.Diagnostics;
using Cloudlet.Benchmarks.Common;
using Cloudlet.Benchmarks.Heal;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Benchmarks.Idle;

/// <summary>The lab host with our daemon and templates/sites/single-host.yaml.</summary>
internal sealed class IdleHost(BenchHost host)
{
    /// <summary>The service of our daemon.</summary>
    public const string Ours = "cloudlet-healthd";

    private const string Versions =
        "/root/bench/cloudlet --version | sed 's/^/cloudlet /'; systemctl --version | head -n 1; monit --version | head -n 1; "
        + "cf-agent --version | head -n 1; ";

    private const string Storm = "storm0";

    /// <summary>The packages of the other benchmark, so that one image serves both.</summary>
    public static IReadOnlyList<string> Packages => HealHost.Packages;

    public async Task StartAsync(IProgress<string> progress, CancellationToken ct)
    {
        await host.StartAsync(["Idle/peers", Path.Combine(Published.Root(), "templates", "sites")], progress, ct);
        // Stopped until they are measured.
        await host.ShellAsync(
            "systemctl -q disable --now monit cfengine3; cf-key >/dev/null; cp /root/bench/promises.cf /var/lib/cfengine3/inputs/",
            ct
        );
        var stand = await host.ExecAsync(["ip", "link", "add", "probe", "type", "dummy"], ct) is { ExitCode: 0 }
            ? ""
            : "no-dummy-driver.yaml ";
        await host.ShellAsync("ip link delete probe 2>/dev/null; true", ct);
        await host.ShellAsync($"cd /root/bench && ./cloudlet apply single-host.yaml {stand}local.yaml healthd.yaml", ct);
    }

    public async Task<IReadOnlyList<string>> VersionsAsync(CancellationToken ct) => (await host.ShellAsync(Versions, ct)).Split('\n');

    public Task<string> ShellAsync(string script, CancellationToken ct) => host.ShellAsync(script, ct);

    /// <summary>
    /// The values of a service's main process; systemd does not know that of an init script, but its program has the same name.
    /// </summary>
    public async Task<Figures> FiguresAsync(string service, CancellationToken ct) =>
        Figures.Parse(
            await host.ShellAsync(
                $"p=$(systemctl show -P MainPID {service}); test $p != 0 || p=$(pidof -s {service}); sh /root/bench/figures.sh $p",
                ct
            )
        );

    /// <summary>Measures services over a period in which nothing is done to the host.</summary>
    public async Task<IReadOnlyList<IdleProcess>> WatchAsync(IReadOnlyList<string> services, TimeSpan period, CancellationToken ct)
    {
        var begin = new Dictionary<string, (Figures Figures, long At)>();
        foreach (var service in services)
            begin[service] = (await FiguresAsync(service, ct), Stopwatch.GetTimestamp());
        await Task.Delay(period, ct);
        var processes = new List<IdleProcess>();
        foreach (var service in services)
        {
            var end = await FiguresAsync(service, ct);
            processes.Add(new IdleProcess(service, begin[service].Figures, end, Stopwatch.GetElapsedTime(begin[service].At).TotalSeconds));
        }

        return processes;
    }

    /// <summary>
    /// Adds and removes an address of an undescribed link, until there are <paramref name="events"/> messages about addresses; the kernel
    /// sends more about their routes.
    /// </summary>
    public async Task StormAsync(int events, CancellationToken ct)
    {
        await host.ShellAsync($"ip link add {Storm} type bridge && ip link set {Storm} up", ct);
        using var links = RouteNetlink.Open(host.NetworkNamespace);
        var index = links.Find(Storm)!.Index;
        var address = new AddressInfo("10.99.0.1", 24);
        for (var i = 0; i < events; i += 2)
        {
            links.AddAddress(index, address);
            links.RemoveAddress(index, address);
            // In bursts that are too short to make the daemon lose events, after which it would no longer handle them one by one.
            if (i % 200 == 0)
                await Task.Delay(10, ct);
        }

        links.Delete(index);
    }
}
