using System.Net;
using System.Runtime.InteropServices;
using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Machine.Netlink;
using FsCheck;
using FsCheck.Fluent;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Tests.Netlink;

/// <summary>Writing and reading messages without a kernel.</summary>
public class NetlinkMessageSpecs
{
    [Fact]
    public void The_reader_reads_what_the_writer_wrote() =>
        Prop.ForAll<(ushort Type, byte[]? Value)[]>(attributes =>
            {
                var request = new NetlinkRequest(RTM_NEWLINK, 0);
                using (request.Open(7))
                    foreach (var (type, value) in attributes)
                        request.Add(type, value ?? []);
                var outer = new AttributeReader(PayloadOf(request));
                outer.Next().ShouldBeTrue();
                outer.Type.ShouldBe((ushort)7);
                var inner = new AttributeReader(outer.Value);
                foreach (var (type, value) in attributes)
                {
                    inner.Next().ShouldBeTrue();
                    inner.Type.ShouldBe((ushort)(type & NLA_TYPE_MASK));
                    inner.Value.ToArray().ShouldBe(value ?? []);
                }

                return !inner.Next() && !outer.Next();
            })
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Numbers_text_and_addresses_survive_the_round_trip() =>
        Prop.ForAll<uint, ushort, byte>(
                (word, half, single) =>
                {
                    var request = new NetlinkRequest(RTM_NEWLINK, 0);
                    request.AddUInt32(1, word);
                    request.AddUInt16(2, half);
                    request.AddUInt16BigEndian(3, half);
                    request.AddByte(4, single);
                    request.AddString(5, $"lien-é{word}");
                    request.Add(6, new IPAddress(word).GetAddressBytes());
                    var reader = new AttributeReader(PayloadOf(request));
                    reader.Next();
                    var sameWord = reader.UInt32() == word;
                    reader.Next();
                    var sameHalf = reader.UInt16() == half;
                    reader.Next();
                    var sameBig = reader.UInt16BigEndian() == half;
                    reader.Next();
                    var sameByte = reader.Byte() == single;
                    reader.Next();
                    var sameText = reader.Text() == $"lien-é{word}";
                    reader.Next();
                    return sameWord && sameHalf && sameBig && sameByte && sameText && reader.Address().Equals(new IPAddress(word));
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void A_request_carries_its_own_length_type_flags_and_sequence()
    {
        var request = new NetlinkRequest(RTM_GETLINK, NLM_F_DUMP);
        request.AddStructure(new LinkHeader());
        request.AddByte(9, 1);
        var message = request.Complete(77);
        var header = MemoryMarshal.Read<MessageHeader>(message);
        header.Length.ShouldBe((uint)message.Length);
        header.Length.ShouldBe(40u);
        header.Type.ShouldBe(RTM_GETLINK);
        header.Flags.ShouldBe((ushort)(NLM_F_DUMP | NLM_F_REQUEST));
        header.Sequence.ShouldBe(77u);
    }

    [Fact]
    public void A_value_too_large_for_one_attribute_is_refused()
    {
        var request = new NetlinkRequest(RTM_NEWLINK, 0);
        Should.Throw<CloudletException>(() => request.Add(1, new byte[70_000])).Kind.ShouldBe(ErrorKind.InvalidInput);
        Should
            .Throw<CloudletException>(() =>
            {
                using var nest = request.Open(1);
                request.Add(1, new byte[40_000]);
                request.Add(1, new byte[40_000]);
            })
            .Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    [Theory]
    [InlineData(new byte[] { 3, 0, 1, 0 })]
    [InlineData(new byte[] { 0, 0, 1, 0 })]
    [InlineData(new byte[] { 9, 0, 1, 0, 1, 2, 3, 4 })]
    [InlineData(new byte[] { 255, 255, 1, 0 })]
    public void An_attribute_length_that_does_not_fit_is_an_error(byte[] bytes) =>
        Should.Throw<CloudletException>(() => new AttributeReader(bytes).Next()).Message.ShouldContain("malformed");

    [Fact]
    public void A_value_that_is_too_short_for_its_type_is_an_error()
    {
        var failure = Should.Throw<CloudletException>(() =>
        {
            var reader = new AttributeReader([6, 0, 4, 0, 1, 2, 0, 0]);
            reader.Next();
            reader.UInt32();
        });
        failure.Kind.ShouldBe(ErrorKind.Unexpected);
        failure.Message.ShouldContain("2 bytes where 4 are needed");
    }

    [Fact]
    public void Random_bytes_are_read_or_refused_and_never_crash() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(2000),
            Prop.ForAll<byte[], ushort>((bytes, type) => ReadsOrRefuses(Datagram(bytes ?? [], type)))
        );

    [Fact]
    public void A_real_message_with_damaged_bytes_is_read_or_refused_and_never_crashes() =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(5000),
            Prop.ForAll<ushort, byte, byte>(
                (position, value, choice) =>
                {
                    var bytes = Samples[choice % Samples.Length].ToArray();
                    bytes[position % bytes.Length] = value;
                    return ReadsOrRefuses(bytes) && ReadsOrRefuses(bytes[..(position % bytes.Length)]);
                }
            )
        );

    [Fact]
    public void An_error_answer_has_code_and_text_whether_the_request_is_echoed_or_not()
    {
        foreach (var capped in new[] { true, false })
        {
            var message = new NetlinkRequest(NLMSG_ERROR, (ushort)(NLM_F_ACK_TLVS | (capped ? NLM_F_CAPPED : 0)));
            message.AddStructure(-95);
            message.AddStructure(new MessageHeader { Length = 24 });
            if (!capped)
                message.AddStructure(0UL);
            message.AddString(NLMSGERR_ATTR_MSG, "Unknown device type");
            ReadOnlySpan<byte> datagram = message.Complete(1).ToArray();
            NetlinkMessage.TryTake(ref datagram, out var read).ShouldBeTrue();
            read.ReadAnswer().ShouldBe(new NetlinkAnswer(Errno.EOPNOTSUPP, "Unknown device type", Interrupted: false));
        }
    }

    private static byte[][] Samples { get; } =
    [
        LinkMessages
            .Create(
                new LinkToCreate("vx0", "vxlan")
                {
                    Mac = "02:00:00:00:00:01",
                    Mtu = 1400,
                    Master = 3,
                    Attributes = new KindAttributes
                    {
                        VxlanId = 7,
                        VxlanLocal = "10.0.0.1",
                        VxlanRemote = "2001:db8::1",
                        VxlanPort = 4789,
                    },
                }
            )
            .Complete(1)
            .ToArray(),
        LinkMessages
            .Create(
                new LinkToCreate("br0", "bridge")
                {
                    Attributes = new KindAttributes { BridgeStp = true, BridgeVlanFiltering = true },
                }
            )
            .Complete(1)
            .ToArray(),
        LinkMessages
            .Create(
                new LinkToCreate("mv0", "macvlan")
                {
                    Lower = 2,
                    Attributes = new KindAttributes { MacvlanMode = "vepa" },
                }
            )
            .Complete(1)
            .ToArray(),
        AddressMessages.Add(2, new AddressInfo("10.0.0.1", 24)).Complete(1).ToArray(),
        AddressMessages.Add(2, new AddressInfo("2001:db8::1", 64)).Complete(1).ToArray(),
        RouteMessages
            .Add(
                2,
                new RouteInfo("10.9.0.0/16")
                {
                    Gateway = "2001:db8::2",
                    Source = "10.0.0.1",
                    Metric = 5,
                }
            )
            .Complete(1)
            .ToArray(),
    ];

    private static ReadOnlySpan<byte> PayloadOf(NetlinkRequest request) => request.Complete(1)[Marshal.SizeOf<MessageHeader>()..].ToArray();

    private static byte[] Datagram(byte[] payload, ushort type)
    {
        var bytes = new byte[16 + payload.Length];
        ushort[] types = [RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE, NLMSG_ERROR, NLMSG_DONE];
        MemoryMarshal.Write(
            bytes,
            new MessageHeader
            {
                Length = (uint)bytes.Length,
                Type = types[type % types.Length],
                Flags = type,
            }
        );
        payload.CopyTo(bytes, 16);
        return bytes;
    }

    private static bool ReadsOrRefuses(byte[] bytes)
    {
        try
        {
            ReadOnlySpan<byte> datagram = bytes;
            while (NetlinkMessage.TryTake(ref datagram, out var message))
            {
                LinkMessages.Read(message);
                AddressMessages.Read(message, []);
                RouteMessages.Read(message, []);
                if (message.Header.Type is NLMSG_ERROR or NLMSG_DONE)
                    message.ReadAnswer();
            }
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.Unexpected && e.Message.Contains("malformed")) { }

        return true;
    }
}
