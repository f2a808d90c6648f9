using System.Net.Http.Headers;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Cloudlet.Check.Guests;
using Cloudlet.OpenStack;

namespace Cloudlet.Check.Clouds;

/// <summary>
/// Images for a guest that boots a kernel directly: kernel, initial file system, and an empty disk that names both. QEMU needs no boot
/// loader then, and the guest no disk.
/// </summary>
/// <param name="cloud">The cloud.</param>
internal sealed class ImageMaker(CheckCloud cloud)
{
    private const string Service = ServiceTypes.Image;
    private static readonly TimeSpan UploadLimit = TimeSpan.FromMinutes(10);

    /// <summary>Command line of the guest's kernel. Its words are on the serial console, which Nova reads.</summary>
    public static string CommandLine =>
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64
            ? "console=ttyAMA0 loglevel=4"
            : "console=ttyS0 no_timer_check loglevel=4";

    /// <summary>Uploads the images.</summary>
    /// <returns>Id of the image of the disk.</returns>
    public async Task<string> UploadAsync(Guest guest)
    {
        var kernel = await UploadAsync("kernel", "aki", "aki", guest.Kernel, []);
        var initial = await UploadAsync("ramdisk", "ari", "ari", guest.InitialFileSystem, []);

        // Not as ami: since CVE-2024-32498 Nova refuses a disk whose content it cannot tell to be of its format.
        return await UploadAsync(
            "disk",
            "raw",
            "bare",
            new byte[1 << 20],
            new JsonObject
            {
                ["kernel_id"] = kernel,
                ["ramdisk_id"] = initial,
                ["os_command_line"] = CommandLine,
            }
        );
    }

    /// <summary>Id of an image that the cloud has.</summary>
    public async Task<string> FindAsync(string name) =>
        CheckCloud.IdOf(
            CheckCloud.OnlyOne(await cloud.ListAsync(Service, $"/images?name={Uri.EscapeDataString(name)}", "images"), "image", name)
        );

    private async Task<string> UploadAsync(string part, string disk, string container, byte[] data, JsonObject properties)
    {
        properties["name"] = $"{cloud.Name}-{part}";
        properties["disk_format"] = disk;
        properties["container_format"] = container;
        properties["visibility"] = "private";
        var id = CheckCloud.IdOf(await cloud.CreateAsync(Service, "/images", key: null, properties));
        await cloud.SendAsync(
            new CloudRequest(HttpMethod.Put, Service, $"/images/{id}/file")
            {
                Content = () =>
                    new ByteArrayContent(data) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } },
                Limit = UploadLimit,
            }
        );
        return id;
    }
}
