using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Lab;
using Cloudlet.Machine.Netlink;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Benchmarks.Converge;

/// <summary>The lab host on which everything runs, with the peers in its image. Closing it removes it.</summary>
internal sealed class BenchHost(string cloudlet, bool keep) : IAsyncDisposable
{
    private const string Name = "bench";

    private static readonly string[] Packages = ["ansible-core", "puppet-agent", "cfengine3", "strace", "python3"];
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private readonly LabStore store = new(
        Path.Combine(Path.GetTempPath(), $"cloudlet-bench-{Environment.ProcessId}"),
        Path.Combine(Environment.GetEnvironmentVariable("CLOUDLET_LAB_STORE") is { Length: > 0 } path ? path : Path.Combine(Path.GetTempPath(), "cloudlet-lab-images"), "images"),
        new LabNetworkSettings($"bench{Environment.ProcessId % 100_000}", $"10.212.{Environment.ProcessId % 256}"));

    private LabHosts? lab;

    private LabHosts Lab => lab ??= new LabHosts(store, new HostProcesses(), ns => ns is null ? RouteNetlink.Open() : RouteNetlink.Open(ns), TimeProvider.System);

    public async Task StartAsync(IProgress<string> progress, CancellationToken ct)
    {
        var up = await Lab.UpAsync(new LabHostSpec(Name) { Packages = Packages }, progress, ct);
        var folder = Directory.CreateDirectory(Path.Join(up.Host.RootPath, Contender.Folder));
        File.Copy(cloudlet, Path.Combine(folder.FullName, "cloudlet"), overwrite: true);
        foreach (var peer in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Converge", "peers")))
        {
            var copy = Path.Combine(folder.FullName, Path.GetFileName(peer));
            File.Copy(peer, copy, overwrite: true);
            File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        await ShellAsync("test -e /var/lib/cfengine3/ppkeys/localhost.priv || cf-key >/dev/null", ct);
        await ShellAsync("cd /root/bench && ./cloudlet compile site.yaml --output . >/dev/null", ct);
    }

    /// <summary>Measures a command inside the host; what entering it costs does not count.</summary>
    public async Task<Run> MeasureAsync(Contender contender, CancellationToken ct)
    {
        var line = await OutputAsync(["python3", $"{Contender.Folder}/measure.py", .. contender.Command], ct);
        var run = JsonSerializer.Deserialize<Run>(line)!;
        return run.Exit == 0 ? run : throw new CloudletException(ErrorKind.ProcessFailed, $"{contender.Name} ended with {run.Exit}: {run.Said}");
    }

    public Task ResetAsync(CancellationToken ct) => OutputAsync(["sh", $"{Contender.Folder}/reset.sh"], ct);

    /// <summary>Fails unless the state is there, whatever the contender said.</summary>
    public async Task CheckAsync(Contender contender, CancellationToken ct)
    {
        var result = await Lab.ExecAsync(Name, ["sh", $"{Contender.Folder}/check.sh"], ct, Longest);
        if (result.ExitCode != 0)
            throw new CloudletException(ErrorKind.ProcessFailed, $"{contender.Name} did not reach the state: {result.Output}");
    }

    public Task<string> ShellAsync(string script, CancellationToken ct) => OutputAsync(["sh", "-c", script], ct);

    public async ValueTask DisposeAsync()
    {
        if (keep)
            return;
        if (Directory.Exists(store.HostFolder(Name)))
            await Lab.DownAsync(Name, CancellationToken.None);
        if (Directory.Exists(store.Folder))
            Directory.Delete(store.Folder, recursive: true);
    }

    private async Task<string> OutputAsync(IReadOnlyList<string> command, CancellationToken ct)
    {
        var result = await Lab.ExecAsync(Name, command, ct, Longest);
        return result.ExitCode == 0
            ? result.Output.TrimEnd('\n')
            : throw new CloudletException(ErrorKind.ProcessFailed, $"{string.Join(' ', command)} in the lab host ended with {result.ExitCode}: {result.Output}{result.Error}");
    }
}
