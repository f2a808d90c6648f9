using System.Globalization;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Manifests;

namespace Cloudlet.Synthesis.Qemu;

/// <summary>A port of this machine's loopback that is forwarded to a VM.</summary>
/// <param name="HostPort">Port on 127.0.0.1; 0 for a free one.</param>
/// <param name="GuestPort">Port of the guest.</param>
public sealed record PortForward(int HostPort, int GuestPort)
{
    /// <summary>Reads <c>HOSTPORT:GUESTPORT</c>; InvalidInput for anything else.</summary>
    public static PortForward Parse(string text) =>
        text.Split(':') is [var host, var guest]
        && ushort.TryParse(host, NumberStyles.None, CultureInfo.InvariantCulture, out var hostPort)
        && ushort.TryParse(guest, NumberStyles.None, CultureInfo.InvariantCulture, out var guestPort)
        && guestPort > 0
            ? new PortForward(hostPort, guestPort)
            : throw new CloudletException(
                ErrorKind.InvalidInput,
                $"'{text}' is not a valid forward: write HOSTPORT:GUESTPORT, such as 8080:80; a HOSTPORT of 0 means any free one"
            );

    /// <summary>InvalidInput when ports are to be forwarded to a machine without a card.</summary>
    internal static void RequireCard(VmDefinition definition, IReadOnlyCollection<PortForward> forwards)
    {
        if (!definition.HasCard && forwards.Count > 0)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"the machine has no network card, so no port can be forwarded to it ({string.Join(", ", forwards)}): make a base "
                    + "with --card virtio, e1000e or vmxnet3"
            );
    }

    /// <inheritdoc/>
    public override string ToString() => $"{HostPort}:{GuestPort}";
}
