using System.Net.Sockets;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Fetch;

namespace Cloudlet.Synthesis.Tests.Fetch;

public class FetchSpecs
{
    private static readonly byte[] File = Bytes();

    [Fact]
    public async Task A_file_comes_in_one_piece()
    {
        await using var server = new ScriptedServer((_, to, ct) => WholeAsync(to, "\"a\"", File, ct));

        (await FetchAsync(server)).ShouldBe(File);

        server.Requests.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_redirection_to_a_file_of_this_machine_is_refused()
    {
        await using var server = new ScriptedServer(
            (_, to, ct) =>
                ScriptedServer.SayAsync(
                    to,
                    "HTTP/1.1 302 Found\nLocation: file:///etc/hostname\nContent-Length: 0\nConnection: close",
                    default,
                    ct
                )
        );

        (await Should.ThrowAsync<CloudletException>(FetchAsync(server))).Kind.ShouldBe(ErrorKind.InvalidInput);
    }

    [Fact]
    public async Task A_broken_connection_is_resumed_where_it_was()
    {
        await using var server = new ScriptedServer(
            (request, to, ct) =>
                request.Number switch
                {
                    0 => WholeAsync(to, "\"a\"", File.AsMemory(0, 30_000), ct),
                    1 => PartAsync(to, request.From, "\"a\"", File.AsMemory(30_000, 1), ct),
                    _ => PartAsync(to, request.From, "\"a\"", File.AsMemory((int)request.From), ct),
                }
        );

        (await FetchAsync(server)).ShouldBe(File);

        server.Requests.Select(r => r.From).ShouldBe([0, 30_000, 30_001]);
        server.Requests.Skip(1).ShouldAllBe(r => r.IfRange == "\"a\"");
    }

    [Fact]
    public async Task A_server_without_ranges_is_read_again_up_to_that_place()
    {
        await using var server = new ScriptedServer(
            (request, to, ct) => WholeAsync(to, "\"a\"", request.Number == 0 ? File.AsMemory(0, 50_000) : File, ct)
        );

        (await FetchAsync(server)).ShouldBe(File);
    }

    [Fact]
    public async Task A_server_that_stops_sending_is_asked_again()
    {
        await using var server = new ScriptedServer(
            async (request, to, ct) =>
            {
                if (request.Number > 0)
                {
                    await PartAsync(to, request.From, "\"a\"", File.AsMemory((int)request.From), ct);
                    return;
                }

                await WholeAsync(to, "\"a\"", File.AsMemory(0, 100), ct);
                (await to.ReadAsync(new byte[1], ct)).ShouldBe(0); // until the client gives up
            }
        );

        (await FetchAsync(server)).ShouldBe(File);
    }

    [Theory]
    [InlineData("\"b\"", 0)]
    [InlineData("\"a\"", 1)]
    public async Task A_file_that_has_changed_is_not_joined_to_the_earlier_one(string tag, int longer)
    {
        await using var server = new ScriptedServer(
            (request, to, ct) =>
                request.Number == 0
                    ? WholeAsync(to, "\"a\"", File.AsMemory(0, 100), ct)
                    : PartAsync(to, request.From, tag, File.AsMemory((int)request.From), ct, File.Length + longer)
        );

        var error = await Should.ThrowAsync<CloudletException>(() => FetchAsync(server));

        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldContain("changed while it was fetched");
    }

    [Fact]
    public async Task A_range_that_was_not_requested_is_refused()
    {
        await using var server = new ScriptedServer(
            (request, to, ct) =>
                request.Number == 0
                    ? WholeAsync(to, "\"a\"", File.AsMemory(0, 100), ct)
                    : PartAsync(to, request.From + 1, "\"a\"", File.AsMemory(101), ct)
        );

        (await Should.ThrowAsync<CloudletException>(() => FetchAsync(server))).Message.ShouldContain("bytes 101-");
    }

    [Fact]
    public async Task A_missing_file_is_not_retried()
    {
        await using var server = new ScriptedServer(
            (_, to, ct) => ScriptedServer.SayAsync(to, "HTTP/1.1 404 Not Found\nContent-Length: 0", default, ct)
        );

        (await Should.ThrowAsync<CloudletException>(() => FetchAsync(server))).Message.ShouldContain("404");

        server.Requests.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_server_that_always_fails_is_given_up()
    {
        await using var server = new ScriptedServer(
            (_, to, ct) => ScriptedServer.SayAsync(to, "HTTP/1.1 503 Service Unavailable\nContent-Length: 0", default, ct)
        );

        var error = await Should.ThrowAsync<CloudletException>(() => FetchAsync(server));

        error.Kind.ShouldBe(ErrorKind.Unreachable);
        error.Message.ShouldContain("503");
        server.Requests.Count.ShouldBe(9);
    }

    /// <summary>Reading again up to the reached place may take longer than a server may be silent.</summary>
    [Fact]
    public async Task Reading_again_from_a_server_without_ranges_may_take_long()
    {
        await using var server = new ScriptedServer(
            async (request, to, ct) =>
            {
                if (request.Number == 0)
                {
                    await WholeAsync(to, "\"a\"", File.AsMemory(0, 90_000), ct);
                    return;
                }

                await WholeAsync(to, "\"a\"", default, ct);
                for (var at = 0; at < File.Length; at += 10_000)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(500), ct);
                    await to.WriteAsync(File.AsMemory(at, 10_000), ct);
                }
            }
        );

        (await FetchAsync(server, TimeSpan.FromSeconds(4))).ShouldBe(File);

        server.Requests.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_chunked_first_answer_that_breaks_off_is_resumed(bool hasTag)
    {
        await using var server = new ScriptedServer(
            async (request, to, ct) =>
            {
                if (request.Number == 0)
                    await ChunkAsync(to, hasTag, File.AsMemory(0, 40_000), ct);
                else
                    await PartAsync(to, request.From, hasTag ? "\"a\"" : "", File.AsMemory((int)request.From), ct);
            }
        );

        (await FetchAsync(server)).ShouldBe(File);

        server.Requests.Select(r => r.From).ShouldBe([0, 40_000]);
    }

    [Fact]
    public async Task A_chunked_answer_that_breaks_off_at_its_end_is_complete()
    {
        await using var server = new ScriptedServer(
            (request, to, ct) =>
                request.Number == 0
                    ? ChunkAsync(to, hasTag: true, File, ct)
                    : ScriptedServer.SayAsync(
                        to,
                        $"HTTP/1.1 416 Range Not Satisfiable\nContent-Range: bytes */{File.Length}\nContent-Length: 0\nConnection: close",
                        default,
                        ct
                    )
        );

        (await FetchAsync(server)).ShouldBe(File);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/an.overlay")]
    [InlineData("file:///etc/shadow")]
    [InlineData("")]
    public async Task A_redirection_to_another_scheme_is_refused_at_once(string to)
    {
        await using var server = new ScriptedServer(
            (_, stream, ct) =>
                ScriptedServer.SayAsync(
                    stream,
                    $"HTTP/1.1 302 Found\n{(to.Length > 0 ? $"Location: {to}\n" : "")}Content-Length: 0\nConnection: close",
                    default,
                    ct
                )
        );

        var error = await Should.ThrowAsync<CloudletException>(() => FetchAsync(server));

        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldContain("redirects to");
        server.Requests.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_redirection_is_followed_and_a_loop_ends()
    {
        await using var circle = new ScriptedServer(
            (_, to, ct) =>
                ScriptedServer.SayAsync(
                    to,
                    "HTTP/1.1 307 Temporary Redirect\nLocation: /an.overlay\nContent-Length: 0\nConnection: close",
                    default,
                    ct
                )
        );
        await using var server = new ScriptedServer(
            (request, to, ct) =>
                request.Number == 0
                    ? ScriptedServer.SayAsync(
                        to,
                        "HTTP/1.1 301 Moved Permanently\nLocation: /other\nContent-Length: 0\nConnection: close",
                        default,
                        ct
                    )
                    : WholeAsync(to, "\"a\"", File, ct)
        );

        (await FetchAsync(server)).ShouldBe(File);
        (await Should.ThrowAsync<CloudletException>(() => FetchAsync(circle))).Message.ShouldContain("more than 5 times");
    }

    [Fact]
    public async Task An_encoded_answer_is_refused()
    {
        await using var server = new ScriptedServer(
            (_, to, ct) =>
                ScriptedServer.SayAsync(
                    to,
                    "HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: 4\nConnection: close",
                    new byte[4],
                    ct
                )
        );

        (await Should.ThrowAsync<CloudletException>(() => FetchAsync(server))).Message.ShouldContain("Content-Encoding gzip");

        server.Requests.ShouldHaveSingleItem().Text.ShouldContain("Accept-Encoding: identity");
    }

    /// <summary>Each byte arrives well before the silence of the server is too long.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sender_of_single_bytes_is_not_waited_for_forever(bool breaks)
    {
        await using var server = new ScriptedServer(
            async (request, to, ct) =>
            {
                await (request.From == 0 ? WholeAsync(to, "\"a\"", default, ct) : PartAsync(to, request.From, "\"a\"", default, ct));
                do
                {
                    await to.WriteAsync(new byte[1], ct);
                    await Task.Delay(TimeSpan.FromMilliseconds(20), ct);
                } while (!breaks);
            }
        );

        var error = await Should.ThrowAsync<CloudletException>(() => FetchAsync(server, TimeSpan.FromSeconds(2)));

        error.Kind.ShouldBe(ErrorKind.Unreachable);
        error.Message.ShouldContain("too slow");
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/an.overlay", ErrorKind.InvalidInput)]
    [InlineData("file:///etc/shadow", ErrorKind.InvalidInput)]
    [InlineData("http://", ErrorKind.InvalidInput)]
    [InlineData("/nowhere/an.overlay", ErrorKind.NotFound)]
    public void Anything_but_a_file_or_a_url_is_refused(string place, ErrorKind kind) =>
        Should.Throw<CloudletException>(() => OverlaySource.Open(place)).Kind.ShouldBe(kind);

    private static async Task<byte[]> FetchAsync(ScriptedServer server, TimeSpan? patience = null)
    {
        await using var from = OverlaySource.Open(server.Url, patience ?? TimeSpan.FromSeconds(1));
        using var into = new MemoryStream();
        await from.CopyToAsync(into);
        return into.ToArray();
    }

    /// <summary>One chunk, without an end.</summary>
    private static async Task ChunkAsync(NetworkStream to, bool hasTag, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        await ScriptedServer.SayAsync(
            to,
            $"HTTP/1.1 200 OK\n{(hasTag ? "ETag: \"a\"\n" : "")}Transfer-Encoding: chunked\nConnection: close",
            default,
            ct
        );
        await to.WriteAsync(Encoding.ASCII.GetBytes($"{body.Length:x}\r\n"), ct);
        await to.WriteAsync(body, ct);
    }

    private static Task WholeAsync(NetworkStream to, string tag, ReadOnlyMemory<byte> body, CancellationToken ct) =>
        ScriptedServer.SayAsync(to, $"HTTP/1.1 200 OK\nETag: {tag}\nContent-Length: {File.Length}\nConnection: close", body, ct);

    private static Task PartAsync(
        NetworkStream to,
        long from,
        string tag,
        ReadOnlyMemory<byte> body,
        CancellationToken ct,
        long? length = null
    ) =>
        ScriptedServer.SayAsync(
            to,
            $"HTTP/1.1 206 Partial Content\n{(tag.Length > 0 ? $"ETag: {tag}\n" : "")}Content-Range: bytes "
                + $"{from}-{(length ?? File.Length) - 1}/{length ?? File.Length}\nContent-Length: "
                + $"{(length ?? File.Length) - from}\nConnection: close",
            body,
            ct
        );

    private static byte[] Bytes()
    {
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
