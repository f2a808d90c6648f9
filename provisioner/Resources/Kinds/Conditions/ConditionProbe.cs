using System.Globalization;
using Cloudlet.DesiredState.Kinds.Conditions;
using Cloudlet.Machine.Kernel;
using Cloudlet.Machine.Network;

namespace Cloudlet.Resources.Kinds.Conditions;

/// <summary>The result of one attempt.</summary>
/// <param name="IsMet">True when the condition holds.</param>
/// <param name="Found">What was found, for messages.</param>
internal sealed record Finding(bool IsMet, string Found);

/// <summary>Asks once whether a condition holds.</summary>
internal sealed class ConditionProbe(INetworkProbes probes, IKernel kernel)
{
    /// <summary>A service that needs longer for an answer is of no use to the one that waits for it.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    public async Task<Finding> TryAsync(ConditionSpec spec, CancellationToken ct)
    {
        switch (spec.Kind)
        {
            case ConditionKind.Http when Uri.TryCreate(spec.Target, UriKind.Absolute, out var url):
                var answer = await probes.GetAsync(url, spec.CaFile, Limit, ct);
                return new Finding(answer.Status is { } status && IsExpected(status, spec.Expect), answer.Found);
            case ConditionKind.Tcp when TcpTarget.Parse(spec.Target) is { } port:
                var accepted = await probes.ConnectAsync(port.Host, port.Port, Limit, ct);
                return new Finding(accepted.IsAnswer, accepted.Found);
            case ConditionKind.Hostname:
                var name = kernel.ReadSetting("kernel/hostname");
                return new Finding(
                    string.Equals(name, spec.Target, StringComparison.OrdinalIgnoreCase),
                    name is null ? "the name of this host cannot be read" : $"this host is named {name}"
                );
            default:
                return new Finding(false, "the target is not valid");
        }
    }

    /// <summary>What is waited for, as <c>http://… to answer with status 200</c>, between two words of the caller.</summary>
    public static string Sentence(ConditionSpec spec, string verb) =>
        spec.Kind switch
        {
            ConditionKind.Http when spec.Expect is { } status => $"{spec.Target} {verb} answer with status {status}",
            ConditionKind.Http => $"{spec.Target} {verb} answer with a status from 200 to 299",
            ConditionKind.Tcp => $"{spec.Target} {verb} accept connections",
            _ => $"this host {verb} get the name {spec.Target}",
        };

    private static bool IsExpected(int status, string? expected) =>
        expected is null ? status is >= 200 and < 300 : expected == status.ToString(CultureInfo.InvariantCulture);
}
