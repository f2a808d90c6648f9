using System.Net;
using System.Net.Sockets;
using System.Text;
using Cloudlet.Errors;

namespace Cloudlet.Resources.Amqp;

/// <summary>How far an account gets at a broker.</summary>
public enum AmqpReach
{
    /// <summary>Its password or the account itself was refused.</summary>
    None,

    /// <summary>It logs in, and the virtual host is refused, or does not exist.</summary>
    Login,

    /// <summary>It opens the virtual host, and may not make, write or read a queue there.</summary>
    VirtualHost,

    /// <summary>It may do all of that.</summary>
    Everything,
}

/// <summary>Answer of a broker to a login.</summary>
/// <param name="Reach">How far the account got.</param>
/// <param name="Refusal">The broker's own words about the step that it refused; empty when there is none.</param>
public sealed record AmqpAnswer(AmqpReach Reach, string Refusal);

/// <summary>Logs in to brokers.</summary>
public interface IAmqpLogin
{
    /// <summary>Logs in, tries what the account is for, and leaves nothing behind.</summary>
    /// <exception cref="CloudletException">
    /// Unreachable: no connection, or it was closed; Timeout: no answer in time; Unexpected: the peer is not a broker.
    /// </exception>
    Task<AmqpAnswer> TryAsync(IPEndPoint broker, string name, string password, string virtualHost, CancellationToken ct);
}

/// <summary>
/// A login as every service does it (AMQP 0-9-1, SASL PLAIN). A queue that only this connection can use is made, which needs permission to
/// configure, and bound, which needs permission to write to it and to read from an exchange. It ends with the connection.
/// </summary>
/// <param name="limit">Longest time for everything together; null: the usual one.</param>
public sealed class AmqpLogin(TimeSpan? limit = null) : IAmqpLogin
{
    private const int Channel = 1;
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Asks the broker to report a refused password; without it, it closes the connection seconds later without a word. The table's
    /// form: name, type F (table), its length, and in it: name, type t (boolean), true.
    /// </summary>
    private static readonly byte[] Properties =
    [
        .. "\fcapabilitiesF"u8,
        .. (byte[])[0, 0, 0, 31],
        .. "\u001cauthentication_failure_closet\u0001"u8,
    ];

    /// <inheritdoc/>
    public async Task<AmqpAnswer> TryAsync(IPEndPoint broker, string name, string password, string virtualHost, CancellationToken ct)
    {
        using var late = new CancellationTokenSource(limit ?? Usual);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, late.Token);
        try
        {
            using var socket = new Socket(broker.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(broker, either.Token);
            await using var stream = new NetworkStream(socket);
            return await new Session(new AmqpConnection(stream), either.Token).RunAsync(name, password, virtualHost);
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new CloudletException(
                ErrorKind.Timeout,
                $"the broker on {broker} did not answer a login within {(limit ?? Usual).TotalSeconds:0.#} s",
                e
            );
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new CloudletException(
                ErrorKind.Unreachable,
                $"the broker on {broker} does not answer ({e.Message}); see `systemctl status rabbitmq-server`",
                e
            );
        }
    }

    /// <summary>One login, step by step; a refusal ends it.</summary>
    private sealed class Session(AmqpConnection connection, CancellationToken ct)
    {
        private AmqpReach _reach = AmqpReach.None;

        public async Task<AmqpAnswer> RunAsync(string name, string password, string virtualHost)
        {
            await connection.GreetAsync(ct);
            CheckStart((await ExpectAsync(0, AmqpMethod.ConnectionStart)).Method!.Arguments.Span);
            await connection.SendAsync(0, AmqpMethod.ConnectionStartOk, StartOk(name, password), ct);
            if (await ExpectAsync(0, AmqpMethod.ConnectionTune) is { Refusal: { } login })
                return await EndAsync(login);
            _reach = AmqpReach.Login;
            var tuned = new AmqpWriter().Short(Channel).Long(AmqpConnection.LargestFrame).Short(0);
            await connection.SendAsync(0, AmqpMethod.ConnectionTuneOk, tuned, ct);
            await connection.SendAsync(0, AmqpMethod.ConnectionOpen, new AmqpWriter().Text(virtualHost).Text("").Byte(0), ct);
            if (await ExpectAsync(0, AmqpMethod.ConnectionOpenOk) is { Refusal: { } host })
                return await EndAsync(host);
            _reach = AmqpReach.VirtualHost;
            await connection.SendAsync(Channel, AmqpMethod.ChannelOpen, new AmqpWriter().Text(""), ct);
            if (await ExpectAsync(Channel, AmqpMethod.ChannelOpenOk) is { Refusal: { } channel })
                return await EndAsync(channel);
            return await UseQueueAsync();
        }

