using System.Net.Sockets;
using Cloudlet.Errors;
using Cloudlet.Synthesis.Fetch;

namespace Cloudlet.Synthesis.Tests.Fetch;

public class FetchSpecs
{
    private static readonly byte[] s_file = Bytes();

    [Fact]
    public async Task A_file_comes_in_one_piece()
    {
        await using var server = new ScriptedServer((_, to, ct) => WholeAsync(to, "\"a\"", s_file, ct));

        (await FetchAsync(server)).ShouldBe(s_file);

        server.Requests.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_connection_that_breaks_is_taken_up_where_it_was()
    {
        await using var server = new ScriptedServer((request, to, ct) => request.Number switch
        {
            0 => WholeAsync(to, "\"a\"", s_file.AsMemory(0, 30_000), ct),
            1 => PartAsync(to, request.From, "\"a\"", s_file.AsMemory(30_000, 1), ct),
            _ => PartAsync(to, request.From, "\"a\"", s_file.AsMemory((int)request.From), ct),
        });

        (await FetchAsync(server)).ShouldBe(s_file);

        server.Requests.Select(r => r.From).ShouldBe([0, 30_000, 30_001]);
        server.Requests.Skip(1).ShouldAllBe(r => r.IfRange == "\"a\"");
    }

    [Fact]
    public async Task A_server_that_knows_no_ranges_is_read_again_up_to_that_place()
    {
        await using var server = new ScriptedServer((request, to, ct) => WholeAsync(to, "\"a\"", request.Number == 0 ? s_file.AsMemory(0, 50_000) : s_file, ct));

        (await FetchAsync(server)).ShouldBe(s_file);
    }

    [Fact]
    public async Task A_server_that_says_nothing_more_is_asked_again()
    {
        await using var server = new ScriptedServer(async (request, to, ct) =>
        {
            if (request.Number > 0)
            {
                await PartAsync(to, request.From, "\"a\"", s_file.AsMemory((int)request.From), ct);
                return;
            }

            await WholeAsync(to, "\"a\"", s_file.AsMemory(0, 100), ct);
            (await to.ReadAsync(new byte[1], ct)).ShouldBe(0); // until the client gives up
        });

        (await FetchAsync(server)).ShouldBe(s_file);
    }

    [Theory]
    [InlineData("\"b\"", 0)]
    [InlineData("\"a\"", 1)]
    public async Task A_file_that_changed_meanwhile_is_not_joined_to_the_one_before(string tag, int longer)
    {
        await using var server = new ScriptedServer((request, to, ct) =>
            request.Number == 0 ? WholeAsync(to, "\"a\"", s_file.AsMemory(0, 100), ct) : PartAsync(to, request.From, tag, s_file.AsMemory((int)request.From), ct, s_file.Length + longer));

        var error = await Should.ThrowAsync<CloudletException>(() => FetchAsync(server));

        error.Kind.ShouldBe(ErrorKind.InvalidInput);
        error.Message.ShouldContain("changed while it was fetched");
    }

    [Fact]
    public async Task A_range_that_was_not_asked_for_is_refused()
    {
        await using var server = new ScriptedServer((request, to, ct) =>
            request.Number == 0 ? WholeAsync(to, "\"a\"", s_file.AsMemory(0, 100), ct) : PartAsync(to, request.From + 1, "\"a\"", s_file.AsMemory(101), ct));

        (await Should.ThrowAsync<CloudletException>(() => FetchAsync(server))).Message.ShouldContain("bytes 101-");
    }

    [Fact]
    public async Task A_server_that_has_no_such_file_is_believed_at_once()
    {
        await using var server = new ScriptedServer((_, to, ct) => ScriptedServer.SayAsync(to, "HTTP/1.1 404 Not Found\nContent-Length: 0", default, ct));

        (await Should.ThrowAsync<CloudletException>(() => FetchAsync(server))).Message.ShouldContain("404");

        server.Requests.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_server_that_fails_every_time_is_given_up()
    {
        await using var server = new ScriptedServer((_, to, ct) => ScriptedServer.SayAsync(to, "HTTP/1.1 503 Service Unavailable\nContent-Length: 0", default, ct));

        var error = await Should.ThrowAsync<CloudletException>(() => FetchAsync(server));

        error.Kind.ShouldBe(ErrorKind.Unreachable);
        error.Message.ShouldContain("503");
        server.Requests.Count.ShouldBe(9);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1/an.overlay", ErrorKind.InvalidInput)]
    [InlineData("file:///etc/shadow", ErrorKind.InvalidInput)]
    [InlineData("http://", ErrorKind.InvalidInput)]
    [InlineData("/nowhere/an.overlay", ErrorKind.NotFound)]
    public void What_is_no_file_and_no_url_is_refused(string place, ErrorKind kind) => Should.Throw<CloudletException>(() => OverlaySource.Open(place)).Kind.ShouldBe(kind);

    private static async Task<byte[]> FetchAsync(ScriptedServer server)
    {
        await using var from = OverlaySource.Open(server.Url, TimeSpan.FromSeconds(1));
        using var into = new MemoryStream();
        await from.CopyToAsync(into);
        return into.ToArray();
    }

    private static Task WholeAsync(NetworkStream to, string tag, ReadOnlyMemory<byte> body, CancellationToken ct) =>
        ScriptedServer.SayAsync(to, $"HTTP/1.1 200 OK\nETag: {tag}\nContent-Length: {s_file.Length}\nConnection: close", body, ct);

    private static Task PartAsync(NetworkStream to, long from, string tag, ReadOnlyMemory<byte> body, CancellationToken ct, long? length = null) =>
        ScriptedServer.SayAsync(to, $"HTTP/1.1 206 Partial Content\nETag: {tag}\nContent-Range: bytes {from}-{(length ?? s_file.Length) - 1}/{length ?? s_file.Length}\nContent-Length: {(length ?? s_file.Length) - from}\nConnection: close", body, ct);

    private static byte[] Bytes()
    {
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
