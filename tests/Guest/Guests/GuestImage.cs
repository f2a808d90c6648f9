using System.Security.Cryptography;
using System.Text;
using Cloudlet.Lab.Hosts;
using Cloudlet.Lab.Images;
using Cloudlet.Lab.Model;
using Cloudlet.Lab.Native;
using Cloudlet.Lab.Tests.LabHosts;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Guest.Tests.Guests;

/// <summary>
/// The disk and the kernel of guests: a lab image with Debian's kernel, on ext4. Stored beside the lab's images and built once, by the
/// first test that needs it.
/// </summary>
internal sealed class GuestImage
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan StepLimit = TimeSpan.FromMinutes(5);

    /// <summary>
    /// tiny-initramfs replaces initramfs-tools, which takes longer than the rest of the kernel and creates files that no guest uses.
    /// </summary>
    private static readonly LabHostSpec Packages = new(GuestSeed.Name) { Packages = ["linux-image-cloud-amd64", "tiny-initramfs"] };

    /// <summary>
    /// Journal and data=ordered, the defaults of mke2fs and the kernel, as on a host: they determine what a power cut can tear. The inode
    /// tables are zeroed now, not by a kernel thread in every guest.
    /// </summary>
    private static readonly string[] FileSystem = ["-q", "-t", "ext4", "-N", "65536", "-E", "lazy_itable_init=0,lazy_journal_init=0"];

    private readonly string _folder;

    private GuestImage(string folder) => _folder = folder;

    /// <summary>The raw disk; guests write to a layer above it.</summary>
    public string Disk => Path.Combine(_folder, "disk.raw");

    public string Kernel => Path.Combine(_folder, "vmlinuz");

    /// <summary>Private key for logging in as root.</summary>
    public string Key => Path.Combine(_folder, "id_ed25519");

    /// <summary>The guests' public key, in the format of known_hosts after the name.</summary>
    public string HostKey => string.Join(' ', File.ReadAllText(Path.Combine(_folder, "host_key.pub")).Split(' ')[..2]);

    /// <summary>The image; built now unless it exists.</summary>
    public static async Task<GuestImage> GetAsync()
    {
        var images = new LabImages(new LabStore(LabTesting.ImageStore), new HostProcesses(), TimeProvider.System);
        var lab = await images.PrepareAsync(Packages, new Progress<string>(), CancellationToken.None);
        var recipe = string.Join('\n', [lab.Digest, GuestSeed.Text, .. FileSystem]);
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(recipe)))[..12];
        var image = new GuestImage(Path.Combine(LabTesting.ImageStore, "guests", digest));
        using var turn = await LabLock.AcquireAsync(image._folder + ".lock", BuildLimit, TimeProvider.System, CancellationToken.None);
        if (!Directory.Exists(image._folder))
            await BuildAsync(lab.Root, image._folder);
        return image;
    }

    private static async Task BuildAsync(string root, string final)
    {
        var building = new GuestImage(final + ".building");
        var mounted = new HostRoot(building._folder);
        MountTable.DeleteFolder(building._folder); // left by a build that was killed
        Directory.CreateDirectory(building._folder);
        var hostKey = Path.Combine(building._folder, "host_key");
        foreach (var key in new[] { building.Key, hostKey })
            await GuestPrograms.RunAsync(HelperPrograms.SshKeygen, StepLimit, "-q", "-t", "ed25519", "-N", "", "-C", "guest", "-f", key);
        File.Copy(Directory.GetFiles(Path.Combine(root, "boot"), "vmlinuz-*").ShouldHaveSingleItem(), building.Kernel);
        mounted.Mount(root);
        try
        {
            GuestSeed.Write(mounted.Path, (await File.ReadAllTextAsync(building.Key + ".pub")).Trim(), hostKey);
            await GuestPrograms.RunAsync(GuestPrograms.MakeFileSystem, StepLimit, [.. FileSystem, "-d", mounted.Path, building.Disk, "2G"]);
        }
        finally
        {
            mounted.Unmount();
        }

        foreach (var layer in new[] { "upper", "work", "root" })
            Directory.Delete(Path.Combine(building._folder, layer), recursive: true);
        Directory.Move(building._folder, final);
    }
}
