using Cloudlet.Guest.Tests.Guests;
using Cloudlet.Lab;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.TestKit;

namespace Cloudlet.Guest.Tests.Persistence;

/// <summary>A guest and the example site, which is applied to it over ssh as it stands: here is a kernel with the dummy driver.</summary>
public sealed class ConvergeGuest(LabBoot boot) : IAsyncDisposable
{
    private readonly TempDir _folder = new();
    private int _overlays;

    public GuestHost Host { get; } = new();

    /// <summary>A site file that is laid over the example: <paramref name="section"/> is what it says about the host, without indentation.</summary>
    public string Write(string section) =>
        _folder.Write($"overlay-{++_overlays}.yaml", $"hosts:\n  {GuestSeed.Name}:\n    {section.ReplaceLineEndings("\n    ")}\n");

    /// <summary>Runs a verb for the example site and what is laid over it.</summary>
    public Task<ProgramRun> RunAsync(string verb, params IReadOnlyList<string> overlays) =>
        CloudletProgram.RunAsync([verb, .. Site, .. overlays, "--ssh-config", Host.SshConfigPath, "--json"]);

    /// <summary>The HostState of the example site and what is laid over it.</summary>
    public async Task<string> CompileAsync(params IReadOnlyList<string> overlays)
    {
        using var output = new TempDir();
        (await CloudletProgram.RunAsync(["compile", .. Site, .. overlays, "--output", output.Path])).ShouldExitWith(0);
        return await File.ReadAllTextAsync(Directory.GetFiles(output.Path).ShouldHaveSingleItem());
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        _folder.Dispose();
    }

    private IReadOnlyList<string> Site => field ??=
    [
        Path.Combine(CloudletProgram.Repository, "templates/sites/single-host.yaml"), Write($"boot: {boot.ToString().ToLowerInvariant()}"),
    ];
}
