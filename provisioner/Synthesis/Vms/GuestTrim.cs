using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Vms;

/// <summary>Makes a guest discard the blocks of deleted files and zero its free memory, so that an overlay does not carry them.</summary>
internal static class GuestTrim
{
    /// <summary>
    /// Fills free memory by a file in a tmpfs, which is removed then. It leaves free what the kernel keeps before it reclaims memory, half
    /// more than min_free_kbytes (Documentation/admin-guide/sysctl/vm.rst, watermarks), and half a MiB for the shell.
    /// </summary>
    private const string Script = """
        fstrim -a 2>/dev/null
        free=$(sed -n 's/^MemFree: *\([0-9]*\) kB/\1/p' /proc/meminfo)
        spare=$((free - $(cat /proc/sys/vm/min_free_kbytes) * 3 / 2 - 512))
        [ "$spare" -gt 0 ] || exit 0
        folder=$(mktemp -d) && mount -t tmpfs -o size=100%,mode=700 none "$folder" || exit 1
        dd if=/dev/zero of="$folder/zeros" bs=64k count=$((spare / 64)) 2>/dev/null
        umount "$folder" && rmdir "$folder"
        """;

    /// <summary>
    /// Trims the guest. Unsupported when no guest agent answers, or it does not run programs; ProcessFailed when the guest fails to do it;
    /// Timeout. The VM is unchanged then.
    /// </summary>
    public static async Task RunAsync(RunningVm vm, TimeSpan limit, CancellationToken ct)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(limit);
        try
        {
            using var agent =
                await GuestAgent.FindAsync(vm, timeout.Token)
                ?? throw new CloudletException(
                    ErrorKind.Unsupported,
                    $"VM {vm.Label} can't be trimmed: no guest agent answers in it (package qemu-guest-agent). Create the overlay "
                        + "without --trim."
                );
            switch (await agent.RunAsync(Script, timeout.Token))
            {
                case 0:
                    return;
                case null:
                    throw new CloudletException(
                        ErrorKind.Unsupported,
                        $"VM {vm.Label} can't be trimmed: its guest agent does not allow programs to run (guest-exec). Create the overlay "
                            + "without --trim."
                    );
                case var status:
                    throw new CloudletException(
                        ErrorKind.ProcessFailed,
                        $"VM {vm.Label} can't be trimmed: a tmpfs could not be mounted or unmounted in the guest (status {status}). "
                            + "Create the overlay without --trim."
                    );
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            throw new CloudletException(
                ErrorKind.Timeout,
                $"the guest of VM {vm.Label} was not trimmed within {limit.TotalSeconds:0} s: it is too busy. Create the overlay "
                    + "without --trim.",
                e
            );
        }
    }
}
