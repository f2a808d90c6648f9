using Cloudlet.Errors;
using Cloudlet.Lab;
using Cloudlet.Lab.Model;
using Cloudlet.Machine.Netlink;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Benchmarks.Common;

/// <summary>The lab host of a benchmark, with the peers in its image. Disposing it removes the host.</summary>
/// <param name="name">Its host name.</param>
/// <param name="packages">Debian packages of the peers.</param>
/// <param name="keep">True: keep the host.</param>
/// <param name="with">What its image is prepared for.</param>
internal sealed class BenchHost(string name, IReadOnlyList<string> packages, bool keep, LabFlavor with = LabFlavor.None) : IAsyncDisposable
{
    /// <summary>Folder of the program and the peers' sources in the host.</summary>
    public const string Folder = "/root/bench";

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    private readonly LabStore _store = new(
        Path.Combine(Path.GetTempPath(), $"cloudlet-bench-{Environment.ProcessId}"),
        Path.Combine(
            Environment.GetEnvironmentVariable("CLOUDLET_LAB_STORE") is { Length: > 0 } path
                ? path
                : Path.Combine(Path.GetTempPath(), "cloudlet-lab-images"),
            "images"
        ),
        new LabNetworkSettings($"bench{Environment.ProcessId % 100_000}", $"10.212.{Environment.ProcessId % 256}")
    );

    private LabHosts? _lab;

    /// <summary>The host's network namespace as a path on this machine.</summary>
    public string NetworkNamespace => $"/proc/{Lab.Leader(name)}/ns/net";

    private LabHosts Lab =>
        _lab ??= new LabHosts(
            _store,
            new HostProcesses(),
            ns => ns is null ? RouteNetlink.Open() : RouteNetlink.Open(ns),
            TimeProvider.System
        );

    /// <summary>Boots the host and copies the program and the content of some folders into it.</summary>
    /// <param name="folders">Absolute, or beside the benchmark program.</param>
    /// <param name="progress">Receives what is being done.</param>
    /// <param name="ct">Cancels the operation.</param>
    public async Task StartAsync(IEnumerable<string> folders, IProgress<string> progress, CancellationToken ct)
    {
        var cloudlet = Published.Program();
        var up = await Lab.UpAsync(new LabHostSpec(name) { Packages = packages, With = with }, progress, ct);
        var target = Directory.CreateDirectory(Path.Join(up.Host.RootPath, Folder)).FullName;
        File.Copy(cloudlet, Path.Combine(target, "cloudlet"), overwrite: true);
        foreach (var folder in folders.Select(f => Path.Combine(AppContext.BaseDirectory, f)))
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            Copy(file, Path.Combine(target, Path.GetRelativePath(folder, file)));
    }

    /// <summary>A file of the running host as a path on this machine.</summary>
    public string PathOf(string path) => $"/proc/{Lab.Leader(name)}/root{path}";

    /// <summary>Runs a command in the host and returns its result, whatever the exit status.</summary>
    public Task<ProcessResult> ExecAsync(IReadOnlyList<string> command, CancellationToken ct) => Lab.ExecAsync(name, command, ct, Longest);

    /// <summary>Runs a shell script in the host that must succeed; returns its output.</summary>
    public Task<string> ShellAsync(string script, CancellationToken ct) => OutputAsync(["sh", "-c", script], ct);

    /// <summary>Runs a command in the host that must succeed; returns its output.</summary>
    public async Task<string> OutputAsync(IReadOnlyList<string> command, CancellationToken ct)
    {
        var result = await ExecAsync(command, ct);
        return result.ExitCode == 0
            ? result.Output.TrimEnd('\n')
            : throw new CloudletException(
                ErrorKind.ProcessFailed,
                $"{string.Join(' ', command)} in the lab host exited with {result.ExitCode}: {result.Output}{result.Error}"
            );
    }

    private static void Copy(string file, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.Copy(file, target, overwrite: true);
        File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public async ValueTask DisposeAsync()
    {
        if (keep)
            return;
        if (Directory.Exists(_store.HostFolder(name)))
            await Lab.DownAsync(name, CancellationToken.None);
        if (Directory.Exists(_store.Folder))
            Directory.Delete(_store.Folder, recursive: true);
    }
}
