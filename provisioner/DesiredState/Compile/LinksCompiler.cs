using Cloudlet.DesiredState.Boot;
using Cloudlet.DesiredState.Links;
using Cloudlet.DesiredState.Modules;
using Cloudlet.DesiredState.Site;

namespace Cloudlet.DesiredState.Compile;

/// <summary>Links: every default written out, addresses and routes in canonical notation, ports turned into the master of each port.</summary>
internal sealed class LinksCompiler
{
    private readonly HostDescription host;
    private readonly IReadOnlyDictionary<string, LinkSection> sections;
    private readonly Dictionary<string, string> masters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> peers = new(StringComparer.Ordinal);

    private LinksCompiler(HostDescription host)
    {
        this.host = host;
        sections = host.Section.Links ?? new Dictionary<string, LinkSection>();
    }

    public static IReadOnlyList<BootLink> Compile(HostDescription host)
    {
        var compiler = new LinksCompiler(host);
        compiler.Relate();
        return
        [
            .. compiler.sections.OrderBy(s => s.Key, StringComparer.Ordinal)
                .Select(s => new BootLink(compiler.Compile(s.Key, s.Value), s.Value.RequiredForOnline ?? false)),
        ];
    }

    /// <summary>Finds masters and peers from whichever of the two sides names the other.</summary>
    private void Relate()
    {
        foreach (var (name, section) in sections)
        {
            if (section.Master is { } master)
                masters[name] = master;
            if (section.Peer is { } peer)
            {
                peers[name] = peer;
                if (sections.TryGetValue(peer, out var other) && other.Kind == LinkKind.Veth && other.Peer is null)
                    peers[peer] = name;
            }
        }

        foreach (var (name, section) in sections)
        {
            foreach (var port in section.Ports ?? [])
                masters[port] = name;
        }
    }

    private LinkSpec Compile(string name, LinkSection section)
    {
        var kind = section.Kind ?? LinkKind.Existing;
        var isCreated = LinkKinds.IsCreated(kind);

        // A vlan has the address of its parent by nature; the kernel follows later changes of the parent only while the vlan has none of its own.
        var mac = section.Mac?.ToLowerInvariant() ?? (isCreated && kind != LinkKind.Vlan ? StableMac.Of(host.Name, name) : null);
        return OfKind(kind, section) with
        {
            Id = LinkSpec.IdOf(name),
            Name = name,
            Parent = section.Parent,
            Peer = peers.GetValueOrDefault(name),
            Mac = mac,
            Mtu = section.Mtu,
            Up = section.Up ?? true,
            Promiscuous = section.Promiscuous,
            Master = masters.GetValueOrDefault(name),
            Addresses = Addresses(section.Addresses) ?? (isCreated ? [] : null),
            ForeignAddresses = section.ForeignAddresses ?? (isCreated ? ForeignAddresses.Remove : ForeignAddresses.Keep),
            Routes = [.. (section.Routes ?? []).Select(RouteText.Canonical)],
            After = [.. NeededBy(name, kind, section)],
        };
    }

    private static LinkSpec OfKind(LinkKind kind, LinkSection section)
    {
        var spec = new LinkSpec { Id = "", Name = "", Kind = kind };
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
        if (!host.LinksOnly && LinkKinds.ModuleOf(kind) is { } module && host.Section.Modules?.ContainsKey(module) == true)
            yield return ModuleSpec.IdOf(module);
        if (section.Parent is { } parent && sections.ContainsKey(parent))
            yield return LinkSpec.IdOf(parent);
        if (masters.TryGetValue(name, out var master) && sections.ContainsKey(master))
            yield return LinkSpec.IdOf(master);

        // The two ends of a veth come into being together: the one whose name sorts first creates both, the other is only configured after it.
        if (peers.TryGetValue(name, out var peer) && sections.ContainsKey(peer) && string.CompareOrdinal(peer, name) < 0)
            yield return LinkSpec.IdOf(peer);
    }
}
