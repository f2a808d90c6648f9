using System.Net;
using Cloudlet.Errors;
using Cloudlet.Machine.Netlink;
using FsCheck;
using FsCheck.Fluent;

namespace Cloudlet.Machine.Tests.Netlink;

/// <summary>Names, hardware addresses and IP addresses as text.</summary>
public class NetlinkTextSpecs
{
    [Theory]
    [InlineData("")]
    [InlineData("sixteen-bytes-xy")]
    [InlineData("eight-é-bytes-é")]
    [InlineData("a/b")]
    [InlineData("a:b")]
    [InlineData("a b")]
    [InlineData("eth%d")]
    [InlineData(".")]
    [InlineData("..")]
    public void A_name_that_the_kernel_would_refuse_or_change_is_refused_beforehand(string name) =>
        Should.Throw<CloudletException>(() => LinkNames.Checked(name)).Kind.ShouldBe(ErrorKind.InvalidInput);

    [Theory]
    [InlineData("a")]
    [InlineData("fifteen-bytes-x")]
    [InlineData("br-ex.100")]
    public void A_valid_name_is_accepted(string name) => LinkNames.Checked(name).ShouldBe(name);

    [Fact]
    public void A_hardware_address_survives_the_round_trip() =>
        Prop.ForAll<ulong>(number =>
            {
                var bytes = BitConverter.GetBytes(number)[..6];
                return MacAddresses.Parse(MacAddresses.Format(bytes)!.ToUpperInvariant()).SequenceEqual(bytes);
            })
            .QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData("02:00:00:00:00")]
    [InlineData("02:00:00:00:00:0g")]
    [InlineData("02-00-00-00-00-01")]
    [InlineData("02:00:00:00:00:01:02")]
    [InlineData("+2:00:00:00:00:01")]
    public void An_invalid_hardware_address_is_refused(string text) =>
        Should.Throw<CloudletException>(() => MacAddresses.Parse(text)).Kind.ShouldBe(ErrorKind.InvalidInput);

    [Theory]
    [InlineData("10.1/8")]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("2001:db8::/129")]
    [InlineData("fe80::1%eth0/64")]
    [InlineData("[::1]/64")]
    [InlineData("default")]
    public void An_invalid_network_is_refused(string text) =>
        Should.Throw<CloudletException>(() => IpText.ParseNetwork(text)).Kind.ShouldBe(ErrorKind.InvalidInput);

    [Theory]
    [InlineData("10.1.2.3/8", "10.0.0.0", "10.255.255.255")]
    [InlineData("10.1.2.3/30", "10.1.2.0", "10.1.2.3")]
    [InlineData("10.1.2.3/0", "0.0.0.0", "255.255.255.255")]
    [InlineData("10.1.2.3/32", "10.1.2.3", "10.1.2.3")]
    [InlineData("2001:DB8::1:2/112", "2001:db8::1:0", "2001:db8::1:ffff")]
    public void Host_bits_are_cleared_or_set(string cidr, string network, string broadcast)
    {
        var (address, length) = IpText.ParseNetwork(cidr);
        address.ToString().ShouldBe(network);
        IpText.Mask(address, length, hostBits: true).ShouldBe(IPAddress.Parse(broadcast));
    }
}