        private async Task<AmqpAnswer> UseQueueAsync()
        {
            const byte ExclusiveAndDeleted = 0b1100;
            var declare = new AmqpWriter().Short(0).Text("").Byte(ExclusiveAndDeleted).Block([]);
            await connection.SendAsync(Channel, AmqpMethod.QueueDeclare, declare, ct);
            var declared = await ExpectAsync(Channel, AmqpMethod.QueueDeclareOk);
            if (declared.Method is null)
                return await EndAsync(declared.Refusal!);
            var queue = new AmqpReader(declared.Method.Arguments.Span).Text();
            var bind = new AmqpWriter().Short(0).Text(queue).Text("amq.direct").Text(queue).Byte(0).Block([]);
            await connection.SendAsync(Channel, AmqpMethod.QueueBind, bind, ct);
            if (await ExpectAsync(Channel, AmqpMethod.QueueBindOk) is { Refusal: { } bound })
                return await EndAsync(bound);
            _reach = AmqpReach.Everything;
            return await EndAsync("");
        }

        /// <summary>The expected method, or the broker's words when it closes the connection or the channel instead.</summary>
        private async Task<(AmqpMethod? Method, string? Refusal)> ExpectAsync(int channel, uint id)
        {
            var method = await connection.ReceiveAsync(ct);
            if (method.Id == id && method.Channel == channel)
                return (method, null);
            if (method.Id is not (AmqpMethod.ConnectionClose or AmqpMethod.ChannelClose) || id == AmqpMethod.ConnectionStart)
                throw new CloudletException(
                    ErrorKind.Unexpected,
                    $"the broker answered with method {method.Id >> 16}.{method.Id & 0xffff} instead of {id >> 16}.{id & 0xffff}"
                );
            if (method.Id == AmqpMethod.ConnectionClose)
                await connection.SendAsync(0, AmqpMethod.ConnectionCloseOk, new AmqpWriter(), ct);
            return (null, Refusal(method.Arguments.Span));
        }

        /// <summary>
        /// Says goodbye, so that the broker logs no lost connection. The answer is known, so a failure here changes nothing.
        /// </summary>
        private async Task<AmqpAnswer> EndAsync(string refusal)
        {
            try
            {
                if (_reach >= AmqpReach.VirtualHost)
                {
                    await connection.SendAsync(0, AmqpMethod.ConnectionClose, new AmqpWriter().Short(200).Text("").Short(0).Short(0), ct);
                    await connection.ReceiveAsync(ct);
                }
            }
            catch (Exception e) when (e is IOException or CloudletException or OperationCanceledException)
            {
                // The broker closed the connection first, or is slow.
            }

            return new AmqpAnswer(_reach, refusal);
        }

        private static void CheckStart(ReadOnlySpan<byte> arguments)
        {
            var start = new AmqpReader(arguments);
            var version = (start.Byte(), start.Byte());
            _ = start.Block();
            var mechanisms = Encoding.UTF8.GetString(start.Block()).Split(' ');
            if (version != (0, 9) || !mechanisms.Contains("PLAIN"))
                throw new CloudletException(
                    ErrorKind.Unsupported,
                    $"the broker speaks AMQP {version.Item1}-{version.Item2} with {Printable(string.Join(' ', mechanisms))}; services need "
                        + "0-9-1 with PLAIN"
                );
        }

        private static AmqpWriter StartOk(string name, string password) =>
            new AmqpWriter().Block(Properties).Text("PLAIN").Block(Encoding.UTF8.GetBytes($"\0{name}\0{password}")).Text("en_US");

        /// <summary>
        /// The broker's words, when they are about the account; it also closes connections because it stops, for example.
        /// </summary>
        private static string Refusal(ReadOnlySpan<byte> arguments)
        {
            const int InvalidPath = 402;
            const int AccessRefused = 403;
            const int NotFound = 404;
            const int NotAllowed = 530;
            var close = new AmqpReader(arguments);
            var code = close.Short();
            var text = $"{code} {Printable(close.Text())}";
            return code is InvalidPath or AccessRefused or NotFound or NotAllowed
                ? text
                : throw new CloudletException(ErrorKind.Unreachable, $"the broker closed the connection: {text}");
        }

        /// <summary>A text of the peer for a message: one line, of a length that a person reads.</summary>
        private static string Printable(string text) =>
            string.Concat(text.Take(200).Select(static c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
    }
}
