using Cloudlet.DesiredState.Links;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Resources.Links;

/// <summary>Makes and deletes links.</summary>
internal sealed class LinkCreation(IRouteNetlink links)
{
    /// <summary>Makes the link with everything the kernel takes in the one request.</summary>
    /// <exception cref="CloudletException">DriverMissing names the driver; NotFound a parent or master that is not there.</exception>
    public void Create(LinkSpec wanted)
    {
        if (!LinkKinds.IsCreated(wanted.Kind))
            throw new CloudletException(
                ErrorKind.NotFound,
                $"{wanted.Id}: there is no link {wanted.Name}, and one of `kind: existing` is never made; check its name with `ip link`, or choose a kind that can be made");
        var kind = LinkKinds.NameOf(wanted.Kind);
        try
        {
            links.Create(new LinkToCreate(wanted.Name, kind)
            {
                Mac = wanted.Mac,

                // A bridge keeps an MTU that is set afterwards; one that it was made with gives way to that of its ports.
                Mtu = wanted.Kind == LinkKind.Bridge ? null : wanted.Mtu,
                Up = wanted.Up == true,
                Master = string.IsNullOrEmpty(wanted.Master) ? null : IndexOf(wanted.Master, wanted.Id, "master"),
                Lower = string.IsNullOrEmpty(wanted.Parent) ? null : IndexOf(wanted.Parent, wanted.Id, "parent"),
                PeerName = wanted.Kind == LinkKind.Veth ? wanted.Peer : null,
                Attributes = AttributesOf(wanted),
            });
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.DriverMissing)
        {
            throw new CloudletException(
                ErrorKind.DriverMissing,
                $"{wanted.Id}: this kernel has no driver for links of kind {kind} ({e.Message}); load it (`modprobe {LinkKinds.ModuleOf(wanted.Kind)}`, or `modules` in the site file), "
                + "install the package with this kernel's modules, or choose another kind",
                e);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.AlreadyExists)
        {
            // Somebody was faster; or the other end of the cable was made, and this one with it.
            if (links.Find(wanted.Name) is null)
                throw new CloudletException(
                    ErrorKind.AlreadyExists,
                    $"{wanted.Id}: cannot be made{(wanted.Peer is { } peer ? $" with its other end {peer}, a link of that name is there" : "")} ({e.Message}); remove or rename the other one",
                    e);
        }
    }

    /// <summary>Deletes the link; one that is gone is not an error.</summary>
    /// <exception cref="CloudletException">InvalidInput: it is a network card.</exception>
    public void Delete(string name)
    {
        if (links.Find(name) is not { } link)
            return;
        if (link.Kind is null)
            throw LinkObservation.Hardware(name, wanted: null);
        links.Delete(link.Index);
    }

    /// <summary>Index of a link that another one names.</summary>
    public int IndexOf(string name, string id, string role) => links.Find(name)?.Index
        ?? throw new CloudletException(ErrorKind.NotFound, $"{id}: its {role} {name} is not there; declare it in `links`, or check its name with `ip link`");

    private static KindAttributes AttributesOf(LinkSpec wanted) => new()
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
