using System.Diagnostics;
using Cloudlet.Errors;
using Cloudlet.Lab.Model;
using Cloudlet.TestKit;

namespace Cloudlet.Guest.Tests.Guests;

/// <summary>
/// The machine of a guest: QEMU without hardware virtualization, which is not available everywhere. Its drive keeps its content over
/// reboots.
/// </summary>
internal sealed class GuestMachine : IAsyncDisposable
{
    /// <summary>
    /// A kernel prints its first line after 2–4 s on an idle machine. A machine that prints nothing does not boot slowly: QEMU or its
    /// firmware did not start.
    /// </summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    private readonly TempDir _folder = new();
    private readonly GuestImage _image;
    private readonly GuestDisk _disk;
    private readonly int _sshPort;
    private GuestProcess? _qemu;
    private DiskServer? _server;

    /// <summary>Creates a machine that is off.</summary>
    /// <param name="image">Kernel, and initial content of the drive.</param>
    /// <param name="sshPort">Port of this machine's loopback that is forwarded to the guest's sshd.</param>
    public GuestMachine(GuestImage image, int sshPort)
    {
        (_image, _sshPort) = (image, sshPort);
        _disk = new GuestDisk(image.Disk);
    }

    public bool IsRunning => _qemu?.IsRunning == true;

    /// <summary>
    /// True when the guest's kernel has given up a request that its drive did not answer for a minute. The drive belongs to QEMU and is not
    /// tested here.
    /// </summary>
    public bool DriveIsSilent =>
        File.Exists(Console) && File.ReadLines(Console).Any(line => line.Contains("timeout, reset controller", StringComparison.Ordinal));

    private string Console => _folder["console.log"];

    /// <summary>The guest's last output, for failure messages.</summary>
    public string ConsoleTail => $"the guest's last output:\n{TextTail.OfFile(Console, 40)}{TextTail.OfFile(_folder["qemu.log"], 5)}";

    /// <summary>
    /// Switches the power on, and returns after the kernel's first output. A silent start is retried once: nothing of the guest has run
    /// then.
    /// </summary>
    public async Task StartAsync()
    {
        for (var attempt = 1; !await SpeaksAsync(); attempt++)
        {
            var what = IsRunning
                ? $"QEMU showed nothing on the console for {Silence.TotalSeconds:0} s"
                : "QEMU exited before the kernel printed anything";
            await EndAsync();
            if (attempt == 2)
                throw new CloudletException(
                    ErrorKind.Timeout,
                    $"{what}, twice: the emulator does not start here. {TextTail.OfFile(_folder["qemu.log"], 5)}"
                );
            GuestLog.Say($"{what}; started once more");
        }
    }

    /// <summary>
    /// Waits for the guest to switch the machine off or to restart it, which is the same here; false on timeout.
    /// </summary>
    public async Task<bool> EndsWithinAsync(TimeSpan limit)
    {
        if (!await _qemu!.EndsWithinAsync(limit))
            return false;
        await EndAsync();
        return true;
    }

    /// <summary>Cuts the power between two instructions.</summary>
    /// <param name="chance">Decides what happens to the drive's cache.</param>
    public async Task LosePowerAsync(Random chance)
    {
        await EndAsync();
        GuestLog.Say(_disk.LosePower(chance));
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _disk.Dispose();
        _folder.Dispose();
    }

    private async Task<bool> SpeaksAsync()
    {
        await EndAsync();
        File.Delete(Console);
        _server = new DiskServer(_disk, _folder["disk"]);
        _qemu = new GuestProcess(_folder["qemu.log"], [GuestPrograms.Qemu.Name, .. Arguments()]);
        var started = Stopwatch.StartNew();
        while (IsRunning && started.Elapsed < Silence)
        {
            if (new FileInfo(Console) is { Exists: true, Length: > 0 })
                return true;
            await Task.Delay(100);
        }

        return false;
    }

    private async Task EndAsync()
    {
        if (_qemu is not null)
            await _qemu.DisposeAsync();
        _server?.Dispose();
        (_qemu, _server) = (null, null);
    }

    /// <summary>
    /// The kernel has ext4 and NVMe built in and needs no initial RAM disk. With -no-reboot QEMU exits where the guest would restart: the
    /// end of a shutdown is observed, not guessed, and each boot is a fresh machine. One processor: two take twice as long in total,
    /// because they wait for each other; a free slot for a second one keeps the guest's memory barriers (decision 0009). Its model is the
    /// oldest that .NET's precompiled code supports; on older ones .NET recompiles everything, which doubles the start time of a program.
    /// </summary>
    private IReadOnlyList<string> Arguments() =>
        [
            "-accel",
            "tcg,thread=multi",
            "-machine",
            "q35",
            "-cpu",
            "Westmere,+rdrand",
            "-smp",
            "1,maxcpus=2",
            "-m",
            "768",
            "-nodefaults",
            "-no-user-config",
            "-no-reboot",
            "-display",
            "none",
            "-serial",
            $"file:{Console}",
            "-kernel",
            _image.Kernel,
            "-append",
            "root=/dev/nvme0n1 rw console=ttyS0 earlyprintk=serial,ttyS0,115200 loglevel=6 systemd.show_status=true net.ifnames=0 "
                + "mitigations=off audit=0 apparmor=0 selinux=0 random.trust_cpu=on "
                + "tsc=reliable no_timer_check nokaslr panic=-1",
            "-blockdev",
            $"driver=nbd,node-name=disk,server.type=unix,server.path={_folder["disk"]}",
            "-device",
            $"nvme,drive=disk,serial=guest,logical_block_size={GuestDisk.Block},physical_block_size={GuestDisk.Block}",
            "-netdev",
            $"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{_sshPort}-:22",
            "-device",
            "virtio-net-pci,netdev=net,romfile=",
        ];
}
