using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Qemu;

namespace Cloudlet.Synthesis.Tests.Qemu;

/// <summary>The control protocol against a scripted peer.</summary>
public sealed class QmpClientSpecs
{
    private const string Greeting = """{"QMP": {"version": {}, "capabilities": []}}""";
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task An_answer_is_distinguished_from_events_and_from_other_answers()
    {
        await using var peer = await Peer.StartAsync(Greeting);
        await using var client = await peer.OpenAsync();
        var running = client.ExecuteAsync("query-status", CancellationToken.None);
        var request = await peer.RequestAsync();
        request.GetProperty("execute").GetString().ShouldBe("query-status");
        await peer.SayAsync(
            """{"event": "STOP", "data": {}}""",
            """{"return": "of somebody else", "id": 999}""",
            $$"""{"return": {"status": "paused"}, "id": {{request.GetProperty("id")}}}"""
        );
        (await running).GetProperty("status").GetString().ShouldBe("paused");
        client.CountOf("STOP").ShouldBe(1);
        client.CountOf("RESUME").ShouldBe(0);
    }

    [Fact]
    public async Task Other_lines_are_skipped()
    {
        await using var peer = await Peer.StartAsync(Greeting);
        await using var client = await peer.OpenAsync();
        var running = client.ExecuteAsync("query-status", CancellationToken.None);
        var request = await peer.RequestAsync();
        await peer.SayAsync(
            "5",
            "[]",
            """{"id": "one", "return": 1}""",
            """{"id": 1e99, "return": 1}""",
            """{"event": 5}""",
            $$"""{"return": "right", "id": {{request.GetProperty("id")}}}"""
        );
        (await running).GetString().ShouldBe("right");
    }

    [Fact]
    public async Task A_refusal_contains_the_class_and_the_description()
    {
        await using var peer = await Peer.StartAsync(Greeting);
        await using var client = await peer.OpenAsync();
        var running = client.ExecuteAsync("migrate-incoming", json => json.WriteString("uri", "unix:\"x"), CancellationToken.None);
        var request = await peer.RequestAsync();
        request.GetProperty("arguments").GetProperty("uri").GetString().ShouldBe("unix:\"x");
        await peer.SayAsync($$$"""{"error": {"class": "GenericError", "desc": "no such thing"}, "id": {{{request.GetProperty("id")}}}}""");
        var error = await Should.ThrowAsync<CloudletException>(running);
        (error.Kind, error.Message).ShouldBe((ErrorKind.ProcessFailed, "QEMU refused 'migrate-incoming': GenericError: no such thing"));
    }

    [Fact]
    public async Task A_silent_peer_times_out_and_a_late_answer_is_dropped()
    {
        await using var peer = await Peer.StartAsync(Greeting);
        await using var client = await peer.OpenAsync();
        var error = await Should.ThrowAsync<CloudletException>(client.ExecuteAsync("stop", null, Short, CancellationToken.None));
        error.Kind.ShouldBe(ErrorKind.Timeout);
        var late = await peer.RequestAsync();
        var next = client.ExecuteAsync("cont", CancellationToken.None);
        await peer.SayAsync($$"""{"return": "late", "id": {{late.GetProperty("id")}}}""");
        await peer.SayAsync($$"""{"return": "right", "id": {{(await peer.RequestAsync()).GetProperty("id")}}}""");
        (await next).GetString().ShouldBe("right");
    }

    [Fact]
    public async Task A_peer_that_disconnects_fails_pending_and_later_commands()
    {
        await using var peer = await Peer.StartAsync(Greeting);
        await using var client = await peer.OpenAsync();
        var running = client.ExecuteAsync("stop", CancellationToken.None);
        await peer.RequestAsync();
        peer.HangUp();
        (await Should.ThrowAsync<CloudletException>(running)).Kind.ShouldBe(ErrorKind.Unreachable);
        (await Should.ThrowAsync<CloudletException>(client.ExecuteAsync("cont", CancellationToken.None))).Kind.ShouldBe(
            ErrorKind.Unreachable
        );
    }

