using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>
/// Detects that another link has the hardware address of a link of ours: if both reach one Ethernet segment, it gets frames meant for ours.
/// Reported as <c>02:… on other0 too</c>; only an operator can fix it.
/// </summary>
internal static class MacNotes
{
    private const char Space = ' ';

    /// <summary>The observed link without the note.</summary>
    public static LinkSpec Without(LinkSpec seen) =>
        seen.Mac?.IndexOf(Space) is { } end and > 0 ? seen with { Mac = seen.Mac[..end] } : seen;

    /// <summary>The observed link, with the note if there is a conflict.</summary>
    public static LinkSpec With(LinkSpec seen, LinkInfo link, LinkSpec desired, Lazy<IReadOnlyList<LinkInfo>> all) =>
        Other(link, desired, all) is { } other ? seen with { Mac = $"{link.Mac} on {other.Name} too" } : seen;

    /// <summary>Refuses when another link has the address.</summary>
    /// <exception cref="CloudletException">Obstructed: another link has the address.</exception>
    public static void Check(LinkInfo link, LinkSpec desired, Lazy<IReadOnlyList<LinkInfo>> all)
    {
        if (Other(link, desired, all) is { } other)
            throw new CloudletException(
                ErrorKind.Obstructed,
                $"{desired.Id}: {other.Name}, which is not ours, has its hardware address {link.Mac} too, and may get its frames; "
                    + $"give {other.Name} another one (`ip link set {other.Name} address "
                    + "MAC`), or describe another `mac`"
            );
    }

    /// <summary>
    /// Another link with the address. A vlan and its parent, or a bridge and its ports, share one by design; a marked link has its own
    /// description, which covers its address; a bridge without ports receives no frames.
    /// </summary>
    private static LinkInfo? Other(LinkInfo link, LinkSpec desired, Lazy<IReadOnlyList<LinkInfo>> all) =>
        desired.Mac is { } mac && mac == link.Mac && LinkKinds.IsCreated(desired.Kind)
            ? all.Value.FirstOrDefault(other =>
                other.Mac == mac
                && other.Index != link.Index
                && LinkMark.NameOn(other) is null
                && !AreRelated(link, other)
                && !IsAlone(other, all.Value)
            )
            : null;

    private static bool IsAlone(LinkInfo other, IReadOnlyList<LinkInfo> all) =>
        other.Kind == "bridge" && !all.Any(port => port.Master == other.Index);

    private static bool AreRelated(LinkInfo link, LinkInfo other) =>
        other.Lower == link.Index || link.Lower == other.Index || other.Master == link.Index || link.Master == other.Index;
}
