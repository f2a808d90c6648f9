using Cloudlet.Guest.Tests.Guests;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.TestKit;

namespace Cloudlet.Guest.Tests.Persistence;

/// <summary>
/// A guest with the health daemon and the example site, applied without changes: this kernel has the dummy driver. Its tests run one after
/// the other, each from the state that the last one left.
/// </summary>
public sealed class ConvergeGuest : IAsyncDisposable
{
    /// <summary>Path of the health daemon's program.</summary>
    public const string Program = "/usr/local/lib/cloudlet/cloudlet";

    /// <summary>A service that refuses to start without the link, and records at each start what it found.</summary>
    private const string Dependent = """
        links:
          cloudlet0: {requiredForOnline: true}
        files:
          /etc/cloudlet/dependent.conf: {content: first}
        units:
          dependent.service:
            enabled: true
            running: true
            after: [link:cloudlet0]
            loads: [/etc/cloudlet/dependent.conf]
            content: |
              [Unit]
              Wants=network-online.target
              After=network-online.target

              [Service]
              Type=oneshot
              RemainAfterExit=yes
              ExecStartPre=/bin/sh -c 'echo "start $$(ip -oneline -4 address show cloudlet0 2>&1)" >>/run/starts; ip link show cloudlet0'
              ExecStart=/bin/cp /etc/cloudlet/dependent.conf /run/dependent

              [Install]
              WantedBy=multi-user.target
        """;

    private readonly TempDir _folder = new();
    private int _overlays;

    public GuestHost Host { get; } = new();

    /// <summary>Brings the guest up and waits until it is as described.</summary>
    public async Task BeginAsync()
    {
        _ = CloudletProgram.Path;
        await Host.UpAsync();
        (await RunAsync("apply")).ShouldExitWith(0);
    }

    /// <summary>
    /// Writes a site file that is layered over the example: <paramref name="section"/> is its part for the host, without indentation.
    /// </summary>
    public string Write(string section) =>
        _folder.Write($"overlay-{++_overlays}.yaml", $"hosts:\n  {GuestSeed.Name}:\n    {section.ReplaceLineEndings("\n    ")}\n");

    /// <summary>Runs a verb over ssh, for the site and the files layered over it.</summary>
    public Task<ProgramRun> RunAsync(string verb, params IReadOnlyList<string> overlays) =>
        CloudletProgram.RunAsync([verb, .. Site, .. overlays, "--ssh-config", Host.SshConfigPath, "--json"]);

    /// <summary>Runs the guest's own program in the guest.</summary>
    public async Task<ProgramRun> InGuestAsync(string arguments)
    {
        var result = await Host.ExecAsync($"{Program} {arguments} --json");
        return new ProgramRun(result.ExitCode, result.Output, result.Error);
    }

    /// <summary>The HostState of the site and what is laid over it.</summary>
    public async Task<string> CompileAsync(params IReadOnlyList<string> overlays)
    {
        using var output = new TempDir();
        (await CloudletProgram.RunAsync(["compile", .. Site, .. overlays, "--output", output.Path])).ShouldExitWith(0);
        return await File.ReadAllTextAsync(Directory.GetFiles(output.Path).ShouldHaveSingleItem());
    }

    /// <summary>Every start of the dependent service since the guest booted found the link with its address.</summary>
    public async Task LinkWasThereFirstAsync(string? because = null)
    {
        var starts = (await Host.OutputOfAsync("cat /run/starts")).Split('\n');
        starts.ShouldAllBe(
            found => found.StartsWith("start ", StringComparison.Ordinal) && found.Contains(" cloudlet0 ") && found.Contains(" 10.80.0."),
            because
        );
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _folder.Dispose();
    }

    private IReadOnlyList<string> Site => field ??= [SiteFile("single-host.yaml"), SiteFile("healthd.yaml"), Write(Dependent)];

    private static string SiteFile(string name) => Path.Combine(CloudletProgram.Repository, "templates/sites", name);
}

/// <summary>Specs that share one guest.</summary>
[CollectionDefinition(nameof(GuestLab))]
public sealed class GuestLab : ICollectionFixture<ConvergeGuest>;
