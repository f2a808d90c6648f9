using Cloudlet.DesiredState.Kinds.Modules;
using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Links;

/// <summary>
/// Compiles links: defaults are written out, addresses and routes get canonical notation, ports become the master of each port.
/// </summary>
internal sealed class LinksCompiler
{
    private readonly HostDescription _host;
    private readonly IReadOnlyDictionary<string, LinkSection> _sections;
    private readonly Dictionary<string, string> _masters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _peers = new(StringComparer.Ordinal);

    private LinksCompiler(HostDescription host)
    {
        _host = host;
        _sections = host.Section.Links ?? new Dictionary<string, LinkSection>();
    }

    public static IReadOnlyList<BootLink> Compile(HostDescription host)
    {
        var compiler = new LinksCompiler(host);
        compiler.Relate();
        return
        [
            .. compiler
                ._sections.OrderBy(s => s.Key, StringComparer.Ordinal)
                .Select(s => new BootLink(compiler.Compile(s.Key, s.Value), s.Value.RequiredForOnline ?? false)
                {
                    AcceptsRa = s.Value.AcceptRa == true,
                }),
        ];
    }

    /// <summary>Finds masters and peers, whichever of the two sides names the other.</summary>
    private void Relate()
    {
        foreach (var (name, section) in _sections)
        {
            if (section.Master is { } master)
                _masters[name] = master;
            if (section.Peer is { } peer)
            {
                _peers[name] = peer;
                if (_sections.TryGetValue(peer, out var other) && other.Kind == LinkKind.Veth && other.Peer is null)
                    _peers[peer] = name;
            }
        }

        foreach (var (name, section) in _sections)
        {
            foreach (var port in section.Ports ?? [])
                _masters[port] = name;
        }
    }

    private LinkSpec Compile(string name, LinkSection section)
    {
        var kind = section.Kind ?? LinkKind.Existing;
        var isCreated = LinkKinds.IsCreated(kind);

        // A vlan has the address of its parent by default; the kernel follows later changes of the parent only while the vlan has no
        // address of its own.
        var mac = section.Mac?.ToLowerInvariant() ?? (isCreated && kind != LinkKind.Vlan ? StableMac.Of(_host.Name, name) : null);
        return OfKind(kind, section) with
        {
            Id = LinkSpec.IdOf(name),
            Name = name,
            Parent = section.Parent,
            Peer = _peers.GetValueOrDefault(name),
            Mac = mac,
            Mtu = section.Mtu,
            Up = section.Up ?? true,
            Promiscuous = section.Promiscuous ?? (isCreated ? false : null),
            Arp = isCreated && kind != LinkKind.Dummy ? true : null,
            AllMulticast = isCreated ? false : null,
            AcceptRa = isCreated ? AcceptRa(section) : null,
            Master = _masters.GetValueOrDefault(name),
            TakesOver = PortsTakenOver(name, kind, section),
            Yields = kind == LinkKind.Existing && _masters.TryGetValue(name, out var bridge) && TakesOver(bridge) ? true : null,
            Addresses = Addresses(section.Addresses) ?? (isCreated ? [] : null),
            ForeignAddresses = section.ForeignAddresses ?? (isCreated ? ForeignAddresses.Remove : ForeignAddresses.Keep),
            Routes = [.. (section.Routes ?? []).Select(RouteText.Canonical)],
            After = [.. NeededBy(name, kind, section), .. section.After ?? []],
        };
    }

    /// <summary>
    /// systemd-networkd processes advertisements itself and disables that in the kernel: then the kernel's setting has no meaning.
    /// </summary>
    private bool? AcceptRa(LinkSection section) =>
        section.AcceptRa switch
        {
            true when !_host.LinksOnly && (_host.Section.Boot ?? BootNetwork.Networkd) == BootNetwork.Networkd => null,
            var written => written ?? false,
        };

    private bool TakesOver(string bridge) =>
        _sections.TryGetValue(bridge, out var section) && section is { Kind: LinkKind.Bridge, Addresses.Count: > 0 };

    private string[]? PortsTakenOver(string name, LinkKind kind, LinkSection section)
    {
        if (kind != LinkKind.Bridge || section.Addresses is not { Count: > 0 })
            return null;
        string[] ports =
        [
            .. _masters
                .Where(m => m.Value == name && _sections.TryGetValue(m.Key, out var port) && port.Kind is null or LinkKind.Existing)
                .Select(m => m.Key),
        ];
        return ports.Length > 0 ? ports : null;
    }

    private static LinkSpec OfKind(LinkKind kind, LinkSection section)
    {
        var spec = new LinkSpec
        {
            Id = "",
            Name = "",
            Kind = kind,
        };
        return kind switch
        {
            LinkKind.Bridge => spec with { BridgeStp = section.Stp ?? false },
            LinkKind.Vlan => spec with { VlanId = section.Id },
            LinkKind.Macvlan => spec with { MacvlanMode = section.Mode ?? "bridge" },
            LinkKind.Vxlan => spec with
            {
                VxlanId = section.Id,
                VxlanLocal = RouteText.Address(section.Local),
                VxlanRemote = RouteText.Address(section.Remote),
                VxlanPort = section.Port ?? 4789,
            },
            _ => spec,
        };
    }

    private static string[]? Addresses(IReadOnlyList<string>? written) => written is null ? null : [.. written.Select(RouteText.Prefix)];

    private IEnumerable<string> NeededBy(string name, LinkKind kind, LinkSection section)
    {
        if (!_host.LinksOnly && LinkKinds.ModuleOf(kind) is { } module && _host.Section.Modules?.ContainsKey(module) == true)
            yield return ModuleSpec.IdOf(module);
        if (section.Parent is { } parent && _sections.ContainsKey(parent))
            yield return LinkSpec.IdOf(parent);
        if (_masters.TryGetValue(name, out var master) && _sections.ContainsKey(master))
            yield return LinkSpec.IdOf(master);

        // The two ends of a veth are created together: the one whose name sorts first creates both, the other is only configured after
        // that.
        if (_peers.TryGetValue(name, out var peer) && _sections.ContainsKey(peer) && string.CompareOrdinal(peer, name) < 0)
            yield return LinkSpec.IdOf(peer);
    }
}
