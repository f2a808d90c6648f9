using Cloudlet.Lab.Model;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.Health;

namespace Cloudlet.Lab.Tests.Nova;

/// <summary>A controller, and a compute host with a health daemon.</summary>
public sealed class PairConverge() : ConvergeHost(new NovaHost(), LabBoot.Networkd, "healthd.yaml")
{
    private const string Controller = "controller";
    private const string ControllerIp = "192.0.2.1";

    /// <summary>The compute host's address in Nova.</summary>
    internal const string ComputeIp = "192.0.2.2";

    /// <summary>Nova, as its users see it.</summary>
    internal NovaCloud Cloud => field ??= new(ControllerAsync, ControllerIp);

    protected override string Site => "controller-and-compute.yaml";

    /// <summary>Waits until both hosts are as described and the compute service is up.</summary>
    /// <returns>The site file layered over the example: the name of a lab host's link, and a driver without guests.</returns>
    internal async Task<string> BeginAsync()
    {
        await Host.UpAsync();
        await Host.Lab.UpAsync(new LabHostSpec(Controller) { With = LabFlavor.Nova }, new Progress<string>(), CancellationToken.None);
        var secret = await ControllerAsync($"{NovaCloud.Secret}; cat /etc/cloudlet/secrets/rabbit");
        await ShellAsync($"umask 077; mkdir -p /etc/cloudlet/secrets; echo {secret} >/etc/cloudlet/secrets/rabbit");
        var lab = WriteFile(
            $$"""
            defaults:
              links:
                eth0: ~
                host0: {kind: existing}
              nova: {publicInterface: host0}
            hosts:
              controller:
                links:
                  eth0: ~
                  host0: {addresses: [{{ControllerIp}}/24]}
              edge-1:
                links:
                  eth0: ~
                  host0: {addresses: [{{ComputeIp}}/24]}
                nova: {virtualization: fake}

            """
        );
        foreach (var host in new[] { Controller, Host.Name })
            (await RunWithAsync("apply", ["--host", host], lab)).ShouldExitWith(0);
        await Cloud.ComputeIsAsync("up");
        return lab;
    }

    private async Task<string> ControllerAsync(string script)
    {
        var result = await Host.Lab.ExecAsync(Controller, ["sh", "-ec", script], CancellationToken.None);
        result.ExitCode.ShouldBe(0, $"{script}: {result.Error}");
        return result.Output.TrimEnd('\n');
    }
}

/// <summary>Nova on two hosts. It takes minutes on a busy machine: <c>build/nova</c> runs it.</summary>
public sealed class PairSpecs(PairConverge site) : IClassFixture<PairConverge>
{
    [Fact]
    public async Task A_compute_host_is_healed_apart_from_its_controller_and_the_next_server_runs()
    {
        Assert.SkipUnless(EditTable.IsAll, "build/nova runs it: two hosts with Nova take minutes on a busy machine");
        var lab = await site.BeginAsync();
        (await site.Cloud.BootAsync()).Status.ShouldBe("ACTIVE");

        await site.ShellAsync($"sed -i 's/^my_ip = .*/my_ip = {NovaCloud.ForeignIp}/' /etc/nova/nova.conf; systemctl restart nova-compute");
        await new HealedHost(site, lab).HealedAsync(minutes: 4);
        await site.Cloud.ComputeIsAsync("up");

        await site.Cloud.RunsAsync();
        (await site.Cloud.LoadedIpAsync()).ShouldBe(PairConverge.ComputeIp);
    }
}
