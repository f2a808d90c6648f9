using Cloudlet.Benchmarks.Common;
using Cloudlet.Errors;

namespace Cloudlet.Benchmarks.Heal;

/// <summary>The lab host of the trials: brings it to the site, starts and stops our daemon.</summary>
internal sealed class HealHost(BenchHost host)
{
    private const string Versions =
        "/root/bench/cloudlet --version | sed 's/^/cloudlet /'; systemctl --version | head -n 1; monit --version | head -n 1; "
        + "cf-agent --version | head -n 1; ansible --version | head -n 1";

    /// <summary>Debian packages of the peers.</summary>
    public static IReadOnlyList<string> Packages { get; } = ["ansible-core", "cfengine3", "monit", "python3"];

    /// <summary>The host's network namespace as a path on this machine.</summary>
    public string NetworkNamespace => host.NetworkNamespace;

    /// <summary>The daemon's records, as a file on this machine.</summary>
    public string Records => host.PathOf("/var/lib/cloudlet/health/heals.jsonl");

    /// <summary>A described file, as a file on this machine.</summary>
    public string ConfigurationFile(int number) => host.PathOf($"/etc/heal-{number}.conf");

    public async Task StartAsync(IProgress<string> progress, CancellationToken ct)
    {
        await host.StartAsync(["Heal/peers"], progress, ct);
        // Services that Debian starts with its packages would only disturb.
        await host.ShellAsync(
            "systemctl -q disable --now monit cfengine3; test -e /var/lib/cfengine3/ppkeys/localhost.priv || cf-key >/dev/null",
            ct
        );
        await File.WriteAllTextAsync(host.PathOf($"{BenchHost.Folder}/site.yaml"), HealSite.Text(), ct);
        await ApplyAsync(ct);
    }

    public Task<string> VersionsAsync(CancellationToken ct) => host.ShellAsync(Versions, ct);

    public Task<string> ShellAsync(string script, CancellationToken ct) => host.ShellAsync(script, ct);

    /// <summary>Makes everything as described, and starts the daemon with full budgets, which it keeps in memory only.</summary>
    public async Task HoldAsync(CancellationToken ct)
    {
        await ApplyAsync(ct);
        await host.ShellAsync("systemctl restart cloudlet-healthd", ct);
        for (var tries = 0; tries < 100; tries++)
        {
            var status = await host.ShellAsync("cat /run/cloudlet/health/status.json", ct);
            if (!status.Contains("\"left-alone\"") && !status.Contains("\"waiting\"") && !status.Contains("\"given-up\""))
                return;
            await Task.Delay(200, ct);
        }

        throw new CloudletException(ErrorKind.Timeout, "the daemon does not find the host as described");
    }

    /// <summary>Makes everything as described, without a daemon.</summary>
    public async Task LetGoAsync(CancellationToken ct)
    {
        await host.ShellAsync("systemctl stop bench-peer 2>/dev/null; true", ct);
        await ApplyAsync(ct);
        await host.ShellAsync("systemctl stop cloudlet-healthd", ct);
    }

    private Task<string> ApplyAsync(CancellationToken ct) => host.ShellAsync("cd /root/bench && ./cloudlet apply site.yaml", ct);
}
