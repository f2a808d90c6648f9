using System.Net;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.TestKit.Machine;

/// <summary>
/// Links, addresses and routes in memory, with the kernel's behaviour that matters. Deleting a link also deletes the other end of its cable
/// and the links on top of it, and releases its ports. A link that goes down loses routes and IPv6 addresses. Removing the first IPv4
/// address of a subnet removes the others. A route replaces any with its destination and metric. An IPv4 address adds the route to its
/// network. A bridge follows the MTU of its ports until its own MTU is set.
/// </summary>
public sealed class FakeNetlink : IRouteNetlink
{
    private readonly FakeMachine _machine;
    private readonly SortedDictionary<int, LinkInfo> _links = [];
    private readonly HashSet<int> _ownMtu = [];
    private int _lastIndex;

    /// <summary>Initial settings of a link.</summary>
    private static Ipv6Info Fresh => new(AcceptRa: 1, Autoconf: true, Forwarding: false, Disabled: false);

    internal FakeNetlink(FakeMachine machine)
    {
        _machine = machine;
        Put(
            new LinkInfo
            {
                Index = 1,
                Name = "lo",
                Mtu = 65536,
                Up = true,
                Promiscuous = false,
                IsEthernet = false,
                Ipv6 = Fresh,
                Addresses = [new AddressInfo("127.0.0.1", 8) { Scope = "host" }, new AddressInfo("::1", 128) { Scope = "host" }],
            }
        );
        Put(
            new LinkInfo
            {
                Index = 2,
                Name = "eth0",
                Mtu = 1500,
                Up = true,
                Promiscuous = false,
                Mac = "52:54:00:00:00:02",
                Ipv6 = Fresh,
            }
        );
        _lastIndex = 2;
    }

    /// <summary>Kinds of links that this kernel can create.</summary>
    public ISet<string> Drivers { get; } = new HashSet<string> { "dummy", "bridge", "veth", "vlan", "vxlan", "macvlan", "tap", "ifb" };

    /// <summary>Alternative name → name.</summary>
    public IDictionary<string, string> AltNames { get; } = new Dictionary<string, string>();

    /// <summary>net.ipv4.conf.all.promote_secondaries.</summary>
    public bool PromotesSecondaries { get; set; }

    /// <summary>Links whose driver accepts a new hardware address only while they are down.</summary>
    public ISet<string> StubbornMac { get; } = new HashSet<string>();

    /// <summary>How many dumps were made.</summary>
    public int Dumps { get; private set; }

    /// <summary>A link by name; setting it simulates a change by other software.</summary>
    public LinkInfo this[string name]
    {
        get => Find(name) ?? throw new KeyNotFoundException(name);
        set => Put(value with { Routes = [.. value.Routes.Where(r => r.Protocol != RouteInfo.KernelProtocol)] });
    }

    /// <inheritdoc/>
    public NetworkSnapshot Dump()
    {
        Dumps++;
        return new NetworkSnapshot([.. _links.Values.Select(Named)]);
    }

    /// <inheritdoc/>
    public IReadOnlyList<LinkInfo> List() => [.. _links.Values.Select(l => Named(l) with { Addresses = [], Routes = [] })];

    /// <inheritdoc/>
    public IReadOnlyList<(int Index, AddressInfo Address)> Addresses() =>
        [.. _links.Values.SelectMany(l => l.Addresses.Select(a => (l.Index, a)))];

    /// <inheritdoc/>
    public LinkInfo? Find(string name) => _links.Values.FirstOrDefault(l => l.Name == name) is { } link ? Named(link) : null;

    /// <inheritdoc/>
    public bool CanCreate(string kind) => Drivers.Contains(kind);

    /// <inheritdoc/>
    public string? NameBehind(string name) => AltNames.TryGetValue(name, out var real) ? real : null;

    /// <inheritdoc/>
    public void SetIpv6(int index, Ipv6Setting setting, int value)
    {
        var link = Get(index);
        _machine.Write(
            $"set {setting} of {link.Name}",
            () =>
                Put(
                    link with
                    {
                        Ipv6 = setting switch
                        {
                            Ipv6Setting.AcceptRa => link.Ipv6! with { AcceptRa = value },
                            Ipv6Setting.Autoconf => link.Ipv6! with { Autoconf = value != 0 },
                            _ => link.Ipv6! with { Disabled = value != 0 },
                        },
                    }
                )
        );
    }

