using Cloudlet.Lab.Model;
using Cloudlet.Lab.Tests.LabHosts;
using Cloudlet.TestKit;

namespace Cloudlet.Lab.Tests.Converge;

/// <summary>
/// A lab host and the example site, with other example files layered over it, applied over ssh. A test begins with
/// <see cref="ConvergeAsync"/>, whatever the previous test left.
/// </summary>
public abstract class ConvergeHost(LabHostFixture host, LabBoot boot, params IReadOnlyList<string> more) : IAsyncLifetime
{
    private readonly TempDir _folder = new();
    private IReadOnlyList<string>? _base;
    private int _overlays;

    /// <summary>The lab host.</summary>
    public LabHostFixture Host { get; } = host;

    /// <summary>The network system that configures its links at boot.</summary>
    public LabBoot Boot { get; } = boot;

    /// <summary>The example site, a file in templates/sites.</summary>
    protected virtual string Site => "single-host.yaml";

    /// <summary>The example site with what this kernel and this host need; further layers are given with the verb.</summary>
    public async Task<IReadOnlyList<string>> BaseAsync()
    {
        _ = CloudletProgram.Path;
        await Host.UpAsync();
        if (_base is not null)
            return _base;
        var sites = Path.Combine(CloudletProgram.Repository, "templates/sites");
        var files = new List<string> { Path.Combine(sites, Site) };
        if (!await HasDummyAsync())
            files.Add(Path.Combine(sites, "no-dummy-driver.yaml"));
        files.AddRange(more.Select(file => Path.Combine(sites, file)));
        files.Add(_folder.Write("boot.yaml", Overlay($"boot: {Boot.ToString().ToLowerInvariant()}")));
        return _base = files;
    }

    /// <summary>Whether the kernel has the dummy driver.</summary>
    public async Task<bool> HasDummyAsync() =>
        (await Host.ExecAsync("sh", "-c", "ip link add cl-probe type dummy && ip link delete cl-probe")).ExitCode == 0;

    /// <summary>
    /// Writes a site file that is layered over the example: <paramref name="section"/> is its part for the host, without indentation.
    /// </summary>
    public string Write(string section) => WriteFile(Overlay(section));

    /// <summary>Writes any site file.</summary>
    public string WriteFile(string text) => _folder.Write($"overlay-{Interlocked.Increment(ref _overlays)}.yaml", text);

    /// <summary>Runs a verb for the example site and the files layered over it.</summary>
    public Task<ProgramRun> RunAsync(string verb, params IReadOnlyList<string> overlays) => RunWithAsync(verb, [], overlays);

    /// <summary>As <see cref="RunAsync"/>, with more options.</summary>
    public async Task<ProgramRun> RunWithAsync(string verb, IReadOnlyList<string> options, params IReadOnlyList<string> overlays) =>
        await CloudletProgram.RunAsync([
            verb,
            .. await BaseAsync(),
            .. overlays,
            "--ssh-config",
            Host.Store.SshConfigPath,
            "--json",
            .. options,
        ]);

    /// <summary>Brings the host to the example site, after rolling back anything that still waits for a confirmation.</summary>
    public async Task ConvergeAsync(params IReadOnlyList<string> overlays)
    {
        var run = await RunAsync("apply", overlays);
        if (run.ExitCode != 0 && run.Named("refused").Count > 0)
        {
            await RunAsync("rollback");
            run = await RunAsync("apply", overlays);
        }

        run.ShouldExitWith(0);
    }

    /// <summary>Runs shell commands in the host; they must succeed.</summary>
    public Task<string> ShellAsync(string script) => Host.OutputOfAsync("sh", "-ec", script);

    /// <summary>Our temporary files in the host: none are left after a run.</summary>
    public Task<string> TemporaryFilesAsync() =>
        ShellAsync("find / -xdev -name '.*.cloudlet-*' -print; find /run -name '.*.cloudlet-*' -print");

    public ValueTask InitializeAsync() => Host.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private static string Overlay(string section) => $"hosts:\n  edge-1:\n    {section.ReplaceLineEndings("\n    ")}\n";
}

/// <summary>A converged host of systemd-networkd.</summary>
public sealed class NetworkdConverge() : ConvergeHost(new NetworkdHost(), LabBoot.Networkd);

/// <summary>A converged host of ifupdown.</summary>
public sealed class IfupdownConverge() : ConvergeHost(new IfupdownHost(), LabBoot.Ifupdown);

/// <summary>A converged host with a health daemon.</summary>
public sealed class HealthConverge() : ConvergeHost(new NetworkdHost(), LabBoot.Networkd, "healthd.yaml");

/// <summary>Specs that share one host with a health daemon.</summary>
[CollectionDefinition(nameof(HealthLab))]
public sealed class HealthLab : ICollectionFixture<HealthConverge>;

/// <summary>Specs that share one host of systemd-networkd.</summary>
[CollectionDefinition(nameof(NetworkdLab))]
public sealed class NetworkdLab : ICollectionFixture<NetworkdConverge>;

/// <summary>Specs that share one host of ifupdown.</summary>
[CollectionDefinition(nameof(IfupdownLab))]
public sealed class IfupdownLab : ICollectionFixture<IfupdownConverge>;
