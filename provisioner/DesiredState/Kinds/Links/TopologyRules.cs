using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Links;

/// <summary>Rules for dependencies between links: parents, bridges and their ports, the two ends of a veth.</summary>
internal sealed class TopologyRules
{
    private readonly IReadOnlyDictionary<string, LinkSection> _links;
    private readonly HostReport _report;

    /// <summary>Link → the links it depends on: a vlan on its parent, a bridge on its ports.</summary>
    private readonly Dictionary<string, List<string>> _lower = new(StringComparer.Ordinal);

    /// <summary>Port → its bridge, and the path of the key that names it.</summary>
    private readonly Dictionary<string, (string Bridge, string[] Keys)> _masters = new(StringComparer.Ordinal);

    /// <summary>Undeclared other end → the veth that creates it.</summary>
    private readonly Dictionary<string, string> _peers = new(StringComparer.Ordinal);

    private TopologyRules(IReadOnlyDictionary<string, LinkSection> links, HostReport report)
    {
        _links = links;
        _report = report;
    }

    public static void Check(IReadOnlyDictionary<string, LinkSection> links, HostReport report)
    {
        var rules = new TopologyRules(links, report);
        foreach (var (name, link) in links)
        {
            if (link.Peer is not null)
                rules.Peer(name, link.Peer);
        }

        foreach (var (name, link) in links)
        {
            if (link.Parent is not null)
                rules.Parent(name, link, link.Parent);
            // An empty master means: not a port of a bridge.
            if (link.Master is { Length: > 0 })
                rules.Master(name, link.Master, ["links", name, "master"]);
            for (var i = 0; i < link.Ports?.Count; i++)
                rules.Port(name, link.Ports[i], $"{i}");
        }

        foreach (var (name, link) in links)
        {
            if (link is { Kind: LinkKind.Macvlan, Parent: { } parent } && rules._masters.TryGetValue(parent, out var port))
                report.Value(
                    $"\"{parent}\" is a port of \"{port.Bridge}\", and a macvlan cannot be on top of a port; put it on \"{port.Bridge}\"",
                    "links",
                    name,
                    "parent"
                );
        }

        rules.Cycles();
    }

    private void Peer(string name, string peer)
    {
        if (Names.LinkError(peer) is { } error)
            _report.Value(error, "links", name, "peer");
        else if (peer == name)
            _report.Value("a veth cannot be its own other end", "links", name, "peer");
        else if (_links.TryGetValue(peer, out var other))
            DeclaredPeer(name, peer, other);
        else if (!_peers.TryAdd(peer, name))
            _report.Value(
                $"\"{peer}\" is already the other end of \"{_peers[peer]}\" ({_report.PlaceOf("links", _peers[peer], "peer")})",
                "links",
                name,
                "peer"
            );
    }

    private void DeclaredPeer(string name, string peer, LinkSection other)
    {
        if (other.Kind is not null and not LinkKind.Veth)
            _report.Value(
                $"the link \"{peer}\" is declared as a {Word(other.Kind)}, so it cannot be the other end of a veth "
                    + $"({_report.PlaceOf("links", peer)})",
                "links",
                name,
                "peer"
            );
        else if (other.Peer is not null && other.Peer != name)
            _report.Value(
                $"the other end of \"{peer}\" is \"{other.Peer}\" ({_report.PlaceOf("links", peer, "peer")})",
                "links",
                name,
                "peer"
            );
    }

    private void Parent(string name, LinkSection link, string parent)
    {
        if (parent == name)
            _report.Value("a link cannot be its own parent", "links", name, "parent");
        else if (Declared(parent, "links", name, "parent") is { } below)
        {
            Stands(name, parent);
            if (link.Kind is LinkKind.Vlan or LinkKind.Macvlan && link.Mtu > below.Mtu)
                _report.Value(
                    $"{link.Mtu} exceeds the {below.Mtu} of its parent \"{parent}\" ({_report.PlaceOf("links", parent, "mtu")})",
                    "links",
                    name,
                    "mtu"
                );
        }
    }

    private void Port(string bridge, string? port, string position)
    {
        string[] keys = ["links", bridge, "ports", position];
        if (port is null)
            return;
        if (Declared(port, keys) is not null)
            Enslave(port, bridge, keys);
    }

    private void Master(string port, string bridge, string[] keys)
    {
        if (Declared(bridge, keys) is not { } above)
            return;
        if (above.Kind is null or LinkKind.Bridge or LinkKind.Existing)
            Enslave(port, bridge, keys);
        else
            _report.Value($"\"{bridge}\" is a {Word(above.Kind)}, not a bridge ({_report.PlaceOf("links", bridge)})", keys);
    }

    private void Enslave(string port, string bridge, string[] keys)
    {
        if (port == bridge)
            _report.Value("a link cannot be a port of itself", keys);
        else if (_links[port].Kind == LinkKind.Bridge)
            _report.Value(
                $"\"{port}\" is a bridge itself: the kernel does not accept it as a port of a bridge; connect them with a veth",
                keys
            );
        else if (!_masters.TryAdd(port, (bridge, keys)) && _masters[port].Bridge != bridge)
            _report.Value(
                $"\"{port}\" has two bridges: \"{bridge}\" here and \"{_masters[port].Bridge}\" at {_report.PlaceOf(_masters[port].Keys)}",
                keys
            );
        else
            Stands(bridge, port);
    }

    private void Stands(string upper, string on)
    {
        if (!_lower.TryGetValue(upper, out var below))
            _lower.Add(upper, below = []);
        if (!below.Contains(on))
            below.Add(on);
    }

    private LinkSection? Declared(string name, params ReadOnlySpan<string> keys)
    {
        if (_links.TryGetValue(name, out var link))
            return link;
        if (_report.IsDamaged("links"))
            return null;
        if (_peers.TryGetValue(name, out var veth))
            _report.Value($"\"{name}\" is the other end of \"{veth}\"; declare it as well (kind: veth, peer: {veth})", keys);
        else if (Spelling.Hint(name, _links.Keys) is { Length: > 0 } hint)
            _report.Value($"this host has no link \"{name}\"{hint} Declare an existing link with kind: existing", keys);
        else
            _report.Value($"this host has no link \"{name}\"; declare it, with kind: existing if it already exists", keys);
        return null;
    }

    private void Cycles()
    {
        foreach (var cycle in Graph.Cycles(_lower))
            _report.Key($"these links form a cycle: {string.Join(" → ", cycle)} → {cycle[0]}", "links", cycle[0]);
    }

    private static string Word(LinkKind? kind) => kind.ToString()!.ToLowerInvariant();
}