    /// <inheritdoc/>
    public int Create(LinkToCreate link)
    {
        if (!Drivers.Contains(link.Kind))
            throw new CloudletException(ErrorKind.DriverMissing, $"create {link.Name}: Unknown device type");
        if (Find(link.Name) is not null || (link.PeerName is { } other && Find(other) is not null))
            throw new CloudletException(ErrorKind.AlreadyExists, $"create {link.Name}: File exists");
        if (link.Lower is { } lower && !_links.ContainsKey(lower))
            throw new CloudletException(ErrorKind.NotFound, $"create {link.Name}: No such device");
        var index = _lastIndex + 1;
        _machine.Write(
            $"create {link.Name}",
            () =>
            {
                _lastIndex = index;
                Put(
                    new LinkInfo
                    {
                        Index = index,
                        Name = link.Name,
                        Kind = link.Kind == "tap" ? "tun" : link.Kind,
                        Mac = link.Mac ?? MacOf(index),
                        Mtu = link.Mtu ?? (link.Lower is { } parent ? _links[parent].Mtu : 1500),
                        Up = false,
                        Promiscuous = false,
                        Alias = link.Alias,
                        Ipv6 = Fresh,
                        Lower = link.Lower,
                        Attributes = link.Kind switch
                        {
                            "tap" => new KindAttributes { Tap = true },
                            "bridge" => link.Attributes with { BridgeStp = link.Attributes.BridgeStp ?? false },
                            "vxlan" => link.Attributes with { VxlanPort = link.Attributes.VxlanPort ?? 8472 },
                            "macvlan" => link.Attributes with { MacvlanMode = link.Attributes.MacvlanMode ?? "vepa" },
                            _ => link.Attributes,
                        },
                    }
                );
                if (link.Kind == "veth")
                    PutPeer(index, link);
                if (link.Master is { } master)
                    SetMaster(index, master);
                if (link.Up)
                    SetUp(index, true);
            }
        );
        return index;
    }

    /// <inheritdoc/>
    public void Change(int index, LinkChange change)
    {
        var link = Get(index);
        if (change.Mac is not null && link.Up && change.Up != false && StubbornMac.Contains(link.Name))
            throw new CloudletException(ErrorKind.Busy, $"change {link.Name}: Device or resource busy");
        if (change.Mtu is { } wide && link is { Kind: "vlan", Lower: { } lower } && wide > _links[lower].Mtu)
            throw new CloudletException(ErrorKind.InvalidInput, $"change {link.Name}: Numerical result out of range");
        if (change.Name is { } name && Find(name) is { } other && other.Index != index)
            throw new CloudletException(ErrorKind.AlreadyExists, $"change {link.Name}: File exists");
        _machine.Write(
            $"change {link.Name}",
            () =>
            {
                Put(
                    Get(index) with
                    {
                        Name = change.Name ?? link.Name,
                        Alias = change.Alias ?? link.Alias,
                        Mac = change.Mac ?? link.Mac,
                        Mtu = change.Mtu ?? link.Mtu,
                        Promiscuous = change.Promiscuous ?? link.Promiscuous,
                        Attributes = change.Attributes is { BridgeStp: { } stp }
                            ? link.Attributes with
                            {
                                BridgeStp = stp,
                            }
                            : link.Attributes,
                    }
                );
                if (change.Mtu is { } mtu && mtu != link.Mtu)
                    _ownMtu.Add(index);
                if (change.Master is { } master)
                    SetMaster(index, master);
                if (change.Up is { } up && up != link.Up)
                    SetUp(index, up);
            }
        );
    }

    /// <inheritdoc/>
    public void Delete(int index)
    {
        if (!_links.TryGetValue(index, out var link))
            return;
        if (link.Kind is null)
            throw new CloudletException(ErrorKind.Unsupported, $"delete {link.Name}: Operation not supported");
        _machine.Write($"delete {link.Name}", () => Remove(index));
    }

    /// <inheritdoc/>
    public void AddAddress(int index, AddressInfo address)
    {
        var link = Get(index);
        if (!link.Addresses.Contains(address))
            _machine.Write(
                $"add {address.Cidr} to {link.Name}",
                () => Put(link with { Addresses = [.. link.Addresses.Where(a => a.Cidr != address.Cidr), address] })
            );
    }

    /// <inheritdoc/>
    public void RemoveAddress(int index, AddressInfo address)
    {
        var link = Get(index);
        if (link.Addresses.FirstOrDefault(a => a.Cidr == address.Cidr) is not { } gone)
            return;
        var subnet = Subnet(gone);
        var isFirst = link.Addresses.First(a => Subnet(a) == subnet) == gone;
        var takesAlong = isFirst && !gone.Address.Contains(':') && !PromotesSecondaries;
        _machine.Write(
            $"remove {address.Cidr} from {link.Name}",
            () =>
                Put(
                    link with
                    {
                        Addresses = [.. link.Addresses.Where(a => a != gone && !(takesAlong && Subnet(a) == subnet))],
                        Routes = [.. link.Routes.Where(r => r.Source != gone.Address)],
                    }
                )
        );
    }

