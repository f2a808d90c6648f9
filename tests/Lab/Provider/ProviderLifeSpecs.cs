using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Provider;

/// <summary>The provider, driven by Pulumi's own stubs, creates a lab host, finds drift on it, repairs it and restores the host.</summary>
public sealed class ProviderLifeSpecs(NetworkdHost host) : IClassFixture<NetworkdHost>
{
    [Fact]
    public async Task A_host_lives_from_its_creation_to_its_deletion()
    {
        _ = CloudletProgram.Path;
        await ProviderPrograms.RequireAsync();
        await host.UpAsync();

        var run = await ProviderPrograms.NodeAsync("provider/life.mjs", [ProviderPrograms.Provider, host.Store.SshConfigPath, host.Name]);

        run.ShouldExitWith(0);
        run.Output.Split('\n').Count(static line => line.StartsWith("ok ", StringComparison.Ordinal)).ShouldBeGreaterThan(15);
    }
}
