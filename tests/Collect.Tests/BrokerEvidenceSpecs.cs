using System.Net;
using System.Net.Sockets;

namespace Cloudlet.Collect.Tests;

/// <summary>Brokers in a transport_url.</summary>
public sealed class BrokerEvidenceSpecs
{
    [Theory]
    [InlineData("rabbit://nova:pass@10.0.0.1:5673/", "10.0.0.1:5673")]
    [InlineData("rabbit://nova:p@ss@rabbit", "rabbit:5672")]
    [InlineData("rabbit://a:b@one:1,c:d@two:2/vhost?ssl=1", "one:1 two:2")]
    [InlineData("rabbit://u:p@[fd00::1]:5671/", "fd00::1:5671")]
    [InlineData("rabbit://u:p@[fd00::1]/", "fd00::1:5672")]
    [InlineData("rabbit://u:p@host:0/", "host:5672")]
    [InlineData("fake:", "")]
    [InlineData("rabbit:///", "")]
    public void A_transport_url_names_its_brokers(string url, string places) =>
        string.Join(' ', BrokerEvidence.Places(url).Select(p => $"{p.Host}:{p.Port}")).ShouldBe(places);

    [Fact]
    public async Task A_broker_accepts_or_refuses_connections_and_no_secret_is_shown()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var open = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var shut = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();

        var said = await BrokerEvidence.ReachAsync(
            $"rabbit://nova:geheim@127.0.0.1:{open},nova:geheim@127.0.0.1:{shut}/",
            TestContext.Current.CancellationToken
        );

        said.ShouldBe($"127.0.0.1:{open} open\n127.0.0.1:{shut} refused\n");
    }
}
