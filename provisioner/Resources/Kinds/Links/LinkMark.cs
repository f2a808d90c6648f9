using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>
/// The alias (IFLA_IFALIAS) that identifies a described link, whatever its present name. It is not a property of the description: a link
/// without one, made by an earlier version or at boot, is as described and gets the mark when it is observed so. An alias set by others
/// stays.
/// </summary>
internal static class LinkMark
{
    private const string Start = "cloudlet:";

    /// <summary>The mark of a described link.</summary>
    public static string Of(LinkSpec spec) => Start + OwnName(spec);

    /// <summary>The described name in a link's mark; null: it has no mark.</summary>
    public static string? NameOn(LinkInfo link) =>
        link.Alias?.StartsWith(Start, StringComparison.Ordinal) == true ? link.Alias[Start.Length..] : null;

    /// <summary>True for a link with the mark of this description.</summary>
    public static bool IsOn(LinkInfo link, LinkSpec spec) => NameOn(link) == OwnName(spec);

    /// <summary>True when the link may get the mark.</summary>
    public static bool IsWanted(LinkInfo link, LinkSpec spec) =>
        LinkKinds.IsCreated(spec.Kind) && link.Kind is not null && string.IsNullOrEmpty(link.Alias);

    /// <summary>The described name: the spec of an observed link has the name that the link had then.</summary>
    public static string OwnName(LinkSpec spec) => spec.Id[LinkSpec.IdOf("").Length..];
}
