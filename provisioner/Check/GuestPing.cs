using System.Net;
using Cloudlet.Check.Clouds;
using Cloudlet.Check.Steps;
using Cloudlet.Errors;
using Cloudlet.Machine;
using Cloudlet.Machine.Network;

namespace Cloudlet.Check;

/// <summary>Pings the guest: its floating IP, or its own address from a namespace of its network on this host.</summary>
/// <param name="machine">This host.</param>
/// <param name="steps">Runs the step.</param>
/// <param name="ct">Cancels it.</param>
internal sealed class GuestPing(IMachine machine, StepRunner steps, CancellationToken ct)
{
    private const string Name = "ping";
    private const string Namespaces = "/run/netns";
    private static readonly TimeSpan Attempt = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>What Neutron calls a network's namespace: of OVN's metadata, and of a DHCP agent.</summary>
    private static readonly string[] Kinds = ["ovnmeta-", "qdhcp-"];

    /// <summary>True: the guest may still be booting, and answers later.</summary>
    public bool Boots { get; init; }

    private TimeSpan Limit => TimeSpan.FromSeconds(Boots ? 300 : 60);

    /// <summary>Pings the guest, if there is a way to it from this host.</summary>
    /// <param name="network">Its network.</param>
    /// <param name="floating">Its floating IP; null: it has none.</param>
    public Task RunAsync(CheckNetwork network, IPAddress? floating)
    {
        var inside = Kinds.Select(kind => kind + network.Id).FirstOrDefault(n => machine.Files.Stat($"{Namespaces}/{n}") is not null);
        if (floating is not null)
            return steps.RunAsync(Name, wait => FloatingAsync(network.Address, floating, inside, wait));
        if (inside is not null)
            return steps.RunAsync(Name, wait => InsideAsync(network.Address, inside, wait));
        steps.Skip(Name, "the cloud has no external network, and this host has no namespace of the guest's network");
        return Task.CompletedTask;
    }

    private async Task<string> FloatingAsync(IPAddress own, IPAddress floating, string? inside, StepWait wait)
    {
        var answer = await PingAsync(floating, network: null, wait);
        if (answer.IsAnswer)
            return answer.Found;
        var closer = inside is null ? null : await machine.Probes.PingAsync(own, inside, Attempt, ct);
        throw new CloudletException(
            ErrorKind.Unreachable,
            $"the floating IP: {answer.Found}, tried for {Limit.TotalSeconds:0} s. "
                + closer switch
                {
                    { IsAnswer: true } =>
                        $"In its own network the guest answers ({own}), so the router or the external network is at fault: "
                            + "see whether this host has a route to the floating IP, and the bridge mappings of the gateway",
                    not null => $"In its own network it does not answer either ({closer.Found}): see its port and its security group, and "
                        + "the log of ovn-controller",
                    null => "See whether this host has a route to it, and the bridge mappings of the gateway",
                }
        );
    }

    private async Task<string> InsideAsync(IPAddress own, string inside, StepWait wait)
    {
        var answer = await PingAsync(own, inside, wait);
        return answer.IsAnswer
            ? $"{answer.Found}, from the namespace {inside}"
            : throw new CloudletException(
                ErrorKind.Unreachable,
                $"from the namespace {inside}: {answer.Found}, tried for {Limit.TotalSeconds:0} s; see the guest's port and its security "
                    + "group, and the log of ovn-controller"
            );
    }

    private async Task<ProbeAnswer> PingAsync(IPAddress address, string? network, StepWait wait)
    {
        var answer = new ProbeAnswer(false, "not tried");
        await wait.UntilAsync(
            async () =>
            {
                answer = await machine.Probes.PingAsync(address, network, Attempt, ct);
                return answer.IsAnswer;
            },
            () => answer.Found,
            Limit,
            Pause,
            ct
        );
        return answer;
    }
}
