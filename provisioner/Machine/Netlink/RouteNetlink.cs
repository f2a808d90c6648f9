using Cloudlet.Errors;
using Cloudlet.Linux;
using Microsoft.Win32.SafeHandles;

namespace Cloudlet.Machine.Netlink;

/// <summary>rtnetlink(7) over a private socket. This part reads; the other parts change links, addresses, routes and neighbours.</summary>
public sealed partial class RouteNetlink : IRouteNetlink
{
    private const int DumpAttempts = 5;

    private readonly NetlinkSocket _socket;
    private readonly SafeFileHandle? _namespace;
    private readonly string _namespaceName;

    private RouteNetlink(NetlinkSocket socket, SafeFileHandle? ns, string namespaceName)
    {
        _socket = socket;
        _namespace = ns;
        _namespaceName = namespaceName;
    }

    private delegate void MessageCollector<in T>(in NetlinkMessage message, T into);

    /// <summary>Opens the network namespace of the calling thread.</summary>
    public static RouteNetlink Open() => new(NetlinkSocket.Open(NetlinkConstants.NETLINK_ROUTE), ns: null, "");

    /// <summary>
    /// Opens another network namespace, by its name in /run/netns or by a path such as /proc/PID/ns/net. The calling thread stays in its
    /// own. Errors: NotFound, PermissionDenied (needs CAP_SYS_ADMIN), InvalidInput for a file that is not a namespace.
    /// </summary>
    public static RouteNetlink Open(string namespaceNameOrPath)
    {
        var ns = NetworkNamespaces.Open(namespaceNameOrPath);
        try
        {
            var socket = NamespaceThread.RunInside(ns, namespaceNameOrPath, () => NetlinkSocket.Open(NetlinkConstants.NETLINK_ROUTE));
            return new RouteNetlink(socket, ns, namespaceNameOrPath);
        }
        catch
        {
            ns.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public NetworkSnapshot Dump()
    {
        var links = Gather<List<LinkInfo>>("list links", LinkMessages.DumpAll(), CollectLink);
        var addresses = AddressesByLink(index: 0);
        var routes = RoutesByLink(index: 0);
        var names = new Dictionary<int, string>(links.Count);
        foreach (var link in links)
            names[link.Index] = link.Name;
        for (var i = 0; i < links.Count; i++)
        {
            var link = links[i];
            links[i] = link with
            {
                MasterName = link.Master is { } master ? names.GetValueOrDefault(master) : null,
                LowerName = link.Lower is { } lower ? names.GetValueOrDefault(lower) : null,
                Addresses = Of(addresses, link.Index),
                Routes = Of(routes, link.Index),
            };
        }

        return new NetworkSnapshot(links);
    }

    /// <inheritdoc/>
    public LinkInfo? Find(string name)
    {
        // The kernel also finds links by alternative names; callers mean the name itself.
        if (!LinkNames.IsPossible(name) || Get(name, index: 0) is not { } link || link.Name != name)
            return null;
        return link with
        {
            MasterName = link.Master is { } master ? Get(name: null, master)?.Name : null,
            LowerName = link.Lower is { } lower ? Get(name: null, lower)?.Name : null,
            Addresses = Of(AddressesByLink(link.Index), link.Index),
            Routes = Of(RoutesByLink(link.Index), link.Index),
        };
    }

    /// <inheritdoc/>
    public IReadOnlyList<LinkInfo> List() => Gather<List<LinkInfo>>("list links", LinkMessages.DumpAll(), CollectLink);

    /// <inheritdoc/>
    public IReadOnlyList<(int Index, AddressInfo Address)> Addresses() =>
        [.. AddressesByLink(index: 0).SelectMany(link => link.Value.Select(address => (link.Key, address)))];

    /// <inheritdoc/>
    public string? NameBehind(string name) =>
        LinkNames.IsPossible(name) && Get(name, index: 0) is { } link && link.Name != name ? link.Name : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        _namespace?.Dispose();
    }

    private static void CollectLink(in NetlinkMessage message, List<LinkInfo> links)
    {
        if (LinkMessages.Read(message) is { } link)
            links.Add(link);
    }

    private static List<T> Of<T>(Dictionary<int, List<T>> byLink, int index) => byLink.TryGetValue(index, out var list) ? list : [];

    private Dictionary<int, List<AddressInfo>> AddressesByLink(int index) =>
        Gather<Dictionary<int, List<AddressInfo>>>("list addresses", AddressMessages.Dump(index), AddressMessages.Read);

    private Dictionary<int, List<RouteInfo>> RoutesByLink(int index) =>
        Gather<Dictionary<int, List<RouteInfo>>>("list routes", RouteMessages.Dump(index), RouteMessages.Read);

    /// <summary>One link without addresses and routes, by name or, when that is null, by index; null when there is none.</summary>
    private LinkInfo? Get(string? name, int index)
    {
        LinkInfo? link = null;
        var answer = _socket.Exchange(LinkMessages.Get(name, index), (in NetlinkMessage message) => link ??= LinkMessages.Read(message));
        if (answer.Errno is not (0 or Errno.ENODEV))
            throw Failure($"look up link {name ?? $"index {index}"}", answer);
        return link;
    }

    /// <summary>Runs a dump, and repeats it when it was interrupted or overrun.</summary>
    private T Gather<T>(string what, NetlinkRequest request, MessageCollector<T> collect)
        where T : new()
    {
        for (var attempt = 1; ; attempt++)
        {
            var result = new T();
            var answer = _socket.Exchange(request, (in NetlinkMessage message) => collect(message, result));
            // ENODEV: the requested link was deleted in the meantime, with its addresses and routes.
            if (answer.Errno is 0 or Errno.ENODEV && !answer.Interrupted)
                return result;
            var again = answer.Interrupted || answer.Errno is Errno.EINTR or Errno.ENOBUFS or Errno.EBUSY;
            if (again && attempt < DumpAttempts)
                continue;
            if (answer.Errno != 0)
                throw Failure(what, answer);
            throw new CloudletException(
                ErrorKind.Interrupted,
                $"{what}: the network changed during each of {DumpAttempts} dumps (NLM_F_DUMP_INTR). Try again later."
            );
        }
    }

    private void Check(NetlinkAnswer answer, string operation, int index)
    {
        if (answer.Errno != 0)
            throw Failure($"{operation} {Describe(index)}", answer);
    }

    private string Describe(int index) => Get(name: null, index) is { } link ? $"\"{link.Name}\"" : $"index {index}";

    private static CloudletException Failure(string what, NetlinkAnswer answer, ErrorKind? kind = null, string? advice = null) =>
        KernelErrors.Failure(what, answer.Errno, answer.Text, kind, advice);
}
