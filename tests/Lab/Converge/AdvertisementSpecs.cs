using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Lab.Tests.Converge;

/// <summary>
/// A link that we create ignores router advertisements after a boot too, whatever network system created it then.
/// </summary>
public abstract class AdvertisementSpecs(ConvergeHost site)
{
    /// <summary>
    /// Sends an advertisement of a prefix and a default route (RFC 4861, section 4.2) out of a link; the kernel adds the checksum.
    /// </summary>
    private const string Advertise = """
        use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6);
        my $link = shift;
        open my $file, "/sys/class/net/$link/ifindex" or die "$link: $!"; chomp(my $index = <$file>);
        socket(my $s, AF_INET6, SOCK_RAW, 58) or die $!;
        setsockopt($s, 41, 18, pack("i", 255)) or die $!;
        setsockopt($s, 41, 17, pack("i", $index)) or die $!;
        my $prefix = pack("CCCCNNN", 3, 4, 64, 0xc0, 86400, 14400, 0) . inet_pton(AF_INET6, "2001:db8:1::");
        send($s, pack("CCnCCnNN", 134, 0, 0, 64, 0, 1800, 0, 0) . $prefix, 0, pack_sockaddr_in6(0, inet_pton(AF_INET6, "ff02::1"), $index)) or die $!;
        """;

    [Fact]
    public async Task After_a_boot_an_advertisement_gives_a_declared_link_no_address_and_no_route()
    {
        var cable = site.Write("links: {adv0: {kind: veth, peer: adv1}}");
        await site.ConvergeAsync(cable);
        try
        {
            await site.Host.RebootAsync();
            await site.Host.WriteFileAsync("/root/advertise", Advertise);
            await site.ShellAsync(
                """
                ip link add plain0 type veth peer name plain1; ip link set plain0 up
                ip netns add far
                for l in adv1 plain1; do ip link set $l netns far; ip -n far link set $l up; ip -n far address add fe80::99/64 dev $l nodad; done
                """
            );

            // The undeclared link shows that the packets are valid.
            await LabHostFixture.EventuallyAsync(
                async () =>
                {
                    await site.ShellAsync(
                        "for l in adv1 plain1; do ip netns exec far sh -c \"mount -t sysfs sysfs /sys 2>/dev/null; exec perl "
                            + "/root/advertise $l\" || true; done"
                    );
                    return (await site.ShellAsync("ip -6 address show dev plain0; ip -6 route show default")).Contains(
                        "2001:db8:1:",
                        StringComparison.Ordinal
                    );
                },
                "the undeclared link accepts an advertisement"
            );
            (await site.ShellAsync("ip -6 address show dev adv0")).ShouldNotContain("2001:db8:1:");
            (await site.ShellAsync("ip -6 route show default dev adv0")).ShouldBeEmpty();
        }
        finally
        {
            await site.ShellAsync(
                "ip netns delete far 2>/dev/null || true; ip link delete plain0 2>/dev/null || true; rm -f /root/advertise"
            );
            await site.ConvergeAsync();
        }
    }
}

[Collection(nameof(NetworkdLab))]
public sealed class NetworkdAdvertisementSpecs(NetworkdConverge site) : AdvertisementSpecs(site);

[Collection(nameof(IfupdownLab))]
public sealed class IfupdownAdvertisementSpecs(IfupdownConverge site) : AdvertisementSpecs(site);
