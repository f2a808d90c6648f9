using System.Security.Cryptography;
using Cloudlet.Lab;
using Cloudlet.Lab.Tests.Converge;
using Cloudlet.Lab.Tests.LabHosts;

namespace Cloudlet.Guest.Tests.Runtime;

/// <summary>The image of <c>cloudlet lab image</c>, made once for each program and kept beside the lab's images.</summary>
internal static class CountingImage
{
    private static readonly TimeSpan s_buildLimit = TimeSpan.FromMinutes(20);

    /// <summary>Path of the image.</summary>
    public static async Task<string> GetAsync()
    {
        RuntimeStoreFolder.Require();
        var folder = Directory.CreateDirectory(Path.Combine(LabTesting.ImageStore, "guest-disks")).FullName;
        await using var program = File.OpenRead(CloudletProgram.Path);
        var image = Path.Combine(folder, $"{Convert.ToHexStringLower(await SHA256.HashDataAsync(program))[..12]}.qcow2");
        using var turn = await LabLock.AcquireAsync($"{image}.lock", s_buildLimit, TimeProvider.System, CancellationToken.None);
        if (!File.Exists(image))
            (await CloudletProgram.RunAsync(["lab", "image", image, "--store", LabTesting.ImageStore])).ShouldExitWith(0);
        return image;
    }
}
