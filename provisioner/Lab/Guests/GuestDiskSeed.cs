namespace Cloudlet.Lab.Guests;

/// <summary>Turns the root of a lab container into the root of a virtual machine.</summary>
internal static class GuestDiskSeed
{
    public const string HostName = "guest";

    /// <summary>The text that the guest writes to its serial port once its counter answers.</summary>
    private const string Hello = "cloudlet guest is ready";

    /// <summary>
    /// Script that runs in the image. The kernel has ext4 built in, but not virtio. GRUB's core includes everything that it needs, and
    /// commands instead of a menu. The kernel's arguments disable what is slow under emulation.
    /// </summary>
    public const string InImage = """
        version=$(ls /lib/modules)
        mktirfs -o /boot/initrd -m no -M no --include-modules=virtio_ring,virtio,virtio_pci_legacy_dev,virtio_pci_modern_dev,virtio_pci,virtio_blk,crc32c_intel "$version"
        mv "/boot/vmlinuz-$version" /boot/vmlinuz
        cat >/boot/first.cfg <<'END'
        linux (hd0,msdos1)/boot/vmlinuz root=/dev/vda1 rw console=ttyS0 quiet net.ifnames=0 mitigations=off audit=0 apparmor=0 selinux=0 random.trust_cpu=on tsc=reliable no_timer_check nokaslr
        initrd (hd0,msdos1)/boot/initrd
        boot
        END
        grub-mkimage -O i386-pc -o /boot/core.img -c /boot/first.cfg -p '(hd0,msdos1)/boot/grub' biosdisk part_msdos ext2 linux
        cp /usr/lib/grub/i386-pc/boot.img /boot/boot.img
        passwd -q -d root
        systemctl -q enable systemd-networkd.service counter.service hello.service
        rm -rf /boot/first.cfg /boot/initrd.img-* /boot/System.map-* /usr/lib/grub /usr/share/grub /usr/share/doc /usr/share/man /usr/share/locale /usr/lib/udev/hwdb.d /var/cache/* /var/lib/apt/lists/*
        """;

    /// <summary>Units that no guest needs, and that cost seconds of a boot without hardware virtualization.</summary>
    internal static IReadOnlyList<string> Costly { get; } =
    [
        "dpkg-db-backup.timer",
        "e2scrub_all.timer",
        "e2scrub_reap.service",
        "fstrim.timer",
        "getty@tty1.service",
        "systemd-binfmt.service",
        "systemd-network-generator.service",
        "systemd-pcrphase.service",
        "systemd-pcrphase-sysinit.service",
        "systemd-pstore.service",
        "systemd-repart.service",
        "systemd-update-utmp.service",
        "systemd-update-utmp-runlevel.service",
        "dev-hugepages.mount",
        "dev-mqueue.mount",
        "proc-sys-fs-binfmt_misc.automount",
        "sys-fs-fuse-connections.mount",
        "sys-kernel-config.mount",
        "sys-kernel-debug.mount",
        "sys-kernel-tracing.mount",
    ];

    private static readonly string[] Masked = [.. Costly, "ssh.service", "systemd-networkd-wait-online.service"];

    /// <summary>
    /// Counts in memory, ten times a second, and sends boot id and count to each client. A resumed guest continues to count, with the same
    /// boot id.
    /// </summary>
    private const string Counter = """
        #!/usr/bin/perl
        use strict; use warnings; use IO::Select; use IO::Socket::INET; use Time::HiRes 'clock_gettime', 'CLOCK_MONOTONIC';
        open my $file, '<', '/proc/sys/kernel/random/boot_id' or die $!;
        chomp(my $boot = <$file>);
        my $server = IO::Socket::INET->new(LocalPort => 7000, Listen => 16, ReuseAddr => 1) or die "port 7000: $!";
        my $ready = IO::Select->new($server);
        my ($count, $next) = (0, clock_gettime(CLOCK_MONOTONIC) + 0.1);
        while (1) {
            my $wait = $next - clock_gettime(CLOCK_MONOTONIC);
            if ($wait <= 0) { $count++; $next += 0.1 }
            elsif ($ready->can_read($wait)) {
                my $client = $server->accept or next;
                print $client "$boot $count\n";
                close $client;
            }
        }

        """;

    private const string HelloScript = $$"""
        #!/bin/sh
        # Says on the serial port that this guest has an address and its counter answers.
        /lib/systemd/systemd-networkd-wait-online --interface=eth0 --ipv4 --timeout=60
        until perl -MIO::Socket::INET -e 'exit !IO::Socket::INET->new("127.0.0.1:7000")'; do sleep 0.2; done
        echo '{{Hello}}' >/dev/ttyS0

        """;

    private static readonly (string Path, string Text)[] Files =
    [
        ("etc/hostname", $"{HostName}\n"),
        ("etc/hosts", $"127.0.0.1 localhost\n127.0.1.1 {HostName}\n::1 localhost\n"),
        ("etc/fstab", ""),
        ("etc/systemd/network/10-card.network", "[Match]\nName=eth0\n\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n"),
        ("etc/systemd/system/counter.service", "[Service]\nExecStart=/usr/local/sbin/counter\n\n[Install]\nWantedBy=multi-user.target\n"),
        (
            "etc/systemd/system/hello.service",
            "[Unit]\nAfter=counter.service systemd-networkd.service\n\n"
                + "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/local/sbin/hello\n\n"
                + "[Install]\nWantedBy=multi-user.target\n"
        ),
    ];

    /// <summary>Writes the files below <paramref name="root"/>.</summary>
    /// <param name="root">A mounted root without running processes.</param>
    public static void Write(string root)
    {
        foreach (var (path, text) in Files)
            WriteFile(root, path, text);
        WriteFile(root, "etc/machine-id", $"{Guid.NewGuid():N}\n");
        foreach (var (path, text) in new[] { ("usr/local/sbin/counter", Counter), ("usr/local/sbin/hello", HelloScript) })
        {
            WriteFile(root, path, text);
            File.SetUnixFileMode(
                Path.Combine(root, path),
                UnixFileMode.UserRead
                    | UnixFileMode.UserWrite
                    | UnixFileMode.UserExecute
                    | UnixFileMode.GroupRead
                    | UnixFileMode.GroupExecute
                    | UnixFileMode.OtherRead
                    | UnixFileMode.OtherExecute
            );
        }

        foreach (var unit in Masked)
        {
            var link = Path.Combine(root, "etc/systemd/system", unit);
            File.Delete(link);
            File.CreateSymbolicLink(link, "/dev/null");
        }
    }

    /// <summary>Moves a file that <see cref="InImage"/> made out of the image's /boot; returns its new path.</summary>
    public static string TakeOut(string root, string folder, string name)
    {
        var target = Path.Combine(folder, name);
        File.Move(Path.Combine(root, "boot", name), target);
        return target;
    }

    private static void WriteFile(string root, string path, string text)
    {
        var full = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.Delete(full); // otherwise a link would be followed out of the root
        File.WriteAllText(full, text);
    }
}
