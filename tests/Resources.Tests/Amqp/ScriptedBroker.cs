using System.Net;
using System.Net.Sockets;
using Cloudlet.Resources.Amqp;

namespace Cloudlet.Resources.Tests.Amqp;

/// <summary>A broker on a port of this machine that answers each method of its only client as a script says.</summary>
internal sealed class ScriptedBroker : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<ScriptedBroker, NetworkStream, Task> _script;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _work;

    public ScriptedBroker(Func<ScriptedBroker, NetworkStream, Task> script)
    {
        _script = script;
        _listener.Start();
        _work = RunAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Methods that the client sent, in order.</summary>
    public List<AmqpMethod> Received { get; } = [];

    public CancellationToken End => _end.Token;

    /// <summary>The beginning of a server: version 0-9, no properties, these mechanisms.</summary>
    public static AmqpWriter Start(string mechanisms = "AMQPLAIN PLAIN", byte major = 0) =>
        new AmqpWriter().Byte(major).Byte(9).Block([]).Block(System.Text.Encoding.UTF8.GetBytes(mechanisms)).Block("en_US"u8);

    public static AmqpWriter Tune() => new AmqpWriter().Short(2047).Long(131072).Short(60);

    public static AmqpWriter Close(ushort code, string text) => new AmqpWriter().Short(code).Text(text).Short(10).Short(40);

    /// <summary>A broker that works, but answers one method with something else.</summary>
    public static ScriptedBroker Working(uint to = 0, uint with = 0, AmqpWriter? what = null) =>
        new(
            async (broker, stream) =>
            {
                await stream.ReadExactlyAsync(new byte[8], broker.End);
                var connection = new AmqpConnection(stream);
                await connection.SendAsync(0, AmqpMethod.ConnectionStart, Start(), broker.End);
                while (true)
                {
                    var method = await connection.ReceiveAsync(broker.End);
                    broker.Received.Add(method);
                    if (method.Id == to)
                        await connection.SendAsync(with == AmqpMethod.ChannelClose ? 1 : 0, with, what!, broker.End);
                    else if (AnswerTo(method) is var (id, arguments))
                        await connection.SendAsync(method.Channel, id, arguments, broker.End);
                }
            }
        );

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _work;
        _end.Dispose();
        _listener.Dispose();
    }

    private static (uint, AmqpWriter)? AnswerTo(AmqpMethod method) =>
        method.Id switch
        {
            AmqpMethod.ConnectionStartOk => (AmqpMethod.ConnectionTune, Tune()),
            AmqpMethod.ConnectionOpen => (AmqpMethod.ConnectionOpenOk, new AmqpWriter().Text("")),
            AmqpMethod.ChannelOpen => (AmqpMethod.ChannelOpenOk, new AmqpWriter().Block([])),
            AmqpMethod.QueueDeclare => (AmqpMethod.QueueDeclareOk, new AmqpWriter().Text("amq.gen-x").Long(0).Long(0)),
            AmqpMethod.QueueBind => (AmqpMethod.QueueBindOk, new AmqpWriter()),
            AmqpMethod.ConnectionClose => (AmqpMethod.ConnectionCloseOk, new AmqpWriter()),
            _ => null,
        };

    private async Task RunAsync()
    {
        try
        {
            using var client = await _listener.AcceptTcpClientAsync(_end.Token);
            await using var stream = client.GetStream();
            await _script(this, stream);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // The client left, or the test ended.
        }
    }
}
