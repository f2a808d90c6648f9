using Cloudlet.Errors;

namespace Cloudlet.Synthesis.Vms;

/// <summary>
/// Lets a guest give back what it does not use, before an overlay is cut: blocks of deleted files are discarded, and free memory, which holds what was there last, is filled with zeros. Neither is carried then.
/// </summary>
internal static class GuestTrim
{
    /// <summary>
    /// Memory is taken as a file and given back. As much stays free as the kernel wants before it takes memory from others: half more than min_free_kbytes is where it stops to
    /// (Documentation/admin-guide/sysctl/vm.rst, watermarks), and half a MiB is for the shell.
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

    /// <summary>Runs it. Unsupported when no guest agent answers, or it does not let programs run; ProcessFailed when the guest can't do it; Timeout. Nothing has changed for the VM then.</summary>
    public static async Task RunAsync(RunningVm vm, TimeSpan limit, CancellationToken ct)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(limit);
        try
        {
            using var agent = await GuestAgent.FindAsync(vm, timeout.Token)
                ?? throw new CloudletException(ErrorKind.Unsupported, $"VM {vm.Label} can't be trimmed: no guest agent answers in it (package qemu-guest-agent). Cut the overlay without --trim.");
            switch (await agent.RunAsync(Script, timeout.Token))
            {
                case 0: return;
                case null: throw new CloudletException(ErrorKind.Unsupported, $"VM {vm.Label} can't be trimmed: its guest agent does not let programs run (guest-exec). Cut the overlay without --trim.");
                case var status: throw new CloudletException(ErrorKind.ProcessFailed, $"VM {vm.Label} can't be trimmed: a tmpfs could not be mounted or unmounted in the guest (status {status}). Cut the overlay without --trim.");
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException && !ct.IsCancellationRequested)
        {
            throw new CloudletException(ErrorKind.Timeout, $"the guest of VM {vm.Label} was not trimmed within {limit.TotalSeconds:0} s: it is too busy. Cut the overlay without --trim.", e);
        }
    }
}
