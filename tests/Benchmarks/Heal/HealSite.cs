using System.Text;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Benchmarks.Heal;

/// <summary>A link as the site file describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Mac">Hardware address.</param>
/// <param name="Master">The bridge it is a port of, or null.</param>
/// <param name="Addresses">In canonical form.</param>
internal sealed record DescribedLink(string Name, string Mac, string? Master, IReadOnlyList<string> Addresses)
{
    /// <summary>MTU of every link here, in bytes.</summary>
    public const int Mtu = 1450;

    /// <summary>True when the kernel has the link UP with everything that is described.</summary>
    public bool IsAsDescribed(LinkInfo? link) =>
        link is { Up: true, Mtu: Mtu }
        && link.Mac == Mac
        && link.MasterName == Master
        && Addresses.All(a => link.Addresses.Any(has => has.Cidr == a));
}

/// <summary>Two veth ends; the first is a port of the bridge. Deleting one end deletes both.</summary>
/// <param name="Port">The end that trials delete.</param>
/// <param name="Peer">The other.</param>
internal sealed record Cable(DescribedLink Port, DescribedLink Peer);

/// <summary>
/// The site of the trials: 100 cables in one bridge, and 10 services, each with the file that it loads, after one of the last cables.
/// </summary>
internal static class HealSite
{
    /// <summary>Number of files, each loaded by its own service.</summary>
    public const int Files = 10;

    private const string Bridge = "healbr";

    /// <summary>The cables.</summary>
    public static IReadOnlyList<Cable> Cables { get; } =
    [
        .. Enumerable
            .Range(1, 100)
            .Select(n => new Cable(
                new DescribedLink($"heal-{n}", $"02:00:5e:20:00:{n:x2}", Bridge, [$"10.60.{n}.1/24", $"fd00:60:0:{n:x}::1/64"]),
                new DescribedLink($"peer-{n}", $"02:00:5e:21:00:{n:x2}", null, [$"10.61.{n}.1/24"])
            )),
    ];

    /// <summary>Cables on which no service depends.</summary>
    public static IReadOnlyList<Cable> Plain { get; } = [.. Cables.Take(Cables.Count - Files)];

    /// <summary>Cables on which a service depends: a heal of one has more to observe.</summary>
    public static IReadOnlyList<Cable> UnderServices { get; } = [.. Cables.Skip(Plain.Count)];

    /// <summary>Content of a file.</summary>
    public static string Content(int number) => $"number = {number}\npurpose = heal\n";

    /// <summary>The site file. It has the default budgets.</summary>
    public static string Text()
    {
        var text = new StringBuilder(
            $"site: heal-benchmark\nhosts:\n  heal:\n    reach: local\n    boot: none\n    health: {{}}\n    links:\n      {Bridge}: "
                + $"{{ kind: bridge }}\n"
        );
        foreach (var (port, peer) in Cables)
        {
            Link(text, port, peer);
            Link(text, peer, port);
        }

        text.Append("    files:\n");
        for (var n = 1; n <= Files; n++)
            text.Append($"      /etc/heal-{n}.conf: {{ content: \"{Content(n).Replace("\n", "\\n")}\" }}\n");
        text.Append("    units:\n");
        for (var n = 1; n <= Files; n++)
            text.Append(
                $"      heal-{n}.service: {{ running: true, loads: [/etc/heal-{n}.conf], after: "
                    + $"[\"link:{UnderServices[n - 1].Port.Name}\"], content: "
                    + $"\"[Service]\\nExecStart=/bin/sleep infinity\\n\" }}\n"
            );
        return text.ToString();
    }

    private static void Link(StringBuilder text, DescribedLink link, DescribedLink peer)
    {
        text.Append($"      {link.Name}: {{ kind: veth, peer: {peer.Name}, mac: \"{link.Mac}\", mtu: {DescribedLink.Mtu}, ");
        if (link.Master is not null)
            text.Append($"master: {link.Master}, ");
        text.Append($"addresses: [{string.Join(", ", link.Addresses.Select(a => $"\"{a}\""))}] }}\n");
    }
}
