using Cloudlet.DesiredState.Sections;

namespace Cloudlet.DesiredState.Kinds.Links;

/// <summary>Rules for dependencies between links: parents, bridges and their ports, the two ends of a veth.</summary>
internal sealed class TopologyRules
{
    private readonly IReadOnlyDictionary<string, LinkSection> links;
    private readonly HostReport report;

    /// <summary>Link → the links it depends on: a vlan on its parent, a bridge on its ports.</summary>
    private readonly Dictionary<string, List<string>> lower = new(StringComparer.Ordinal);

    /// <summary>Port → its bridge, and the path of the key that names it.</summary>
    private readonly Dictionary<string, (string Bridge, string[] Keys)> masters = new(StringComparer.Ordinal);

    /// <summary>Undeclared other end → the veth that creates it.</summary>
    private readonly Dictionary<string, string> peers = new(StringComparer.Ordinal);

    private TopologyRules(IReadOnlyDictionary<string, LinkSection> links, HostReport report)
    {
        this.links = links;
        this.report = report;
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
            if (link is { Kind: LinkKind.Macvlan, Parent: { } parent } && rules.masters.TryGetValue(parent, out var port))
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
            report.Value(error, "links", name, "peer");
        else if (peer == name)
            report.Value("a veth cannot be its own other end", "links", name, "peer");
        else if (links.TryGetValue(peer, out var other))
            DeclaredPeer(name, peer, other);
        else if (!peers.TryAdd(peer, name))
            report.Value(
                $"\"{peer}\" is already the other end of \"{peers[peer]}\" ({report.PlaceOf("links", peers[peer], "peer")})",
                "links",
                name,
                "peer"
            );
    }

    private void DeclaredPeer(string name, string peer, LinkSection other)
    {
        if (other.Kind is not null and not LinkKind.Veth)
            report.Value(
                $"the link \"{peer}\" is declared as a {Word(other.Kind)}, so it cannot be the other end of a veth "
                    + $"({report.PlaceOf("links", peer)})",
                "links",
                name,
                "peer"
            );
        else if (other.Peer is not null && other.Peer != name)
            report.Value(
                $"the other end of \"{peer}\" is \"{other.Peer}\" ({report.PlaceOf("links", peer, "peer")})",
                "links",
                name,
                "peer"
            );
    }

    private void Parent(string name, LinkSection link, string parent)
    {
        if (parent == name)
            report.Value("a link cannot be its own parent", "links", name, "parent");
        else if (Declared(parent, "links", name, "parent") is { } below)
        {
            Stands(name, parent);
            if (link.Kind is LinkKind.Vlan or LinkKind.Macvlan && link.Mtu > below.Mtu)
                report.Value(
                    $"{link.Mtu} exceeds the {below.Mtu} of its parent \"{parent}\" ({report.PlaceOf("links", parent, "mtu")})",
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
            report.Value($"\"{bridge}\" is a {Word(above.Kind)}, not a bridge ({report.PlaceOf("links", bridge)})", keys);
    }

    private void Enslave(string port, string bridge, string[] keys)
    {
        if (port == bridge)
            report.Value("a link cannot be a port of itself", keys);
        else if (links[port].Kind == LinkKind.Bridge)
            report.Value(
                $"\"{port}\" is a bridge itself: the kernel does not accept it as a port of a bridge; connect them with a veth",
                keys
            );
        else if (!masters.TryAdd(port, (bridge, keys)) && masters[port].Bridge != bridge)
            report.Value(
                $"\"{port}\" has two bridges: \"{bridge}\" here and \"{masters[port].Bridge}\" at {report.PlaceOf(masters[port].Keys)}",
                keys
            );
        else
            Stands(bridge, port);
    }

    private void Stands(string upper, string on)
    {
        if (!lower.TryGetValue(upper, out var below))
            lower.Add(upper, below = []);
        if (!below.Contains(on))
            below.Add(on);
    }

    private LinkSection? Declared(string name, params ReadOnlySpan<string> keys)
    {
        if (links.TryGetValue(name, out var link))
            return link;
        if (report.IsDamaged("links"))
            return null;
        if (peers.TryGetValue(name, out var veth))
            report.Value($"\"{name}\" is the other end of \"{veth}\"; declare it as well (kind: veth, peer: {veth})", keys);
        else if (Spelling.Hint(name, links.Keys) is { Length: > 0 } hint)
            report.Value($"this host has no link \"{name}\"{hint} Declare an existing link with kind: existing", keys);
        else
            report.Value($"this host has no link \"{name}\"; declare it, with kind: existing if it already exists", keys);
        return null;
    }

    private void Cycles()
    {
        foreach (var cycle in Graph.Cycles(lower))
            report.Key($"these links form a cycle: {string.Join(" → ", cycle)} → {cycle[0]}", "links", cycle[0]);
    }

    private static string Word(LinkKind? kind) => kind.ToString()!.ToLowerInvariant();
}
