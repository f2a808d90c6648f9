using System.Text.Json;
using Cloudlet.Benchmarks.Common;
using Cloudlet.Errors;

namespace Cloudlet.Benchmarks.Converge;

/// <summary>The lab host of the comparison: measures contenders, removes their state, and checks it.</summary>
internal sealed class ConvergeHost(BenchHost host)
{
    /// <summary>Debian packages of the contenders.</summary>
    public static IReadOnlyList<string> Packages { get; } =
    ["ansible-core", "ansible-mitogen", "puppet-agent", "cfengine3", "openssh-client", "strace", "python3"];

    /// <summary>Opens the host's own sshd to itself, with a key that only it has.</summary>
    private const string OpenSsh = """
        mkdir -p -m 700 /root/.ssh
        test -e /root/.ssh/id_ed25519 || ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
        cat /root/.ssh/id_ed25519.pub >>/root/.ssh/authorized_keys
        printf '127.0.0.1 %s\n' "$(cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub)" >/root/.ssh/known_hosts
        sed 's#reach: local#reach: ssh://root@127.0.0.1#' /root/bench/site.yaml >/root/bench/remote.yaml
        ssh root@127.0.0.1 true
        """;

    public async Task StartAsync(IProgress<string> progress, CancellationToken ct)
    {
        await host.StartAsync(["Converge/peers"], progress, ct);
        await host.ShellAsync("test -e /var/lib/cfengine3/ppkeys/localhost.priv || cf-key >/dev/null", ct);
        await host.ShellAsync("cd /root/bench && ./cloudlet compile site.yaml --output . >/dev/null", ct);
        await host.ShellAsync(OpenSsh, ct);
    }

    /// <summary>Measures a command inside the host, without the time to enter the host.</summary>
    public async Task<Run> MeasureAsync(Contender contender, CancellationToken ct)
    {
        var line = await host.OutputAsync(["python3", $"{BenchHost.Folder}/measure.py", .. contender.Command], ct);
        var run = JsonSerializer.Deserialize<Run>(line)!;
        return run.Exit == 0
            ? run
            : throw new CloudletException(ErrorKind.ProcessFailed, $"{contender.Name} exited with {run.Exit}: {run.Said}");
    }

    public Task ResetAsync(CancellationToken ct) => host.OutputAsync(["sh", $"{BenchHost.Folder}/reset.sh"], ct);

    /// <summary>Fails unless the host is in the state, whatever the contender reported.</summary>
    public async Task CheckAsync(Contender contender, CancellationToken ct)
    {
        var result = await host.ExecAsync(["sh", $"{BenchHost.Folder}/check.sh"], ct);
        if (result.ExitCode != 0)
            throw new CloudletException(ErrorKind.ProcessFailed, $"{contender.Name} did not reach the state: {result.Output}");
    }

    public Task<string> ShellAsync(string script, CancellationToken ct) => host.ShellAsync(script, ct);
}
