using System.Text.Json;
using Cloudlet.Machine.Netlink;

namespace Cloudlet.Machine.Tests.Netlink;

/// <summary>Many links and many threads.</summary>
public class ManyLinksSpecs
{
    [Fact]
    public void Two_hundred_links_with_addresses_are_seen_as_iproute2_sees_them()
    {
        using var ns = new TestNamespace();
        for (var i = 0; i < 200; i++)
        {
            var index = ns.Bridge($"b{i}");
            ns.Links.AddAddress(index, new AddressInfo($"10.{i}.0.1", 24));
        }

        var snapshot = ns.Links.Dump();
        snapshot.Links.Count.ShouldBe(201);
        using var seen = JsonDocument.Parse(ns.Ip("-j addr show").Output);
        foreach (var link in seen.RootElement.EnumerateArray())
        {
            var ours = snapshot.Find(link.GetProperty("ifname").GetString()!).ShouldNotBeNull();
            ours.Index.ShouldBe(link.GetProperty("ifindex").GetInt32());
            ours.Mtu.ShouldBe(link.GetProperty("mtu").GetInt32());
            ours.Mac.ShouldBe(link.GetProperty("address").GetString());
            var addresses = link.GetProperty("addr_info")
                .EnumerateArray()
                .Select(a => $"{a.GetProperty("local").GetString()}/{a.GetProperty("prefixlen").GetInt32()}");
            // Link-local addresses appear and disappear by themselves between the two queries.
            Configured(ours.Addresses.Select(a => a.Cidr)).ShouldBe(Configured(addresses), ignoreOrder: true);
        }
    }

    private static IEnumerable<string> Configured(IEnumerable<string> addresses) =>
        addresses.Where(address => !address.StartsWith("fe80", StringComparison.Ordinal));

    [Fact]
    public void One_instance_serves_many_threads()
    {
        using var ns = new TestNamespace();
        Parallel.For(
            0,
            8,
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            worker =>
            {
                for (var i = 0; i < 10; i++)
                {
                    var name = $"w{worker}-{i}";
                    var index = ns.Bridge(name);
                    ns.Links.AddAddress(index, new AddressInfo($"10.{worker}.{i}.1", 24));
                    ns[name].Index.ShouldBe(index);
                    ns[name].Addresses.ShouldContain(a => a.Address == $"10.{worker}.{i}.1");
                    if (i % 2 == 0)
                        ns.Links.Delete(index);
                }
            }
        );
        ns.Links.Dump().Links.Count.ShouldBe(1 + (8 * 5));
    }

    [Fact]
    public async Task Dumps_stay_consistent_while_other_sockets_change_the_links()
    {
        using var ns = new TestNamespace();
        ns.Bridge("steady0");
        for (var i = 0; i < 100; i++)
            ns.Bridge($"s{i}", up: false);
        using var stop = new CancellationTokenSource();
        var churn = Task.Run(() =>
        {
            using var links = RouteNetlink.Open(ns.Name);
            while (!stop.IsCancellationRequested)
                links.Delete(links.Create(new LinkToCreate("churn0", "bridge")));
        });
        try
        {
            for (var i = 0; i < 30; i++)
            {
                var snapshot = ReadDespiteChurn(ns);
                snapshot.Find("steady0").ShouldNotBeNull();
                snapshot.Links.Count(link => link.Name != "churn0").ShouldBe(102);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await churn;
        }
    }

    /// <summary>Five interrupted dumps in a row are a legitimate result under this load; any other failure is not.</summary>
    private static NetworkSnapshot ReadDespiteChurn(TestNamespace ns)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return ns.Links.Dump();
            }
            catch (Errors.CloudletException e) when (e.Kind == Errors.ErrorKind.Interrupted && attempt < 100) { }
        }
    }
}
