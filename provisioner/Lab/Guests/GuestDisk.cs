using System.Buffers.Binary;
using System.Globalization;
using Cloudlet.Errors;
using Cloudlet.Lab.Hosts;
using Cloudlet.Lab.Images;
using Cloudlet.Lab.Model;
using Cloudlet.Lab.Native;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Lab.Guests;

/// <summary>
/// Makes the image of <c>cloudlet lab image</c>: a disk with Debian that boots in a virtual machine with a BIOS and a virtio disk. Needs
/// root.
/// </summary>
public sealed class GuestDisk
{
    /// <summary>Least size of a disk in bytes; its content takes some 300 MiB.</summary>
    public const long LeastSize = 512L << 20;

    /// <summary>Largest size in bytes: the limit of an MBR.</summary>
    public const long MostSize = 2L << 40;

    /// <summary>Start of the partition in bytes. The boot loader is in the gap before it.</summary>
    private const int PartitionStart = 1 << 20;

    private const int Sector = 512;

    /// <summary>
    /// Packages besides a lab host's. tiny-initramfs takes a second where initramfs-tools takes a minute; GRUB is only needed in the image
    /// to build its boot code.
    /// </summary>
    private static readonly string[] Packages = ["grub-pc-bin", "linux-image-cloud-amd64", "perl", "qemu-guest-agent", "tiny-initramfs"];

    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan StepLimit = TimeSpan.FromMinutes(5);

    private readonly LabStore _store;
    private readonly IProcesses _processes;
    private readonly TimeProvider _clock;

    /// <summary>Makes disks from a store's images.</summary>
    public GuestDisk(LabStore store, IProcesses processes, TimeProvider clock) => (_store, _processes, _clock) = (store, processes, clock);

    /// <summary>
    /// Writes the disk as a qcow2 file. InvalidInput for an invalid size or package, AlreadyExists when the file exists, PermissionDenied
    /// without root, NoSpace or ProcessFailed with a program's message. A partial file is never left.
    /// </summary>
    /// <param name="output">The file to make.</param>
    /// <param name="size">Size of the disk in bytes, a multiple of 1 MiB.</param>
    /// <param name="packages">Additional Debian packages of the guest.</param>
    /// <param name="progress">What is being done.</param>
    /// <param name="ct">Stops it.</param>
    public async Task MakeAsync(string output, long size, IReadOnlyList<string> packages, IProgress<string> progress, CancellationToken ct)
    {
        if (size is < LeastSize or > MostSize || size % PartitionStart != 0)
            throw new CloudletException(
                ErrorKind.InvalidInput,
                $"{size} bytes is not a valid disk size: expected whole MiB from {LeastSize >> 20} MiB to {MostSize >> 40} TiB"
            );
        if (Path.Exists(output) || new FileInfo(output).LinkTarget is not null)
            throw new CloudletException(ErrorKind.AlreadyExists, $"{output} exists already: remove it, or give another file");
        if (!Environment.IsPrivilegedProcess)
            throw new CloudletException(
                ErrorKind.PermissionDenied,
                "only root can make a disk with files of root and other users: run 'sudo cloudlet lab image'"
            );
        var images = new LabImages(_store, _processes, _clock);
        var spec = new LabHostSpec(GuestDiskSeed.HostName) { Packages = [.. Packages.Concat(packages).Distinct()] };
        spec.Validate();
        var root = (await images.PrepareAsync(spec, progress, ct)).Root;
        var work = Path.Combine(_store.Folder, "guest-disk");
        using var exclusive = await LabLock.AcquireAsync($"{work}.lock", BuildLimit, _clock, ct);
        try
        {
            MountTable.DeleteFolder(work); // left by a killed run
            Directory.CreateDirectory(work);
            await MakeRawAsync(root, work, size, progress, ct);
            progress.Report("converting to qcow2");
            await RunAsync(
                HelperPrograms.QemuImg,
                ct,
                "convert",
                "-O",
                "qcow2",
                Path.Combine(work, "disk.raw"),
                $"{Path.GetFullPath(output)}.new"
            );
            File.Move($"{output}.new", output);
        }
        finally
        {
            MountTable.DeleteFolder(work);
            File.Delete($"{output}.new");
        }
    }

    private async Task MakeRawAsync(string root, string work, long size, IProgress<string> progress, CancellationToken ct)
    {
        var mounted = new HostRoot(work);
        mounted.Mount(root);
        try
        {
            GuestDiskSeed.Write(mounted.Path);
            await RunAsync(HelperPrograms.Chroot, ct, mounted.Path, "/bin/sh", "-ec", GuestDiskSeed.InImage);
            var core = await File.ReadAllBytesAsync(GuestDiskSeed.TakeOut(mounted.Path, work, "core.img"), ct);
            var boot = await File.ReadAllBytesAsync(GuestDiskSeed.TakeOut(mounted.Path, work, "boot.img"), ct);
            progress.Report("making the file system");
            var disk = Path.Combine(work, "disk.raw");
            await using (var file = File.Create(disk))
                file.SetLength(size);
            await RunAsync(
                HelperPrograms.MakeFileSystem,
                ct,
                "-q",
                "-t",
                "ext4",
                "-N",
                "32768",
                "-E",
                $"offset={PartitionStart},lazy_itable_init=0,lazy_journal_init=0",
                "-d",
                mounted.Path,
                disk,
                $"{Text((size - PartitionStart) >> 10)}k"
            );
            WriteBoot(disk, boot, core, size);
        }
        finally
        {
            mounted.Unmount();
        }
    }

    /// <summary>
    /// Writes the first sector, which has GRUB's boot code and the partition table (one partition, type 0x83, bootable), and GRUB's core
    /// after it. The boot code has the core's position, the core its own length. Cylinder addresses are those that mean "out of range".
    /// </summary>
    internal static void WriteBoot(string disk, ReadOnlySpan<byte> boot, ReadOnlySpan<byte> core, long size)
    {
        const int Table = 446;
        if (boot.Length != Sector || core.Length > PartitionStart - Sector)
            throw new CloudletException(
                ErrorKind.Unexpected,
                $"GRUB made a boot sector of {boot.Length} bytes and a core of {core.Length}, which do not fit before the partition"
            );
        var first = new byte[Sector];
        boot[..440].CopyTo(first);
        Span<byte> partition = first.AsSpan(Table, 16);
        ((ReadOnlySpan<byte>)[0x80, 0xfe, 0xff, 0xff, 0x83, 0xfe, 0xff, 0xff]).CopyTo(partition);
        BinaryPrimitives.WriteUInt32LittleEndian(partition[8..], PartitionStart / Sector);
        BinaryPrimitives.WriteUInt32LittleEndian(partition[12..], (uint)((size - PartitionStart) / Sector));
        (first[510], first[511]) = (0x55, 0xaa);
        using var file = File.OpenHandle(disk, FileMode.Open, FileAccess.Write);
        RandomAccess.Write(file, first, 0);
        RandomAccess.Write(file, core, Sector);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task RunAsync(HelperProgram program, CancellationToken ct, params string[] arguments)
    {
        var result = await _processes.RunAsync(program, arguments, StepLimit, ct);
        if (result.ExitCode != 0)
            throw new CloudletException(
                result.Error.Contains("No space left", StringComparison.Ordinal)
                || result.Error.Contains("Could not allocate", StringComparison.Ordinal)
                    ? ErrorKind.NoSpace
                    : ErrorKind.ProcessFailed,
                $"{program.Name} could not {program.Why} (exit code {result.ExitCode}): {result.Error.Trim()}"
            );
    }
}
