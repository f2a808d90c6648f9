using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cloudlet.Errors;
using Cloudlet.Lab;
using Cloudlet.Machine.Processes;
using Cloudlet.Machine.Ssh;
using Cloudlet.TestKit;

namespace Cloudlet.Guest.Tests.Guests;

/// <summary>How a boot of a guest went.</summary>
/// <param name="BootId">The kernel's name of the boot.</param>
/// <param name="SystemState">What systemd says of itself: running, or degraded with failed units.</param>
/// <param name="Took">From power on until systemd had started everything.</param>
public sealed record GuestBoot(string BootId, string SystemState, TimeSpan Took);

/// <summary>
/// A host with Debian's own kernel: a QEMU guest, interpreted, because hardware virtualization is not to be had everywhere. It is reached over ssh alone, through a port of
/// this machine's loopback, and reaches nothing itself.
/// </summary>
public sealed class GuestHost : IAsyncDisposable
{
    /// <summary>An idle machine boots in 10–20 s; a busy one has needed a minute and a half.</summary>
    private static readonly TimeSpan BootLimit = TimeSpan.FromMinutes(4);
    private static readonly TimeSpan CommandLimit = TimeSpan.FromMinutes(3);

    private readonly TempDir _folder = new();
    private readonly int _port = FreePort();
    private GuestImage? _image;
    private GuestProcess? _qemu;
    private SshConnection? _connection;

    /// <summary>For <c>ssh -F</c>: reaches the guest by its name.</summary>
    public string SshConfigPath => _folder["ssh_config"];

    /// <summary>Makes the guest and boots it, unless it runs.</summary>
    public async Task UpAsync()
    {
        GuestPrograms.Require();
        if (_qemu?.IsRunning == true)
            return;
        if (_image is null)
            await MakeAsync();
        await BootAsync();
    }

    /// <summary>Runs a shell script in the guest as root; its exit code is a result.</summary>
    public async Task<ProcessResult> ExecAsync(string script, string? input = null) =>
        await _connection!.RunAsync(["sh", "-ec", script], CommandLimit, CancellationToken.None, input);

    /// <summary>Runs a shell script that must succeed and returns its output without the last line feed.</summary>
    public async Task<string> OutputOfAsync(string script)
    {
        var result = await ExecAsync(script);
        result.ExitCode.ShouldBe(0, $"{script}\n{result.Output}{result.Error}");
        return result.Output.TrimEnd('\n');
    }

    /// <summary>Writes a file in the guest; its folder is there. It is in the guest's memory for a while: <c>sync</c> makes it durable.</summary>
    public async Task WriteFileAsync(string path, string text) => (await ExecAsync($"cat >'{path}'", text)).ExitCode.ShouldBe(0);

    /// <summary>Reboots as the guest's user would.</summary>
    public async Task<GuestBoot> RebootAsync()
    {
        try
        {
            await ExecAsync("systemctl reboot");
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.Unreachable)
        {
            // The guest was faster than the answer.
        }

        (await _qemu!.EndsWithinAsync(BootLimit)).ShouldBeTrue($"the guest does not shut down; its console said last:\n{ConsoleTail}");
        return await BootAsync();
    }

    /// <summary>
    /// Ends the guest between two instructions and boots it again. Its memory is lost; what it had flushed to its disk is there; what it had written and not flushed may
    /// be there or not, as with a drive whose cache loses power (qcow2 keeps its tables in QEMU's memory until a flush).
    /// </summary>
    public async Task<GuestBoot> PowerCutAsync()
    {
        await CutAsync();
        return await BootAsync();
    }

    /// <summary>Ends the guest between two instructions; <see cref="UpAsync"/> boots it again.</summary>
    public async Task CutAsync()
    {
        await _qemu!.DisposeAsync();
        _qemu = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_qemu is not null)
            await CutAsync();
        if (_connection is not null)
            await _connection.DisposeAsync();
        _folder.Dispose();
    }

    private string ConsoleTail => TextTail.OfFile(_folder["console.log"], 40) + TextTail.OfFile(_folder["qemu.log"], 5);

    private async Task MakeAsync()
    {
        var image = await GuestImage.GetAsync();
        string[] disk = ["create", "-q", "-f", "qcow2", "-b", image.Disk, "-F", "raw", _folder["disk.qcow2"]];
        await GuestPrograms.RunAsync(GuestPrograms.QemuImg, CommandLimit, disk);
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

            """);
        _image = image;
    }

    private async Task<GuestBoot> BootAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        if (_qemu is not null)
            await _qemu.DisposeAsync();
        var started = Stopwatch.StartNew();
        _qemu = new GuestProcess(_folder["qemu.log"], [GuestPrograms.Qemu.Name, .. Arguments(_image!)]);
        _connection = new SshConnection(SshTarget.Parse($"ssh://{GuestSeed.Name}"), ["ConnectTimeout=60"], BootLimit, SshConfigPath);
        while (!await AnswersAsync())
        {
            if (_qemu.IsRunning && started.Elapsed < BootLimit)
                continue;
            throw new CloudletException(
                ErrorKind.Timeout, $"the guest {(_qemu.IsRunning ? $"does not answer over ssh after {BootLimit.TotalMinutes} min" : "has ended")}; its console said last:\n{ConsoleTail}");
        }

        var lines = (await OutputOfAsync("cat /proc/sys/kernel/random/boot_id; systemctl is-system-running --wait || true")).Split('\n');
        var boot = new GuestBoot(lines[0], lines[1], started.Elapsed);
        TestContext.Current.SendDiagnosticMessage($"guest booted in {boot.Took.TotalSeconds:0.0} s ({boot.SystemState})");
        return boot;
    }

    /// <summary>Whether sshd is there: QEMU itself accepts connections from its start on, so its first words have to be waited for.</summary>
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

    /// <summary>
    /// The kernel has ext4 and NVMe built in and needs no initial RAM disk. With -no-reboot QEMU ends where the guest would start again: the end of a shutdown is seen, not
    /// guessed, and each boot is a fresh machine. One processor: two take twice as long in all, waiting
    /// for each other, and tests run two guests at once anyway.
    /// </summary>
    private IReadOnlyList<string> Arguments(GuestImage image) =>
    [
        "-accel", "tcg,thread=multi", "-machine", "q35", "-cpu", "qemu64,+rdrand", "-smp", "1", "-m", "768",
        "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", $"file:{_folder["console.log"]}",
        "-kernel", image.Kernel, "-append",
        "root=/dev/nvme0n1 rw console=ttyS0 loglevel=5 systemd.show_status=true net.ifnames=0 mitigations=off audit=0 apparmor=0 selinux=0 random.trust_cpu=on tsc=reliable no_timer_check nokaslr panic=-1",
        "-drive", $"file={_folder["disk.qcow2"]},if=none,id=disk,format=qcow2,cache=writeback", "-device", "nvme,drive=disk,serial=guest",
        "-netdev", $"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{_port}-:22", "-device", "virtio-net-pci,netdev=net,romfile=",
    ];

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
