using System.Buffers.Binary;
using System.Globalization;
using Cloudlet.Errors;
using Cloudlet.Lab.Hosts;
using Cloudlet.Lab.Images;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Lab.Guests;

/// <summary>What <c>cloudlet lab image</c> makes: a disk with Debian that boots by itself in a virtual machine with a BIOS and a virtio disk. Needs root.</summary>
public sealed class GuestDisk
{
    /// <summary>Least size of a disk, bytes: what is on it takes some 300 MiB.</summary>
    public const long LeastSize = 512L << 20;

    /// <summary>Largest size, bytes: what an MBR can describe.</summary>
    public const long MostSize = 2L << 40;

    /// <summary>Where the partition starts, bytes. Boot loaders live in the gap before it.</summary>
    private const int PartitionStart = 1 << 20;

    private const int Sector = 512;

    /// <summary>What the image has besides a lab host's packages. tiny-initramfs takes a second where initramfs-tools takes a minute; GRUB puts itself together in the image and does not stay there.</summary>
    private static readonly string[] s_packages = ["grub-pc-bin", "linux-image-cloud-amd64", "perl", "qemu-guest-agent", "tiny-initramfs"];

    private static readonly TimeSpan s_buildLimit = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan s_stepLimit = TimeSpan.FromMinutes(5);

    private readonly LabStore _store;
    private readonly IProcesses _processes;
    private readonly TimeProvider _clock;

    /// <summary>Makes disks out of a store's images.</summary>
    public GuestDisk(LabStore store, IProcesses processes, TimeProvider clock) => (_store, _processes, _clock) = (store, processes, clock);

    /// <summary>
    /// Writes the disk as a qcow2 file. InvalidInput for a size or package that can't be, AlreadyExists when there is a file of that name, PermissionDenied without root, NoSpace or ProcessFailed with what a program said. Half a file is never left.
    /// </summary>
    /// <param name="output">The file to make.</param>
    /// <param name="size">Bytes of the disk, a multiple of 1 MiB.</param>
    /// <param name="packages">Debian packages that the guest has besides.</param>
    /// <param name="progress">What is being done.</param>
    /// <param name="ct">Stops it.</param>
    public async Task MakeAsync(string output, long size, IReadOnlyList<string> packages, IProgress<string> progress, CancellationToken ct)
    {
        if (size is < LeastSize or > MostSize || size % PartitionStart != 0)
            throw new CloudletException(ErrorKind.InvalidInput, $"a disk of {size} bytes can't be: whole MiB from {LeastSize >> 20} MiB to {MostSize >> 40} TiB");
        if (File.Exists(output))
            throw new CloudletException(ErrorKind.AlreadyExists, $"{output} is there already: remove it, or name another file");
        if (!Environment.IsPrivilegedProcess)
            throw new CloudletException(ErrorKind.PermissionDenied, "a disk has files of root and others, which only root may make: run 'sudo cloudlet lab image'");
        var images = new LabImages(_store, _processes, _clock);
        var spec = new LabHostSpec(GuestDiskSeed.HostName) { Packages = [.. s_packages.Concat(packages).Distinct()] };
        spec.Validate();
        var root = images.RootOf(await images.GetAsync(spec, progress, ct));
        var work = Path.Combine(_store.Folder, "guest-disk");
        using var turn = await LabLock.AcquireAsync($"{work}.lock", s_buildLimit, _clock, ct);
        try
        {
            Remove(work); // of one that was killed
            Directory.CreateDirectory(work);
            await MakeRawAsync(root, work, size, progress, ct);
            progress.Report("converting to qcow2");
            await RunAsync(HelperPrograms.QemuImg, ct, "convert", "-O", "qcow2", Path.Combine(work, "disk.raw"), $"{Path.GetFullPath(output)}.new");
            File.Move($"{output}.new", output);
        }
        finally
        {
            Remove(work);
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
                HelperPrograms.MakeFileSystem, ct, "-q", "-t", "ext4", "-N", "32768", "-E", $"offset={PartitionStart},lazy_itable_init=0,lazy_journal_init=0", "-d", mounted.Path, disk, $"{Text((size - PartitionStart) >> 10)}k");
            WriteBoot(disk, boot, core, size);
        }
        finally
        {
            mounted.Unmount();
        }
    }

    /// <summary>
    /// The first sector: GRUB's code, which loads what follows it (where from is in it, and how much is in what follows), and the partition table (one partition, type 0x83, bootable). Addresses by cylinder are the ones that mean "too far".
    /// </summary>
    internal static void WriteBoot(string disk, ReadOnlySpan<byte> boot, ReadOnlySpan<byte> core, long size)
    {
        const int Table = 446;
        if (boot.Length != Sector || core.Length > PartitionStart - Sector)
            throw new CloudletException(ErrorKind.Unexpected, $"GRUB made a boot sector of {boot.Length} bytes and a core of {core.Length}, which do not fit before the partition");
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

    private static void Remove(string work)
    {
        new HostRoot(work).Unmount();
        if (Directory.Exists(work))
            Directory.Delete(work, recursive: true);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task RunAsync(HelperProgram program, CancellationToken ct, params string[] arguments)
    {
        var result = await _processes.RunAsync(program, arguments, s_stepLimit, ct);
        if (result.ExitCode != 0)
            throw new CloudletException(
                result.Error.Contains("No space left", StringComparison.Ordinal) || result.Error.Contains("Could not allocate", StringComparison.Ordinal) ? ErrorKind.NoSpace : ErrorKind.ProcessFailed,
                $"{program.Name} could not {program.Why} (exit code {result.ExitCode}): {result.Error.Trim()}");
    }
}
