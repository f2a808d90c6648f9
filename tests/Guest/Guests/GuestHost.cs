using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cloudlet.Errors;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Ssh;
using Cloudlet.TestKit;

namespace Cloudlet.Guest.Tests.Guests;

/// <summary>
/// A host with Debian's own kernel. It is reachable only over ssh, through a port of this machine's loopback, and cannot connect anywhere.
/// </summary>
public sealed class GuestHost : IAsyncDisposable
{
    /// <summary>An idle machine boots in 10–20 s; a busy one has taken two minutes.</summary>
    private static readonly TimeSpan BootLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan CommandLimit = TimeSpan.FromMinutes(10);

    private readonly TempDir _folder = new();
    private readonly int _port = FreePort();
    private GuestMachine? _machine;
    private SshConnection? _connection;

    /// <summary>For <c>ssh -F</c>: configures access to the guest by its name.</summary>
    public string SshConfigPath => _folder["ssh_config"];

    /// <summary>Creates the guest and boots it, unless it runs.</summary>
    public async Task UpAsync()
    {
        GuestPrograms.Require();
        if (_machine?.IsRunning == true)
            return;
        if (_machine is null)
            await MakeAsync();
        await BootAsync();
    }

    /// <summary>Runs a shell script in the guest as root and returns its result, whatever the exit code.</summary>
    public async Task<ProcessResult> ExecAsync(string script, string? input = null) =>
        await _connection!.RunAsync(["sh", "-ec", script], CommandLimit, CancellationToken.None, input);

    /// <summary>Runs a shell script that must succeed and returns its output without the last line feed.</summary>
    public async Task<string> OutputOfAsync(string script)
    {
        var result = await ExecAsync(script);
        result.ExitCode.ShouldBe(0, $"{script}\n{result.Output}{result.Error}");
        return result.Output.TrimEnd('\n');
    }

    /// <summary>
    /// Writes a file in the guest, in an existing folder. It stays in the guest's memory for a while: <c>sync</c> makes it durable.
    /// </summary>
    public async Task WriteFileAsync(string path, string text) => (await ExecAsync($"cat >'{path}'", text)).ExitCode.ShouldBe(0);

    /// <summary>Reboots as a user would, and waits until systemd has started everything.</summary>
    public async Task RebootAsync()
    {
        try
        {
            await ExecAsync("systemctl reboot");
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.Unreachable)
        {
            // The guest shut down before it could answer.
        }

        (await _machine!.EndsWithinAsync(BootLimit)).ShouldBeTrue($"the guest does not shut down; {_machine.ConsoleTail}");
        await BootAsync();
    }

    /// <summary>
    /// Cuts the power between two instructions: memory is lost, and maybe what the drive has not flushed. <see cref="UpAsync"/> boots the
    /// guest again.
    /// </summary>
    /// <param name="chance">Decides what is lost.</param>
    public Task CutAsync(Random chance) => _machine!.LosePowerAsync(chance);

    public async ValueTask DisposeAsync()
    {
        if (_machine is not null)
            await _machine.DisposeAsync();
        if (_connection is not null)
            await _connection.DisposeAsync();
        _folder.Dispose();
    }

    private async Task MakeAsync()
    {
        var image = await GuestImage.GetAsync();
        var knownHosts = _folder.Write("known_hosts", $"[127.0.0.1]:{_port} {image.HostKey}\n");
        _folder.Write(
            "ssh_config",
            $"""
            Host {GuestSeed.Name}
                HostName 127.0.0.1
                Port {_port}
                User root
                IdentityFile {image.Key}
                IdentitiesOnly yes
                UserKnownHostsFile {knownHosts}
                GlobalKnownHostsFile /dev/null
                StrictHostKeyChecking yes
                KexAlgorithms curve25519-sha256

            """
        );
        _machine = new GuestMachine(image, _port);
    }

    /// <summary>
    /// A guest whose kernel has started but does not finish to boot has failed, without a retry. There is one retry when its kernel reports
    /// that the emulated drive does not answer.
    /// </summary>
    private async Task BootAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        var watch = Stopwatch.StartNew();
        await _machine!.StartAsync();
        var spoke = watch.Elapsed;
        _connection = new SshConnection(SshTarget.Parse($"ssh://{GuestSeed.Name}"), ["ConnectTimeout=60"], BootLimit, SshConfigPath);
        var isUp = await ComesUpAsync();
        if (!isUp && _machine.DriveIsSilent)
        {
            GuestLog.Say($"the emulated drive does not answer the guest's kernel; starting the guest once more. {_machine.ConsoleTail}");
            await _machine.StartAsync();
            isUp = await ComesUpAsync();
        }

        if (!isUp)
            throw new CloudletException(
                ErrorKind.Timeout,
                !_machine.IsRunning ? $"the guest has exited; {_machine.ConsoleTail}"
                    : _machine.DriveIsSilent ? $"neither the guest answers over ssh nor its drive answers the guest; {_machine.ConsoleTail}"
                    : $"the guest does not answer over ssh after {BootLimit.TotalMinutes} min; {_machine.ConsoleTail}"
            );
        var state = await ExecAsync(
            "timeout 240 systemctl is-system-running --wait || { systemctl list-jobs --no-legend; systemctl list-units --failed "
                + "--plain --no-legend; }"
        );
        GuestLog.Say(
            $"guest booted in {watch.Elapsed.TotalSeconds:0.0} s (kernel after {spoke.TotalSeconds:0.0} s): {state.Output.Trim()}"
        );
        state.Output.ShouldBe("running\n", $"systemd has not started everything; {_machine.ConsoleTail}");
    }

    /// <summary>Waits for sshd; false when the guest has exited, takes too long, or waits for its drive.</summary>
    private async Task<bool> ComesUpAsync()
    {
        for (var watch = Stopwatch.StartNew(); _machine!.IsRunning && watch.Elapsed < BootLimit && !_machine.DriveIsSilent; )
            if (await AnswersAsync())
                return true;
        return false;
    }

    /// <summary>
    /// Whether sshd answers: QEMU itself accepts connections from its start on, so we have to wait for sshd's greeting.
    /// </summary>
    private async Task<bool> AnswersAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, _port, limit.Token);
            var words = new byte[4];
            await client.GetStream().ReadExactlyAsync(words, limit.Token);
            return words.AsSpan().SequenceEqual("SSH-"u8);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            await Task.Delay(200);
            return false;
        }
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
