using Cloudlet.Errors;

namespace Cloudlet.Machine.Netlink;

/// <content>Creating, changing and deleting links.</content>
public sealed partial class RouteNetlink
{
    /// <inheritdoc/>
    /// <remarks>
    /// A tap gets its attributes in a second request, because /dev/net/tun takes none; when they are refused it is deleted again.
    /// </remarks>
    public int Create(LinkToCreate link)
    {
        if (link.Kind == "tap")
            return CreateTap(link);
        var answer = _socket.Exchange(LinkMessages.Create(link));
        if (answer.Errno != 0)
            throw CreateFailure(link, answer);
        return IndexOfNew(link);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A link whose driver refuses a new hardware address or name while it is up (EBUSY) is taken down for the change and up again.
    /// The kernel drops routes and IPv6 addresses at that; they are put back, except link-local addresses, which the kernel makes anew.
    /// </remarks>
    public void Change(int index, LinkChange change)
    {
        if (change == new LinkChange())
            return;
        var answer = _socket.Exchange(LinkMessages.Change(index, change));
        var mayNeedDown = change.Mac is not null || change.Name is not null;
        if (answer.Errno == Errno.EBUSY && mayNeedDown && Get(name: null, index) is { Up: true })
            ChangeWhileDown(index, change);
        else
            Check(answer, "change link", index);
    }

    /// <inheritdoc/>
    public void Delete(int index)
    {
        var answer = _socket.Exchange(LinkMessages.Delete(index));
        if (answer.Errno != Errno.ENODEV)
            Check(answer, "delete link", index);
    }

    private int CreateTap(LinkToCreate link)
    {
        LinkNames.Checked(link.Name);
        if (_namespace is null)
            TunDevice.CreateTap(link.Name);
        else
            NamespaceThread.RunInside(_namespace, _namespaceName, () =>
            {
                TunDevice.CreateTap(link.Name);
                return true;
            });
        var index = IndexOfNew(link);
        try
        {
            Change(index, new LinkChange { Mac = link.Mac, Mtu = link.Mtu, Master = link.Master, Up = link.Up ? true : null });
            return index;
        }
        catch
        {
            Delete(index);
            throw;
        }
    }

    private int IndexOfNew(LinkToCreate link) => Get(link.Name, index: 0)?.Index
        ?? throw new CloudletException(
            ErrorKind.NotFound,
            $"create link \"{link.Name}\" ({link.Kind}): it was gone right after its creation; somebody else deletes or renames it");

    internal void ChangeWhileDown(int index, LinkChange change)
    {
        var addresses = Of(AddressesByLink(index), index);
        var routes = Of(RoutesByLink(index), index);
        Check(_socket.Exchange(LinkMessages.Change(index, new LinkChange { Up = false })), "take down link", index);
        var answer = _socket.Exchange(LinkMessages.Change(index, change with { Up = change.Up ?? true }));
        if (answer.Errno != 0)
            Check(_socket.Exchange(LinkMessages.Change(index, new LinkChange { Up = true })), "take up link", index);
        if (change.Up != false)
            PutBack(index, addresses, routes);
        Check(answer, "change link", index);
    }

    private void PutBack(int index, List<AddressInfo> addresses, List<RouteInfo> routes)
    {
        foreach (var address in addresses)
            if (address is { Permanent: true, Scope: not "link" })
                AddAddress(index, address);
        foreach (var route in routes)
            if (route.Protocol != NetlinkConstants.RTPROT_KERNEL)
                AddRoute(index, route);
    }

    private CloudletException CreateFailure(LinkToCreate link, NetlinkAnswer answer)
    {
        var what = $"create link \"{link.Name}\" ({link.Kind})";
        if (answer.Errno != Errno.EOPNOTSUPP)
            return Failure(what, answer);
        // The same errno also means that the driver is there and was built without one of the attributes.
        if (KernelKnows(link.Kind))
            return Failure(what, answer, advice: $"The driver '{link.Kind}' of kernel {KernelRelease()} lacks one of the attributes asked for.");
        var advice = $"The kernel {KernelRelease()} has no driver '{link.Kind}' and could not load one: modprobe rtnl-link-{link.Kind} shows why; "
            + "install the kernel package that carries the module, or boot a kernel that has it.";
        return Failure(what, answer, ErrorKind.DriverMissing, advice);
    }

    /// <summary>The kernel lists only links of a kind that it knows, but every link (at least the loopback) for a kind that it does not.</summary>
    private bool KernelKnows(string kind)
    {
        foreach (var link in Gather<List<LinkInfo>>($"list links of kind {kind}", LinkMessages.DumpKind(kind), CollectLink))
            if (link.Kind != kind)
                return false;
        return true;
    }

    private static string KernelRelease()
    {
        const string Path = "/proc/sys/kernel/osrelease";
        return File.Exists(Path) ? File.ReadAllText(Path).Trim() : "that is running";
    }
}
