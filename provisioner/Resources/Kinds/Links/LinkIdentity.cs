using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>
/// Finds the link that a description is about. A link that we create is identified by its mark, and without one by its kind and hardware
/// address; a link that was there before us only by its name.
/// </summary>
internal sealed class LinkIdentity(IRouteNetlink links)
{
    /// <summary>The link, with its addresses and routes; null when it does not exist.</summary>
    public LinkInfo? Find(LinkSpec spec)
    {
        var named = links.Find(spec.Name);
        if (!LinkKinds.IsCreated(spec.Kind) || (named is not null && LinkMark.IsOn(named, spec)))
            return named;
        return Choose(spec, named, links.List()) is { } link && link.Index != named?.Index ? links.Find(link.Name) : Unless(named, spec);
    }

    /// <summary>The same, from a dump.</summary>
    public static LinkInfo? Find(LinkSpec spec, LinkInfo? named, NetworkSnapshot all)
    {
        if (!LinkKinds.IsCreated(spec.Kind) || (named is not null && LinkMark.IsOn(named, spec)))
            return named;
        return Choose(spec, named, all.Links) ?? Unless(named, spec);
    }

    /// <summary>True for a second link with our mark or address, besides the one that has the name.</summary>
    public static bool IsTwin(LinkInfo other, LinkSpec spec, LinkInfo link) =>
        LinkMark.NameOn(other) is { } name ? name == LinkMark.OwnName(spec) : IsAlike(other, spec) && other.Kind == link.Kind;

    /// <summary>
    /// Why a link of ours cannot get its name back: a link that is not ours has the name and is in use. Null: it can, or no link of ours
    /// has another name.
    /// </summary>
    public string? ObstacleTo(LinkSpec spec) =>
        LinkKinds.IsCreated(spec.Kind)
        && links.Find(spec.Name) is { Kind: not null } other
        && LinkMark.NameOn(other) is null
        && Find(spec) is { } link
        && link.Index != other.Index
            ? ObstacleTo(spec, other)
            : null;

    /// <summary>
    /// Gives the link its name. If another described link has the name, that link gets its own name, or a temporary one while its name is
    /// taken; any other link is deleted, as everything that replaces a link of ours, unless it is in use.
    /// </summary>
    /// <param name="spec">The description.</param>
    /// <param name="link">The link that it is about; null: it is not created yet.</param>
    /// <exception cref="CloudletException">InvalidInput: a network card has the name. Obstructed: a foreign link that is in use has
    /// it.</exception>
    public void TakeName(LinkSpec spec, LinkInfo? link)
    {
        if (links.Find(spec.Name) is { } other && other.Index != link?.Index)
        {
            if (LinkMark.NameOn(other) is { } its && its != LinkMark.OwnName(spec))
                links.Change(other.Index, new LinkChange { Name = links.Find(its) is null ? its : $"cl{other.Index}" });
            else if (other.Kind is null)
                throw LinkObservation.Hardware(other.Name, spec.Kind);
            else if (link is not null)
                links.Delete(
                    ObstacleTo(spec, other) is { } obstacle ? throw new CloudletException(ErrorKind.Obstructed, obstacle) : other.Index
                );
        }

        if (link is not null && link.Name != spec.Name)
            links.Change(link.Index, new LinkChange { Name = spec.Name });
    }

    /// <summary>
    /// The link with the mark; otherwise, when no link has the name, the unmarked one with the hardware address. Null: there is no
    /// such link.
    /// </summary>
    private static LinkInfo? Choose(LinkSpec spec, LinkInfo? named, IReadOnlyList<LinkInfo> all)
    {
        LinkInfo? alike = null;
        foreach (var link in all)
        {
            if (LinkMark.IsOn(link, spec))
                return link;
            if (named is null && LinkMark.NameOn(link) is null && IsAlike(link, spec))
                alike = link;
        }

        return alike;
    }

    private string? ObstacleTo(LinkSpec spec, LinkInfo other)
    {
        List<string> uses =
        [
            .. string.IsNullOrEmpty(other.Alias) ? Array.Empty<string>() : [$"the alias \"{other.Alias}\""],
            .. other
                .Addresses.Where(a => !a.Address.StartsWith("fe80:", StringComparison.Ordinal) && spec.Addresses?.Contains(a.Cidr) != true)
                .Select(a => a.Cidr),
            .. links.List().Where(l => l.Master == other.Index).Select(l => $"the port {l.Name}"),
        ];
        return uses.Count == 0
            ? null
            : $"{spec.Id}: another link has the name {spec.Name} and is in use ({string.Join(", ", uses)}), so it is not deleted; "
                + $"rename it (`ip link set {spec.Name} name NEW`) or delete it, then "
                + "apply again";
    }

    private static bool IsAlike(LinkInfo link, LinkSpec spec) =>
        spec.Mac is { } mac && link.Mac == mac && LinkObservation.KindOf(link) == spec.Kind;

    /// <summary>A link that has the name but the mark of another link is that other link.</summary>
    private static LinkInfo? Unless(LinkInfo? named, LinkSpec spec) =>
        named is not null && LinkMark.NameOn(named) is { } name && name != LinkMark.OwnName(spec) ? null : named;
}
