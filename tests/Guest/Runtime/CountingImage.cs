using System.Security.Cryptography;
using Cloudlet.Guest.Tests.Guests;
using Cloudlet.Lab.Model;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.LabHosts;
using Cloudlet.Machine.Processes;

namespace Cloudlet.Guest.Tests.Runtime;

/// <summary>The image of <c>cloudlet lab image</c>: a small guest that counts and has a shell on its serial port.</summary>
internal static class CountingImage
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan Kept = TimeSpan.FromHours(6); // a parallel run may use the image of a slightly older program

    /// <summary>Skips the calling test, or fails it in CI, when VMs can't run here.</summary>
    public static void Require() =>
        LabTesting.RequirePrograms(GuestPrograms.Qemu, GuestPrograms.MakeFileSystem, HelperPrograms.Mmdebstrap, HelperPrograms.QemuImg);

    /// <summary>Its path, made once for each version of the program and kept beside the lab's images.</summary>
    public static async Task<string> PathAsync()
    {
        Require();
        var folder = Directory.CreateDirectory(Path.Combine(LabTesting.ImageStore, "guest-disks")).FullName;
        await using var program = File.OpenRead(CloudletProgram.Path);
        var image = Path.Combine(folder, $"{Convert.ToHexStringLower(await SHA256.HashDataAsync(program))[..12]}.qcow2");
        using var turn = await LabLock.AcquireAsync($"{image}.lock", BuildLimit, TimeProvider.System, CancellationToken.None);
        foreach (
            var old in Directory
                .EnumerateFiles(folder)
                .Where(p => DateTime.UtcNow - File.GetLastWriteTimeUtc(p) > Kept && !p.StartsWith(image, StringComparison.Ordinal))
        )
            File.Delete(old);
        if (!File.Exists(image))
            (await CloudletProgram.RunAsync("lab", "image", image, "--store", LabTesting.ImageStore)).ShouldExitWith(0);
        return image;
    }
}
