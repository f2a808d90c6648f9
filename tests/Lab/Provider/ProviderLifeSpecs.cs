using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Provider;

/// <summary>The provider, driven by Pulumi's own stubs, makes a lab host, finds drift on it, repairs it and gives it back.</summary>
public sealed class ProviderLifeSpecs(NetworkdHost host) : IClassFixture<NetworkdHost>
{
    [Fact]
    public async Task A_host_lives_from_its_creation_to_its_deletion()
    {
        var provider = Path.Combine(CloudletProgram.Repository, "artifacts/provider/pulumi-resource-cloudlet");
        _ = CloudletProgram.Path;
        Assert.SkipUnless(File.Exists(provider), $"needs the published provider, and there is no {provider}: run build/publish");
        var outside = Path.Combine(CloudletProgram.Repository, "tests/Outside");
        var stubs = await CloudletProgram.RunAnyAsync(Path.Combine(outside, "stubs"), []);
        Assert.SkipUnless(stubs.ExitCode == 0, $"Pulumi's stubs are not installed: {stubs.Error.Trim()}");
        await host.UpAsync();

        var run = await CloudletProgram.RunAnyAsync("env", [$"NODE_PATH={Path.Combine(CloudletProgram.Repository, "artifacts/outside/node_modules")}", "node", Path.Combine(outside, "provider/life.mjs"), provider, host.Store.SshConfigPath, host.Name]);

        run.ShouldExitWith(0);
        run.Output.Split('\n').Count(static line => line.StartsWith("ok ", StringComparison.Ordinal)).ShouldBeGreaterThan(15);
    }
}
