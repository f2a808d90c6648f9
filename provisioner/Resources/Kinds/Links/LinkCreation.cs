using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Kinds.Links;

/// <summary>Creates and deletes links.</summary>
internal sealed class LinkCreation(IRouteNetlink links)
{
    /// <summary>Creates the link with all properties that the kernel accepts in one request.</summary>
    /// <exception cref="CloudletException">DriverMissing names the driver; NotFound: a parent or master is missing.</exception>
    public void Create(LinkSpec wanted)
    {
        if (!LinkKinds.IsCreated(wanted.Kind))
            throw new CloudletException(
                ErrorKind.NotFound,
                $"{wanted.Id}: there is no link {wanted.Name}, and a link of `kind: existing` is never created; check its name with `ip "
                    + "link`, or choose a kind that can be created"
            );
        var kind = LinkKinds.NameOf(wanted.Kind);
        try
        {
            links.Create(
                new LinkToCreate(wanted.Name, kind)
                {
                    Mac = wanted.Mac,
                    Alias = LinkMark.Of(wanted),

                    // A bridge keeps an MTU that is set after its creation; one that is set at its creation yields to that of its ports.
                    Mtu = wanted.Kind == LinkKind.Bridge ? null : wanted.Mtu,

                    // A link that must ignore router advertisements is brought up only after that setting.
                    Up = wanted.Up == true && wanted.AcceptRa is null,
                    Master = string.IsNullOrEmpty(wanted.Master) ? null : IndexOf(wanted.Master, wanted.Id, "master"),
                    Lower = string.IsNullOrEmpty(wanted.Parent) ? null : IndexOf(wanted.Parent, wanted.Id, "parent"),
                    PeerName = wanted.Kind == LinkKind.Veth ? wanted.Peer : null,
                    Attributes = AttributesOf(wanted),
                }
            );
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.DriverMissing)
        {
            throw new CloudletException(
                ErrorKind.DriverMissing,
                $"{wanted.Id}: this kernel has no driver for links of kind {kind} ({e.Message}); load it (`modprobe "
                    + $"{LinkKinds.ModuleOf(wanted.Kind)}`, or `modules` in the site file), "
                    + "install the package with this kernel's modules, or choose another kind",
                e
            );
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.AlreadyExists)
        {
            // Another process created it first; or creating the other end of the pair created this one.
            if (links.Find(wanted.Name) is null)
                throw new CloudletException(
                    ErrorKind.AlreadyExists,
                    $"{wanted.Id}: cannot be "
                        + $"created{(wanted.Peer is { } peer ? $" with its other end {peer}: a link with that name exists" : "")} "
                        + $"({e.Message}); remove or rename the other one",
                    e
                );
        }
    }

    /// <summary>
    /// Deletes the remaining end of our cable whose other end <paramref name="wanted"/> was moved to another network namespace. Returns the
    /// state of the deleted end, to be restored with the new cable; null: there was none.
    /// </summary>
    public LinkSpec? DeleteLeftEnd(LinkSpec wanted)
    {
        if (
            wanted is not { Kind: LinkKind.Veth, Peer: { Length: > 0 } peer }
            || links.Find(peer) is not { Kind: "veth", LowerIsElsewhere: true } left
        )
            return null;
        var spec = new LinkSpec
        {
            Id = LinkSpec.IdOf(peer),
            Name = peer,
            Kind = LinkKind.Veth,
        };
        if (!LinkMark.IsOn(left, spec) && !wanted.After.Contains(spec.Id))
            return null;
        var before = LinkObservation.Of(left, spec, find: null);
        links.Delete(left.Index);
        return before with { Peer = wanted.Name };
    }

    /// <summary>Deletes the link; it is not an error if it is already gone.</summary>
    /// <exception cref="CloudletException">InvalidInput: it is a network card.</exception>
    public void Delete(string name)
    {
        if (links.Find(name) is not { } link)
            return;
        if (link.Kind is null)
            throw LinkObservation.Hardware(name, wanted: null);
        links.Delete(link.Index);
    }

    /// <summary>Index of a link that another link refers to.</summary>
    public int IndexOf(string name, string id, string role) =>
        links.Find(name)?.Index
        ?? throw new CloudletException(
            ErrorKind.NotFound,
            $"{id}: its {role} {name} does not exist; declare it in `links`, or check its name with `ip link`"
        );

    private static KindAttributes AttributesOf(LinkSpec wanted) =>
        new()
        {
            VlanId = wanted.VlanId,
            VxlanId = wanted.VxlanId,
            VxlanLocal = wanted.VxlanLocal,
            VxlanRemote = wanted.VxlanRemote,
            VxlanPort = wanted.VxlanPort,
            MacvlanMode = wanted.MacvlanMode,
            BridgeStp = wanted.BridgeStp,
        };
}
