using Cloudlet.Benchmarks.Common;
using Cloudlet.Lab.Tests.Nova;

namespace Cloudlet.Benchmarks.Nova;

/// <summary>The lab host with our daemon and templates/sites/nova.yaml.</summary>
internal sealed class NovaHost(BenchHost host, CancellationToken ct)
{
    private const string Versions =
        "/root/bench/cloudlet --version | sed 's/^/cloudlet /'; for p in nova-compute placement-api glance-api rabbitmq-server; do "
        + "dpkg-query -W -f '${Package} ${Version}\\n' $p; done; grep -h "
        + "'report_interval\\|service_down_time' /etc/nova/nova.conf";

    private string _files = "";

    /// <summary>Nova, as its users see it.</summary>
    public NovaCloud Cloud => field ??= new(ShellAsync);

    public async Task StartAsync(IProgress<string> progress)
    {
        await host.StartAsync(["Nova/peers", Path.Combine(Published.Root(), "templates", "sites")], progress, ct);
        var stand = await host.ExecAsync(["ip", "link", "add", "probe", "type", "dummy"], ct) is { ExitCode: 0 }
            ? ""
            : "no-dummy-driver.yaml ";
        await ShellAsync("ip link delete probe 2>/dev/null || true");
        _files = $"nova.yaml {stand}healthd.yaml nova-local.yaml";
        await ShellAsync(NovaCloud.Secret);
        progress.Report("apply");
        await ApplyAsync();
    }

    public async Task<IReadOnlyList<string>> VersionsAsync() => (await ShellAsync(Versions)).Split('\n');

    /// <summary>Does what an operator would do.</summary>
    public Task ApplyAsync() =>
        ShellAsync($"cd {BenchHost.Folder} && for i in 1 2 3 4 5 6; do ./cloudlet apply {_files} && exit 0; sleep 5; done; exit 1");

    /// <summary>Identifies a run of nova-compute.</summary>
    public Task<string> ComputeRunAsync() => ShellAsync("systemctl show -P InvocationID nova-compute");

    public Task<string> ShellAsync(string script) => host.ShellAsync($"set -e\n{script}", ct);
}