    /// <inheritdoc/>
    public void AddRoute(int index, RouteInfo route)
    {
        var link = Get(index);
        if (!link.Up)
            throw new CloudletException(ErrorKind.Unreachable, $"add route {route.Destination}: Network is down");
        if (route is { OnLink: false, Gateway: { } gateway } && !link.Addresses.Any(a => Network(a).Contains(IPAddress.Parse(gateway))))
            throw new CloudletException(ErrorKind.Unexpected, $"add route {route.Destination}: Nexthop has invalid gateway");
        _machine.Write(
            $"add route {route.Destination} to {link.Name}",
            () =>
            {
                foreach (var other in _links.Values.ToList())
                    Put(
                        other with
                        {
                            Routes = [.. other.Routes.Where(r => !(r.Destination == route.Destination && r.Metric == route.Metric))],
                        }
                    );
                link = Get(index);
                Put(link with { Routes = [.. link.Routes, route] });
            }
        );
    }

    /// <inheritdoc/>
    public void RemoveRoute(int index, RouteInfo route)
    {
        var link = Get(index);
        _machine.Write(
            $"remove route {route.Destination} from {link.Name}",
            () =>
                Put(
                    link with
                    {
                        Routes =
                        [
                            .. link.Routes.Where(r =>
                                !(r.Destination == route.Destination && r.Metric == route.Metric && r.Gateway == route.Gateway)
                            ),
                        ],
                    }
                )
        );
    }

    /// <inheritdoc/>
    public void Dispose() => _links.Clear();

    private static string MacOf(int index) => $"02:00:00:00:00:{index:x2}";

    private static IPNetwork Network(AddressInfo address)
    {
        var bytes = IPAddress.Parse(address.Address).GetAddressBytes();
        for (var bit = address.PrefixLength; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPNetwork(new IPAddress(bytes), address.PrefixLength);
    }

    private static string Subnet(AddressInfo address) => Network(address).ToString();

    private LinkInfo Get(int index) =>
        _links.TryGetValue(index, out var link) ? link : throw new CloudletException(ErrorKind.NotFound, $"link {index}: No such device");

    private void Put(LinkInfo link) => _links[link.Index] = link;

    private LinkInfo Named(LinkInfo link) =>
        link with
        {
            MasterName = link.Master is { } master ? _links[master].Name : null,
            LowerName = link.Lower is { } lower && _links.TryGetValue(lower, out var other) ? other.Name : null,
            Routes = [.. link.Routes, .. KernelRoutes(link)],
        };

    /// <summary>The routes that the kernel adds for the addresses of a link that is up.</summary>
    private static IEnumerable<RouteInfo> KernelRoutes(LinkInfo link) =>
        link.Up
            ? link
                .Addresses.Where(a => a.Scope == "global" && a.PrefixLength < (a.Address.Contains(':') ? 128 : 32))
                .Select(KernelRoute)
                .DistinctBy(r => r.Destination)
            : [];

    private static RouteInfo KernelRoute(AddressInfo address) =>
        address.Address.Contains(':')
            ? new RouteInfo(Subnet(address)) { Metric = 256, Protocol = RouteInfo.KernelProtocol }
            : new RouteInfo(Subnet(address)) { Source = address.Address, Protocol = RouteInfo.KernelProtocol };

    private void PutPeer(int index, LinkToCreate link)
    {
        var peer = ++_lastIndex;
        Put(
            new LinkInfo
            {
                Index = peer,
                Name = link.PeerName ?? $"veth{peer}",
                Kind = "veth",
                Mac = link.PeerMac ?? MacOf(peer),
                Mtu = 1500,
                Up = false,
                Promiscuous = false,
                Ipv6 = Fresh,
                Lower = index,
            }
        );
        Put(_links[index] with { Lower = peer });
    }

    private void SetMaster(int index, int master)
    {
        if (master != 0 && _links.GetValueOrDefault(master)?.Kind != "bridge")
            throw new CloudletException(ErrorKind.Unsupported, $"change {_links[index].Name}: Operation not supported");
        Put(_links[index] with { Master = master == 0 ? null : master });
        foreach (var bridge in _links.Values.Where(l => l.Kind == "bridge" && !_ownMtu.Contains(l.Index)).ToList())
            if (
                _links.Values.Where(l => l.Master == bridge.Index).Select(l => l.Mtu).DefaultIfEmpty(bridge.Mtu).Min() is var least
                && least != bridge.Mtu
            )
                Put(bridge with { Mtu = least });
    }

    private void SetUp(int index, bool up)
    {
        var link = _links[index];
        Put(
            up
                ? link with
                {
                    Up = true,
                    Addresses = [.. link.Addresses, new AddressInfo($"fe80::{index:x}", 64) { Scope = "link" }],
                }
                : link with
                {
                    Up = false,
                    Addresses = [.. link.Addresses.Where(a => !a.Address.Contains(':'))],
                    Routes = [],
                }
        );
    }

    private void Remove(int index)
    {
        if (!_links.Remove(index, out var gone))
            return;
        _ownMtu.Remove(index);
        if (gone is { Kind: "veth", Lower: { } peer })
            Remove(peer);
        foreach (var link in _links.Values.ToList())
            if (link.Master == index)
                Put(link with { Master = null });
            else if (link.Lower == index)
                Remove(link.Index);
    }
}
