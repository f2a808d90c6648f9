using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cloudlet.Errors;
using Cloudlet.Resources.Amqp;

namespace Cloudlet.Resources.Tests.Amqp;

public sealed class AmqpLoginSpecs
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_login_that_works_proves_everything_and_says_goodbye()
    {
        await using var broker = ScriptedBroker.Working();

        (await TryAsync(broker)).ShouldBe(new AmqpAnswer(AmqpReach.Everything, ""));

        broker
            .Received.Select(static m => m.Id)
            .ShouldBe([
                AmqpMethod.ConnectionStartOk,
                AmqpMethod.ConnectionTuneOk,
                AmqpMethod.ConnectionOpen,
                AmqpMethod.ChannelOpen,
                AmqpMethod.QueueDeclare,
                AmqpMethod.QueueBind,
                AmqpMethod.ConnectionClose,
            ]);
    }

    [Fact]
    public async Task It_sends_what_the_specification_says()
    {
        await using var broker = ScriptedBroker.Working();
        await TryAsync(broker);

        var expected = new List<byte> { 0, 0, 0, 49, 12 };
        expected.AddRange("capabilitiesF"u8);
        expected.AddRange([0, 0, 0, 31, 28]);
        expected.AddRange("authentication_failure_closet\u0001"u8);
        expected.AddRange("\u0005PLAIN\0\0\0\u0010\0nova\0pässwörd"u8.ToArray());
        expected.AddRange("\u0005en_US"u8);
        broker.Received[0].Arguments.ToArray().ShouldBe(expected);
        broker.Received[4].Arguments.ToArray().ShouldBe([0, 0, 0, 0b1100, 0, 0, 0, 0]);
    }

    [Theory]
    [InlineData(AmqpMethod.ConnectionStartOk, AmqpMethod.ConnectionClose, 403, AmqpReach.None)]
    [InlineData(AmqpMethod.ConnectionOpen, AmqpMethod.ConnectionClose, 530, AmqpReach.Login)]
    [InlineData(AmqpMethod.QueueDeclare, AmqpMethod.ChannelClose, 403, AmqpReach.VirtualHost)]
    [InlineData(AmqpMethod.QueueBind, AmqpMethod.ChannelClose, 403, AmqpReach.VirtualHost)]
    public async Task Each_refusal_is_told_from_the_others(uint to, uint with, int code, AmqpReach reach)
    {
        await using var broker = ScriptedBroker.Working(to, with, ScriptedBroker.Close((ushort)code, "ACCESS_REFUSED\n\u001b[31m"));

        (await TryAsync(broker)).ShouldBe(new AmqpAnswer(reach, $"{code} ACCESS_REFUSED??[31m"));
    }

    [Theory]
    [InlineData(RecordedFrames.Tune + RecordedFrames.Others, AmqpReach.Everything, "")]
    [InlineData(RecordedFrames.WrongPassword, AmqpReach.None, "403 ACCESS_REFUSED - Login was refused")]
    [InlineData(RecordedFrames.Tune + RecordedFrames.NoPermissions, AmqpReach.Login, "530 NOT_ALLOWED - access to vhost '/' refused")]
    [InlineData(
        RecordedFrames.Tune + RecordedFrames.Opened + RecordedFrames.NoConfigure,
        AmqpReach.VirtualHost,
        "403 ACCESS_REFUSED - access to queue"
    )]
    public async Task The_frames_of_a_real_broker_are_understood(string frames, AmqpReach reach, string refusal)
    {
        await using var broker = new ScriptedBroker(
            async (b, stream) =>
            {
                var hex = (RecordedFrames.Start + frames).Where(char.IsAsciiHexDigit);
                await stream.WriteAsync(Convert.FromHexString(string.Concat(hex)), b.End);
                await stream.CopyToAsync(Stream.Null, b.End);
            }
        );

        var answer = await TryAsync(broker);

        answer.Reach.ShouldBe(reach);
        answer.Refusal.ShouldStartWith(refusal);
    }

    [Fact]
    public async Task A_broker_that_stops_refuses_nobody()
    {
        await using var broker = ScriptedBroker.Working(
            AmqpMethod.ConnectionStartOk,
            AmqpMethod.ConnectionClose,
            ScriptedBroker.Close(320, "CONNECTION_FORCED - broker forced connection closure")
        );

        (await FailureAsync(broker)).Kind.ShouldBe(ErrorKind.Unreachable);
    }

    [Fact]
    public async Task Where_nobody_listens_it_is_unreachable()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var address = (IPEndPoint)free.LocalEndpoint;
        free.Stop();

        var error = await Should.ThrowAsync<CloudletException>(() => new AmqpLogin(Short).TryAsync(address, "nova", "x", "/", default));

        error.Kind.ShouldBe(ErrorKind.Unreachable);
        error.Message.ShouldContain("systemctl status rabbitmq-server");
    }

    public static TheoryData<string, byte[], ErrorKind> Hostile =>
        new()
        {
            { "closes at once", [], ErrorKind.Unreachable },
            { "another version", "AMQP\0\0\t\u0001"u8.ToArray(), ErrorKind.Unexpected },
            { "another protocol", "HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), ErrorKind.Unexpected },
            { "a frame of 4 GiB", [1, 0, 0, 255, 255, 255, 255, 1, 2, 3], ErrorKind.Unexpected },
            { "a frame just above the limit", [1, 0, 0, 0, 2, 0, 1, 1], ErrorKind.Unexpected },
            { "a frame without its end", [1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 10, 7], ErrorKind.Unexpected },
            { "a method without a number", [1, 0, 0, 0, 0, 0, 2, 0, 10, 0xce], ErrorKind.Unexpected },
            { "a start without arguments", [1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 10, 0xce], ErrorKind.Unexpected },
            { "a table longer than its frame", [1, 0, 0, 0, 0, 0, 10, 0, 10, 0, 10, 0, 9, 255, 255, 255, 255, 0xce], ErrorKind.Unexpected },
            { "another method first", [1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 30, 0xce], ErrorKind.Unexpected },
            { "a close instead of a start", [1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 50, 0xce], ErrorKind.Unexpected },
            {
                "heartbeats without end",
                [.. Enumerable.Repeat((byte[])[8, 0, 0, 0, 0, 0, 0, 0xce], 100).SelectMany(static b => b)],
                ErrorKind.Unexpected
            },
            { "no PLAIN", Frame(ScriptedBroker.Start("EXTERNAL")), ErrorKind.Unsupported },
            { "version 1.0", Frame(ScriptedBroker.Start(major: 1)), ErrorKind.Unsupported },
        };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_peer_is_an_error_and_costs_neither_time_nor_memory(string what, byte[] sent, ErrorKind kind)
    {
        await using var broker = new ScriptedBroker(async (b, stream) => await stream.WriteAsync(sent, b.End));
        var before = GC.GetTotalAllocatedBytes();

        (await FailureAsync(broker)).Kind.ShouldBe(kind, what);

        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(64 << 20);
    }

    [Fact]
    public async Task A_peer_that_sends_byte_after_byte_or_nothing_is_left_in_time()
    {
        await using var slow = new ScriptedBroker(
            async (b, stream) =>
            {
                foreach (var single in Frame(ScriptedBroker.Start()).Concat(new byte[1000]))
                {
                    await stream.WriteAsync(new[] { single }, b.End);
                    await Task.Delay(50, b.End);
                }
            }
        );
        var watch = Stopwatch.StartNew();

        (await FailureAsync(slow, TimeSpan.FromMilliseconds(300))).Kind.ShouldBe(ErrorKind.Timeout);

        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    /// <summary>Any change of one byte, anywhere in the answers, gives an answer or an error of ours.</summary>
    [Fact]
    public async Task Damaged_answers_never_do_more_than_fail()
    {
        byte[] all =
        [
            .. Frame(ScriptedBroker.Start()),
            .. Frame(ScriptedBroker.Tune(), AmqpMethod.ConnectionTune),
            .. Frame(new AmqpWriter().Text(""), AmqpMethod.ConnectionOpenOk),
            .. Frame(new AmqpWriter().Block([]), AmqpMethod.ChannelOpenOk, channel: 1),
            .. Frame(new AmqpWriter().Text("q").Long(0).Long(0), AmqpMethod.QueueDeclareOk, channel: 1),
            .. Frame(new AmqpWriter(), AmqpMethod.QueueBindOk, channel: 1),
        ];
        var random = new Random(3);
        for (var i = 0; i < 200; i++)
        {
            byte[] damaged = [.. all];
            damaged[random.Next(all.Length)] ^= (byte)(1 << random.Next(8));
            await using var broker = new ScriptedBroker(async (b, stream) => await stream.WriteAsync(damaged, b.End));
            try
            {
                await new AmqpLogin(Short).TryAsync(broker.Address, "nova", "x", "/", default);
            }
            catch (CloudletException e)
            {
                e.Message.Length.ShouldBeLessThan(600);
            }
        }
    }

    private static async Task<CloudletException> FailureAsync(ScriptedBroker broker, TimeSpan? limit = null)
    {
        var error = await Should.ThrowAsync<CloudletException>(() => TryAsync(broker, limit));
        error.Message.ShouldNotContain("pässwörd");
        return error;
    }

    private static Task<AmqpAnswer> TryAsync(ScriptedBroker broker, TimeSpan? limit = null) =>
        new AmqpLogin(limit ?? TimeSpan.FromSeconds(20)).TryAsync(broker.Address, "nova", "pässwörd", "/", default);

    private static byte[] Frame(AmqpWriter arguments, uint id = AmqpMethod.ConnectionStart, byte channel = 0)
    {
        using var stream = new MemoryStream();
        new AmqpConnection(stream).SendAsync(channel, id, arguments, default).GetAwaiter().GetResult();
        return stream.ToArray();
    }
}
