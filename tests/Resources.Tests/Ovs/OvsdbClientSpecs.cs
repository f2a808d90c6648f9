using System.Net.Sockets;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Machine.Files;
using Cloudlet.Resources.Ovsdb;
using Cloudlet.TestKit;

namespace Cloudlet.Resources.Tests.Ovs;

public sealed class OvsdbClientSpecs : IDisposable
{
    private readonly TempDir _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("""{"id":1,"result":[{"rows":[]}],"error":null}""")]
    [InlineData("""{"method":"echo","id":"echo","params":["}]\""]}{"id":1,"result":[{"rows":[]}],"error":null}""")]
    public async Task An_answer_may_come_after_questions_of_the_server(string sent) =>
        (await AskAsync(sent)).ShouldHaveSingleItem().ToString().ShouldBe("""{"rows":[]}""");

    [Theory]
    [InlineData("""{"id":1,"result":[{"error":"constraint violation","details":"no such bridge"}],"error":null}""", "no such bridge")]
    [InlineData("""{"id":1,"result":[null,{"error":"aborted","details":"x"}],"error":null}""", "aborted")]
    [InlineData("""{"id":1,"result":null,"error":"unknown database"}""", "unknown database")]
    public async Task A_refusal_is_reported_with_its_reason(string sent, string reason)
    {
        var error = await Should.ThrowAsync<CloudletException>(AskAsync(sent));

        error.Kind.ShouldBe(ErrorKind.ProcessFailed);
        error.Message.ShouldContain(reason);
    }

    [Theory]
    [InlineData("}")]
    [InlineData("HTTP/1.1 400 Bad Request {}")]
    [InlineData("[]")]
    [InlineData("""{"id":1}""")]
    [InlineData("""{"id":1,"result":[]}""")]
    [InlineData("""{"id":2,"result":[{}]}""")]
    [InlineData("""{"id":1,"result":[{}],}""")]
    public async Task What_is_no_answer_is_refused(string sent) =>
        (await Should.ThrowAsync<CloudletException>(AskAsync(sent))).Kind.ShouldBe(ErrorKind.Unexpected);

    [Theory]
    [InlineData("")]
    [InlineData("""{"id":1,"result":[{"rows":[""")]
    public async Task A_server_that_hangs_up_is_unreachable(string sent) =>
        (await Should.ThrowAsync<CloudletException>(AskAsync(sent))).Kind.ShouldBe(ErrorKind.Unreachable);

    [Fact]
    public async Task A_server_that_asks_for_ever_is_left()
    {
        var questions = string.Concat(Enumerable.Repeat("""{"method":"echo","id":"echo","params":[]}""", 100));

        (await Should.ThrowAsync<CloudletException>(AskAsync(questions))).Kind.ShouldBe(ErrorKind.Unexpected);
    }

    [Fact]
    public async Task A_silent_server_is_a_timeout_and_a_missing_one_is_unreachable()
    {
        using var server = Listen();
        var client = new OvsdbClient(new HostFiles(), _folder["db.sock"], TimeSpan.FromMilliseconds(100));

        (await Should.ThrowAsync<CloudletException>(client.TransactAsync([], default))).Kind.ShouldBe(ErrorKind.Timeout);
        server.Dispose();
        (await Should.ThrowAsync<CloudletException>(client.TransactAsync([], default))).Kind.ShouldBe(ErrorKind.Unreachable);
    }

    private async Task<IReadOnlyList<System.Text.Json.JsonElement>> AskAsync(string sent)
    {
        using var server = Listen();
        var served = Task.Run(async () =>
        {
            using var peer = await server.AcceptAsync();
            await peer.ReceiveAsync(new byte[4096]);
            await peer.SendAsync(Encoding.UTF8.GetBytes(sent));
            peer.Shutdown(SocketShutdown.Send);
            while (await peer.ReceiveAsync(new byte[4096]) > 0) { }
        });
        try
        {
            return await new OvsdbClient(new HostFiles(), _folder["db.sock"]).TransactAsync(
                [OvsdbValue.Select("Bridge", OvsdbValue.Everything, "name")],
                default
            );
        }
        finally
        {
            await served.WaitAsync(TimeSpan.FromSeconds(30)).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    private Socket Listen()
    {
        var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(_folder["db.sock"]));
        server.Listen();
        return server;
    }
}
