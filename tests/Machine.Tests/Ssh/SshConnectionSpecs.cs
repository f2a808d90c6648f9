using System.Net;
using System.Net.Sockets;
using System.Text;
using Cloudlet.Errors;
using Cloudlet.Machine.Ssh;

namespace Cloudlet.Machine.Tests.Ssh;

[Collection(nameof(LocalSshd))]
public sealed class SshConnectionSpecs(LocalSshd sshd)
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_command_gets_its_arguments_and_input_and_returns_all_output()
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        await using var connection = sshd.Connect();
        string[] words = ["it's", "$HOME", "a  b", "", "ü\n"];

        var result = await connection.RunAsync(
            ["sh", "-c", "printf '%s|' \"$@\"; cat; echo err >&2; exit 7", "sh", .. words],
            Long,
            CancellationToken.None,
            "input"
        );

        (result.ExitCode, result.Output, result.Error).ShouldBe((7, string.Join('|', words) + "|input", "err\n"));
    }

    [Fact]
    public async Task Lines_arrive_while_the_command_still_runs()
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        await using var connection = sshd.Connect();
        var input = new System.IO.Pipelines.Pipe();
        var first = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var lines = new List<string>();

        // The command waits for input that is sent only after its first line has arrived.
        var run = connection.StreamAsync(
            ["sh", "-c", "echo ready; read answer; echo got $answer"],
            input.Reader.AsStream(),
            line =>
            {
                lines.Add(line);
                first.TrySetResult(line);
            },
            CancellationToken.None
        );
        (await first.Task.WaitAsync(Long)).ShouldBe("ready");
        await input.Writer.WriteAsync("it\n"u8.ToArray());
        await input.Writer.CompleteAsync();

        (await run.WaitAsync(Long)).ShouldBe(0);
        lines.ShouldBe(["ready", "got it"]);
    }

    [Fact]
    public async Task Many_commands_share_one_login_which_ends_with_the_connection()
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        var before = SocketFolders();
        await using (var connection = sshd.Connect())
        {
            // SSH_CONNECTION contains the client's port: it is the same for all sessions of one login.
            var ports = await Task.WhenAll(
                Enumerable.Range(0, 8).Select(_ => connection.RunAsync(["sh", "-c", "echo $SSH_CONNECTION"], Long, CancellationToken.None))
            );
            ports.Select(static result => result.Output).Distinct().ShouldHaveSingleItem();
        }
        SocketFolders().ShouldBe(before);
    }

    [Fact]
    public async Task Cancelling_stops_a_command()
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        await using var connection = sshd.Connect();
        using var cancel = new CancellationTokenSource();

        var run = connection.StreamAsync(["sh", "-c", "echo ready; exec sleep 600"], Stream.Null, _ => cancel.Cancel(), cancel.Token);

        await Should.ThrowAsync<OperationCanceledException>(run.WaitAsync(Long));
    }

    [Fact]
    public async Task A_refused_key_is_reported_with_sshs_message()
    {
        Assert.SkipWhen(sshd.WhyNot is not null, sshd.WhyNot ?? "");
        await using var connection = sshd.Connect("PubkeyAuthentication=no");

        var error = await Should.ThrowAsync<CloudletException>(connection.RunAsync(["true"], Long, CancellationToken.None));

        error.Kind.ShouldBe(ErrorKind.Unreachable);
        error.Message.ShouldContain("Permission denied");
    }

    [Fact]
    public async Task A_closed_port_is_unreachable()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/ssh"), "needs openssh-client");
        await using var connection = new SshConnection(SshTarget.Parse($"ssh://127.0.0.1:{LocalSshd.FreePort()}"));

        var error = await Should.ThrowAsync<CloudletException>(connection.RunAsync(["true"], Long, CancellationToken.None));

        (error.Kind, error.CanRetry).ShouldBe((ErrorKind.Unreachable, true));
        error.Message.ShouldContain("Connection refused");
    }

    [Fact]
    public async Task A_login_that_never_completes_takes_bounded_time()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/ssh"), "needs openssh-client");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var connection = new SshConnection(SshTarget.Parse($"ssh://127.0.0.1:{port}"), loginTimeout: TimeSpan.FromSeconds(1));

        var run = connection.StreamAsync(["true"], Stream.Null, static _ => { }, CancellationToken.None);
        using var client = await listener.AcceptTcpClientAsync();
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("SSH-2.0-half-dead\r\n"));

        (await Should.ThrowAsync<CloudletException>(run.WaitAsync(Long))).Kind.ShouldBe(ErrorKind.Timeout);
    }

    private static string[] SocketFolders() =>
        [
            .. Directory
                .GetDirectories(Path.GetTempPath(), "cloudlet-ssh-*")
                .Where(static folder => File.Exists(Path.Join(folder, "s")))
                .Order(),
        ];
}
