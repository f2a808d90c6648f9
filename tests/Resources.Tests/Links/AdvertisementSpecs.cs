using Cloudlet.DesiredState.Kinds.Links;
using Cloudlet.Machine.Netlink;
using Cloudlet.Resources.Kinds.Links;
using Cloudlet.TestKit;
using Cloudlet.TestKit.Machine;

namespace Cloudlet.Resources.Tests.Links;

/// <summary>
/// One packet of a guest must not give the host an address and a default route: handmade router advertisements, over cables between
/// namespaces.
/// </summary>
public sealed class AdvertisementSpecs
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_declared_link_ignores_advertisements_unless_described_otherwise()
    {
        using var host = new TestNamespace();
        using var guest = new TestNamespace();
        var kind = new LinksKind(host.Links, files: null);
        foreach (var (name, accept) in new[] { ("v0", (bool?)false), ("plain0", null), ("asks0", true) })
        {
            await MakeAsync(kind, Veth(name, accept));
            Cable(host, guest, name);
        }

        // The two other links show that the packets were valid.
        await AdvertiseUntilAsync(
            guest,
            ["v0", "plain0", "asks0"],
            () => Given(host, "plain0").Addresses.Length > 0 && Given(host, "asks0") is { Addresses.Length: > 0, Routes.Length: > 0 }
        );
        Given(host, "v0").ShouldBe(("", ""));
    }

    [Fact]
    public async Task Effects_of_earlier_advertisements_are_detected_and_removed()
    {
        using var host = new TestNamespace();
        using var guest = new TestNamespace();
        var kind = new LinksKind(host.Links, files: null);
        await MakeAsync(kind, Veth("v0", null));
        Cable(host, guest, "v0");
        await AdvertiseUntilAsync(guest, ["v0"], () => Given(host, "v0") is { Addresses.Length: > 0, Routes.Length: > 0 });

        var wanted = Veth("v0", false);
        (await kind.ObserveAsync(wanted, default))!.AcceptRa.ShouldBe(true);
        await MakeAsync(kind, wanted);
        (await kind.ObserveAsync(wanted, default))!.AcceptRa.ShouldBe(false);
        Given(host, "v0").ShouldBe(("", ""));

        // The setting is enabled again by hand.
        host.Links.SetIpv6(host.Links.Find("v0")!.Index, Ipv6Setting.AcceptRa, 1);
        (await kind.ObserveAsync(wanted, default))!.AcceptRa.ShouldBe(true);
    }

    [Fact]
    public async Task A_forwarding_link_still_accepts_advertisements_where_described()
    {
        using var host = new TestNamespace();
        var kind = new LinksKind(host.Links, files: null);
        await MakeAsync(kind, Veth("v0", true));
        host.Exec("sysctl -qw net.ipv6.conf.v0.forwarding=1");
        (await kind.ObserveAsync(Veth("v0", true), default))!.AcceptRa.ShouldBe(false);
        await MakeAsync(kind, Veth("v0", true));
        host.Links.Find("v0")!.Ipv6!.AcceptRa.ShouldBe(2);
    }

    private static LinkSpec Veth(string name, bool? accept) =>
        new()
        {
            Id = $"link:{name}",
            Name = name,
            Kind = LinkKind.Veth,
            Peer = $"{name}f",
            Up = true,
            AcceptRa = accept,
            Addresses = [],
            ForeignAddresses = ForeignAddresses.Remove,
        };

    private static async Task MakeAsync(LinksKind kind, LinkSpec wanted) =>
        await kind.ApplyAsync(wanted, await kind.ObserveAsync(wanted, default), default);

    private static void Cable(TestNamespace host, TestNamespace guest, string name)
    {
        host.Ip($"link set {name}f netns {guest.Name}");
        guest.Ip($"link set {name}f up");
        guest.Ip($"address add fe80::99/64 dev {name}f nodad");
    }

    private static (string Addresses, string Routes) Given(TestNamespace host, string name) =>
        host.Links.Find(name) is { } link
            ? (
                string.Join(' ', link.Addresses.Where(a => a.Address.StartsWith("2001:", StringComparison.Ordinal)).Select(a => a.Cidr)),
                string.Join(' ', link.Routes.Where(r => r.Destination == "::/0").Select(r => r.Gateway))
            )
            : ("", "");

    /// <summary>Routers repeat their advertisements: a cable that has just been plugged in loses the first packets.</summary>
    private static async Task AdvertiseUntilAsync(TestNamespace guest, string[] names, Func<bool> holds)
    {
        var end = Environment.TickCount64 + Patience.TotalMilliseconds;
        while (!holds())
        {
            (Environment.TickCount64 < end).ShouldBeTrue("the advertisement was never accepted");
            foreach (var name in names)
                NamespaceTraffic.Advertise(guest.Name, $"{name}f", "2001:db8:1::");
            await Task.Delay(100);
        }
    }
}
