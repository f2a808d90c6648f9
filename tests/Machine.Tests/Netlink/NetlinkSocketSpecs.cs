using Cloudlet.Linux;
using Cloudlet.Machine.Netlink;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Tests.Netlink;

/// <summary>The socket against the running kernel, in this process's own namespace, read-only.</summary>
public class NetlinkSocketSpecs
{
    [Fact]
    public void The_loopback_link_is_readable_without_root()
    {
        using var links = RouteNetlink.Open();
        links.Dump().Find(1).ShouldNotBeNull().Name.ShouldBe("lo");
        links.Find("lo").ShouldNotBeNull().Mtu.ShouldBeGreaterThan(1000);
    }

    [Fact]
    public void A_message_that_is_not_from_the_kernel_is_ignored()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: the kernel lets only root send to another process");
        using var socket = NetlinkSocket.Open(NETLINK_ROUTE);
        using var liar = SocketCalls.Socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
        var denial = new NetlinkRequest(NLMSG_ERROR, 0);
        denial.AddStructure(-Errno.EPERM);
        denial.AddStructure(new MessageHeader());
        var target = new NetlinkAddress { Family = AF_NETLINK, PortId = socket.PortId };
        SocketCalls.SendTo(liar, denial.Complete(sequence: 1)[..36], 0, target).ShouldBe(36);

        socket.Exchange(LinkMessages.Get("lo", 0)).Errno.ShouldBe(0);
    }

    [Fact]
    public void A_reader_that_fails_in_the_middle_of_a_dump_leaves_a_usable_socket()
    {
        using var socket = NetlinkSocket.Open(NETLINK_ROUTE);
        Should.Throw<InvalidOperationException>(() =>
            socket.Exchange(LinkMessages.DumpAll(), (in NetlinkMessage _) => throw new InvalidOperationException())
        );

        var seen = 0;
        socket.Exchange(LinkMessages.DumpAll(), (in NetlinkMessage _) => seen++).Errno.ShouldBe(0);
        seen.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void A_refusal_contains_the_kernels_message()
    {
        using var socket = NetlinkSocket.Open(NETLINK_ROUTE);
        var request = new NetlinkRequest(RTM_GETROUTE, NLM_F_ACK);
        request.AddStructure(new RouteHeader { Family = AF_INET, DestinationLength = 99 });
        var answer = socket.Exchange(request);
        answer.Errno.ShouldBe(Errno.EINVAL);
        answer.Text.ShouldNotBeNullOrEmpty();
    }
}
