using System.Diagnostics;
using System.Net;
using System.Text;
using Cloudlet.Machine.Netlink;
using Cloudlet.Machine.Network;
using Cloudlet.TestKit;

namespace Cloudlet.Machine.Tests.Network;

/// <summary>Real attempts to reach servers on the loopback interface, good and hostile ones.</summary>
public sealed class HostProbesSpecs
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ShortLimit = TimeSpan.FromMilliseconds(400);

    private readonly HostProbes _probes = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(200)]
    [InlineData(300)]
    [InlineData(503)]
    public async Task A_status_is_an_answer(int status)
    {
        using var server = new ProbedServer($"HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n");

        (await _probes.GetAsync(server.Url, null, Limit, Ct)).ShouldBe(new ProbeAnswer(true, $"status {status}", status));
    }

    [Fact]
    public async Task An_address_that_answers_is_pinged()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: raw sockets");
        var answer = await _probes.PingAsync(IPAddress.Loopback, network: null, Limit, Ct);

        answer.IsAnswer.ShouldBeTrue();
        answer.Found.ShouldStartWith("127.0.0.1 answered in ");
        (await _probes.PingAsync(IPAddress.Parse("240.0.0.1"), network: null, ShortLimit, Ct)).IsAnswer.ShouldBeFalse();
    }

    [Fact]
    public async Task A_ping_from_a_namespace_uses_its_links()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: network namespaces");
        var name = $"cloudlet-ping-{Guid.NewGuid():N}"[..24];
        NetworkNamespaces.Create(name);
        try
        {
            // Its loopback link is down.
            (await _probes.PingAsync(IPAddress.Loopback, name, ShortLimit, Ct)).IsAnswer.ShouldBeFalse();
            (await _probes.PingAsync(IPAddress.Loopback, network: null, Limit, Ct)).IsAnswer.ShouldBeTrue();
        }
        finally
        {
            NetworkNamespaces.Delete(name);
        }
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        using var other = new ProbedServer("HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n");
        using var server = new ProbedServer($"HTTP/1.1 302 x\r\nLocation: {other.Url}\r\nContent-Length: 0\r\n\r\n");

        (await _probes.GetAsync(server.Url, null, Limit, Ct)).Status.ShouldBe(302);
        other.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task An_endless_body_is_not_read()
    {
        using var server = new ProbedServer(
            async (stream, ct) =>
            {
                await stream.WriteAsync("HTTP/1.1 200 x\r\nContent-Length: 99999999999\r\n\r\n"u8.ToArray(), ct);
                while (true)
                    await stream.WriteAsync(new byte[65536], ct);
            }
        );
        var watch = Stopwatch.StartNew();

        (await _probes.GetAsync(server.Url, null, Limit, Ct)).Status.ShouldBe(200);
        watch.Elapsed.ShouldBeLessThan(Limit);
    }

    [Fact]
    public async Task Endless_headers_are_cut_off_at_a_size()
    {
        using var server = new ProbedServer(
            async (stream, ct) =>
            {
                await stream.WriteAsync("HTTP/1.1 200 x\r\n"u8.ToArray(), ct);
                for (var i = 0; ; i++)
                    await stream.WriteAsync(Encoding.ASCII.GetBytes($"X-{i}: {new string('a', 1000)}\r\n"), ct);
            }
        );

        var answer = await _probes.GetAsync(server.Url, null, Limit, Ct);

        answer.ShouldBe(new ProbeAnswer(false, "the answer's headers exceed 16 KiB"));
    }

    [Fact]
    public async Task Headers_that_never_end_are_cut_off_at_a_time()
    {
        using var server = new ProbedServer(
            async (stream, ct) =>
            {
                while (true)
                {
                    await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), ct);
                    await Task.Delay(20, ct);
                }
            }
        );

        (await _probes.GetAsync(server.Url, null, ShortLimit, Ct)).ShouldBe(new ProbeAnswer(false, "no answer within 0.4 s"));
    }

    [Theory]
    [InlineData("secret-in-garbage\r\n\r\n", "the answer is not HTTP")]
    [InlineData("HTTP/1.1 secret x\r\n\r\n", "the answer is not HTTP")]
    [InlineData("", "the connection was closed before an answer")]
    [InlineData("HTTP/1.1 200", "the connection was closed before an answer")]
    public async Task What_a_server_says_is_never_repeated(string text, string found)
    {
        using var server = new ProbedServer(text);

        (await _probes.GetAsync(server.Url, null, Limit, Ct)).ShouldBe(new ProbeAnswer(false, found));
    }

    [Fact]
    public async Task A_port_without_a_listener_is_found_to_refuse()
    {
        var server = new ProbedServer("");
        server.Dispose();

        var refused = new ProbeAnswer(false, "connection refused");
        (await _probes.ConnectAsync("127.0.0.1", server.Port, Limit, Ct)).ShouldBe(refused);
        (await _probes.GetAsync(server.Url, null, Limit, Ct)).ShouldBe(refused);
    }

    [Fact]
    public async Task A_port_with_a_listener_accepts()
    {
        using var server = new ProbedServer("");

        (await _probes.ConnectAsync("127.0.0.1", server.Port, Limit, Ct)).ShouldBe(new ProbeAnswer(true, "the connection was accepted"));
        (await _probes.ConnectAsync("localhost", server.Port, Limit, Ct)).IsAnswer.ShouldBeTrue();
    }

    [Fact]
    public async Task A_name_that_does_not_resolve_is_found()
    {
        var answer = await _probes.ConnectAsync("does-not-exist.invalid", 80, Limit, Ct);

        answer.IsAnswer.ShouldBeFalse();
        answer.Found.ShouldBe("the name does not resolve");
        (await _probes.GetAsync(new Uri("http://does-not-exist.invalid/"), null, Limit, Ct)).Found.ShouldBe("the name does not resolve");
    }

    [Fact]
    public async Task A_cancellation_ends_an_attempt()
    {
        using var server = new ProbedServer((_, ct) => Task.Delay(Timeout.Infinite, ct));
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Should.ThrowAsync<OperationCanceledException>(() => _probes.GetAsync(server.Url, null, Limit, stop.Token));
    }

    [Fact]
    public async Task A_certificate_is_checked_with_the_given_authority()
    {
        using var authority = new TestAuthority();
        using var stranger = new TestAuthority();
        using var folder = new TempDir();
        var (ours, theirs) = (folder.Write("ca.pem", authority.Pem), folder.Write("other.pem", stranger.Pem));
        const string Ok = "HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n";
        using var certificate = authority.Issue("127.0.0.1");
        using var ofAnother = authority.Issue("127.0.0.9");
        using var expired = authority.Issue("127.0.0.1", from: -2, to: -1);
        using var server = new ProbedServer(Ok, certificate);
        using var misnamed = new ProbedServer(Ok, ofAnother);
        using var late = new ProbedServer(Ok, expired);

        (await _probes.GetAsync(server.Url, ours, Limit, Ct)).Status.ShouldBe(200);

        var distrusted = new ProbeAnswer(false, "the server's certificate is not trusted for this name, or TLS failed");
        (await _probes.GetAsync(server.Url, theirs, Limit, Ct)).ShouldBe(distrusted);
        (await _probes.GetAsync(server.Url, null, Limit, Ct)).ShouldBe(distrusted);
        (await _probes.GetAsync(misnamed.Url, ours, Limit, Ct)).ShouldBe(distrusted);
        (await _probes.GetAsync(late.Url, ours, Limit, Ct)).ShouldBe(distrusted);
    }

    [Theory]
    [InlineData("", "has no certificate (PEM)")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "has a certificate that cannot be read")]
    public async Task A_bad_file_of_authorities_is_found(string pem, string found)
    {
        using var folder = new TempDir();
        var file = folder.Write("ca.pem", pem);

        (await _probes.GetAsync(new Uri("https://127.0.0.1:1/"), file, Limit, Ct)).Found.ShouldBe($"{file} {found}");
        (await _probes.GetAsync(new Uri("https://127.0.0.1:1/"), $"{file}.missing", Limit, Ct)).Found.ShouldBe(
            $"{file}.missing does not exist"
        );
    }
}
