using Cloudlet.Errors;
using Cloudlet.Linux;

namespace Cloudlet.Machine.Netlink;

/// <content>Creating, changing and deleting links.</content>
public sealed partial class RouteNetlink
{
    /// <inheritdoc/>
    /// <remarks>
    /// A tap gets its attributes in a second request, because /dev/net/tun accepts none; if that fails, it is deleted again.
    /// </remarks>
    public int Create(LinkToCreate link)
    {
        if (link.Kind == "tap")
            return CreateTap(link);
        var answer = _socket.Exchange(LinkMessages.Create(link));
        if (answer.Errno != 0)
            throw CreateFailure(link, answer);
        var index = IndexOfNew(link);
        if (link.Alias is not null)
            Change(index, new LinkChange { Alias = link.Alias });
        return index;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// If the driver refuses a new hardware address or name while the link is up (EBUSY), the link is set down for the change and up again.
    /// The kernel then drops routes and IPv6 addresses; they are added again, except link-local addresses, which the kernel creates.
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
    /// <remarks>
    /// The kernel may load a driver when a link of its kind is requested, so one is created in a temporary network namespace. Without the
    /// privilege to create one, the result is true.
    /// </remarks>
    public bool CanCreate(string kind)
    {
        if (kind == "tap")
            return TunDevice.IsThere();
        if (KernelKnows(kind))
            return true;
        return NamespaceThread.Run(() =>
        {
            if (NamespaceCalls.Unshare(NamespaceCalls.CLONE_NEWNET) != 0)
                return true;
            using var socket = NetlinkSocket.Open(NetlinkConstants.NETLINK_ROUTE);
            return socket.Exchange(LinkMessages.Create(new LinkToCreate("probe0", kind))).Errno != Errno.EOPNOTSUPP;
        });
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
            NamespaceThread.RunInside(
                _namespace,
                _namespaceName,
                () =>
                {
                    TunDevice.CreateTap(link.Name);
                    return true;
                }
            );
        var index = IndexOfNew(link);
        try
        {
            Change(
                index,
                new LinkChange
                {
                    Mac = link.Mac,
                    Mtu = link.Mtu,
                    Master = link.Master,
                    Up = link.Up ? true : null,
                    Alias = link.Alias,
                }
            );
            return index;
        }
        catch
        {
            Delete(index);
            throw;
        }
    }

    private int IndexOfNew(LinkToCreate link) =>
        Get(link.Name, index: 0)?.Index
        ?? throw new CloudletException(
            ErrorKind.NotFound,
            $"create link \"{link.Name}\" ({link.Kind}): it disappeared right after its creation; another program deletes or renames it"
        );

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
            if (route.Protocol is not (NetlinkConstants.RTPROT_KERNEL or NetlinkConstants.RTPROT_RA))
                AddRoute(index, route);
    }

    private CloudletException CreateFailure(LinkToCreate link, NetlinkAnswer answer)
    {
        var what = $"create link \"{link.Name}\" ({link.Kind})";
        if (answer.Errno != Errno.EOPNOTSUPP)
            return Failure(what, answer);
        // The same errno also means that the driver exists and was built without one of the attributes.
        if (KernelKnows(link.Kind))
            return Failure(
                what,
                answer,
                advice: $"The driver '{link.Kind}' of kernel {KernelRelease()} lacks one of the requested attributes."
            );
        var advice =
            $"The kernel {KernelRelease()} has no driver '{link.Kind}' and could not load one: modprobe rtnl-link-{link.Kind} shows why; "
            + "install the kernel package that carries the module, or boot a kernel that has it.";
        return Failure(what, answer, ErrorKind.DriverMissing, advice);
    }

    /// <summary>
    /// False when the kernel does not know the kind: it then lists every link, at least the loopback, instead of only those of the kind.
    /// </summary>
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
        return File.Exists(Path) ? File.ReadAllText(Path).Trim() : "(unknown release)";
    }
}