    [Fact]
    public async Task Without_a_greeting_another_client_is_being_served()
    {
        await using var peer = await Peer.StartAsync();
        (await Should.ThrowAsync<CloudletException>(QmpClient.OpenAsync(peer.Connect(), Short, CancellationToken.None))).Kind.ShouldBe(
            ErrorKind.Busy
        );
    }

    [Theory]
    [InlineData("""{"hello": 1}""", "did not send a QMP greeting")]
    [InlineData("HTTP/1.1 400 Bad Request", "sent a line that is not JSON")]
    public async Task A_foreign_socket_is_detected_by_its_greeting(string greeting, string problem)
    {
        await using var peer = await Peer.StartAsync(greeting);
        (
            await Should.ThrowAsync<CloudletException>(
                QmpClient.OpenAsync(peer.Connect(), TimeSpan.FromSeconds(20), CancellationToken.None)
            )
        ).Message.ShouldContain(problem);
    }

    [Fact]
    public async Task An_endless_line_is_not_kept()
    {
        var lines = new QmpLines(new Endless(), longest: 1 << 20);
        (await Should.ThrowAsync<CloudletException>(async () => await lines.ReadAsync(CancellationToken.None))).Message.ShouldContain(
            "received a line of more than"
        );
    }

    [Fact]
    public async Task Lines_are_complete_however_they_arrive()
    {
        var text = string.Concat(Enumerable.Range(0, 300).Select(i => $"{new string('x', i * 7)}{i}\n"));
        var lines = new QmpLines(new Dripping(Encoding.ASCII.GetBytes(text)), longest: 1 << 20);
        foreach (var expected in text.Split('\n')[..^1])
            Encoding.ASCII.GetString((await lines.ReadAsync(CancellationToken.None))!.Value.Span).ShouldBe(expected);
        (await lines.ReadAsync(CancellationToken.None)).ShouldBeNull();
    }

    /// <summary>The other end.</summary>
    private sealed class Peer : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly TaskCompletionSource<NetworkStream> _accepted = new();
        private StreamReader? _reader;

        public static async Task<Peer> StartAsync(string? greeting = null)
        {
            var peer = new Peer();
            peer._listener.Start();
            _ = peer.AcceptAsync(greeting);
            return await Task.FromResult(peer);
        }

        public NetworkStream Connect()
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(_listener.LocalEndpoint);
            return new NetworkStream(socket, ownsSocket: true);
        }

        /// <summary>A connected client that has negotiated its capabilities.</summary>
        public async Task<QmpClient> OpenAsync()
        {
            var opening = QmpClient.OpenAsync(Connect(), TimeSpan.FromSeconds(20), CancellationToken.None);
            await SayAsync($$"""{"return": {}, "id": {{(await RequestAsync()).GetProperty("id")}}}""");
            return await opening;
        }

        public async Task<JsonElement> RequestAsync()
        {
            _reader ??= new StreamReader(await _accepted.Task);
            using var document = JsonDocument.Parse((await _reader.ReadLineAsync())!);
            return document.RootElement.Clone();
        }

        public async Task SayAsync(params string[] lines) =>
            await (await _accepted.Task).WriteAsync(Encoding.UTF8.GetBytes(string.Join("\r\n", lines) + "\r\n"));

        public void HangUp() => _accepted.Task.Result.Dispose();

        public async ValueTask DisposeAsync()
        {
            _listener.Stop();
            if (_accepted.Task.IsCompletedSuccessfully)
                await (await _accepted.Task).DisposeAsync();
        }

        private async Task AcceptAsync(string? greeting)
        {
            var stream = new NetworkStream(await _listener.AcceptSocketAsync(), ownsSocket: true);
            if (greeting is not null)
                await stream.WriteAsync(Encoding.UTF8.GetBytes(greeting + "\r\n"));
            _accepted.SetResult(stream);
        }
    }

    private sealed class Endless : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill((byte)'x');
            return ValueTask.FromResult(buffer.Length);
        }
    }

    private sealed class Dripping(byte[] content) : MemoryStream(content)
    {
        private int _size = 1;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer.Span[..Math.Min(buffer.Length, _size = (_size * 5 % 4093) + 1)]));
    }
}
