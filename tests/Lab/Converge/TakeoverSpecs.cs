using Cloudlet.Lab.Tests.LabHosts;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Lab.Tests.Converge;

/// <summary>
/// The card that connects the host joins a bridge, which takes over its address, over that very connection; a new connection confirms it.
/// It has its own host, which is lost if this fails.
/// </summary>
public abstract class TakeoverSpecs(ConvergeHost site)
{
    [Fact]
    public async Task It_is_confirmed_over_a_new_connection_with_empty_neighbour_caches_and_survives_a_reboot()
    {
        await site.ConvergeAsync();
        var address = (await site.ShellAsync("ip -4 -brief address show host0 | awk '{print $3}'")).Trim();
        var bridged = site.Write(
            $"""
            links:
              host0: {"{kind: existing}"}
              br-mgmt:
                kind: bridge
                ports: [host0]
                addresses: [{address}]
            """
        );

        (await site.RunWithAsync("apply", ["--confirm", "60s"], bridged)).ShouldExitWith(0).Result.ShouldBe("awaiting-confirmation");
        await ForgetAsync(address);
        (await site.RunAsync("confirm", bridged)).ShouldExitWith(0);

        await ReachedAsync(address, bridged);
        await site.Host.RebootAsync();
        await ReachedAsync(address, bridged);

        // The rollback goes from the bridge back to the card.
        (await site.RunWithAsync("apply", ["--confirm", "60s"]))
            .ShouldExitWith(0)
            .Result.ShouldBe("awaiting-confirmation");
        await ForgetAsync(address);
        (await site.RunAsync("confirm")).ShouldExitWith(0);
        (await site.ShellAsync("ip -4 -brief address show host0")).ShouldContain(address);
        (await site.RunAsync("verify")).ShouldExitWith(0);
    }

    private async Task ReachedAsync(string address, string bridged)
    {
        await ForgetAsync(address);
        (await site.ShellAsync("ip -4 -brief address show br-mgmt")).ShouldContain(address);
        (await site.ShellAsync("ip -4 -brief address show host0")).ShouldNotContain(address);
        await LabHostFixture.EventuallyAsync(
            async () => (await site.RunAsync("verify", bridged)).ExitCode == 0,
            "the host is reachable and as described"
        );
    }

    /// <summary>Makes the host and this machine forget each other's hardware addresses.</summary>
    private async Task ForgetAsync(string address)
    {
        await site.ShellAsync("ip neigh flush all");
        await new HostProcesses().RunAsync(
            HelperPrograms.Ip,
            ["neigh", "flush", "to", address[..address.IndexOf('/')]],
            TimeSpan.FromSeconds(10),
            CancellationToken.None
        );
    }
}

public sealed class NetworkdTakeoverSpecs(NetworkdConverge site) : TakeoverSpecs(site), IClassFixture<NetworkdConverge>;

public sealed class IfupdownTakeoverSpecs(IfupdownConverge site) : TakeoverSpecs(site), IClassFixture<IfupdownConverge>;
