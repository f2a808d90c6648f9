using System.Text.Json;
using Cloudlet.OpenStack;

namespace Cloudlet.Resources.Kinds.CloudImages;

/// <summary>The properties that people give an image; Glance lists them beside its own.</summary>
internal static class ImageProperties
{
    /// <summary>Names of Glance's own (image schema of Zed to Epoxy), and of those that other keys of a description set.</summary>
    private static readonly HashSet<string> OfGlance =
    [
        "checksum",
        "cloudlet_sha256",
        "cloudlet_uploading",
        "container_format",
        "created_at",
        "direct_url",
        "disk_format",
        "file",
        "id",
        "kernel_id",
        "locations",
        "min_disk",
        "min_ram",
        "name",
        "os_hash_algo",
        "os_hash_value",
        "os_hidden",
        "owner",
        "protected",
        "ramdisk_id",
        "schema",
        "self",
        "size",
        "status",
        "stores",
        "tags",
        "updated_at",
        "virtual_size",
        "visibility",
    ];

    /// <summary>Name and value of each.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Own(JsonElement image) =>
        image.ValueKind == JsonValueKind.Object
            ? image
                .EnumerateObject()
                .Where(static p => !OfGlance.Contains(p.Name) && !p.Name.StartsWith("os_glance_", StringComparison.Ordinal))
                .Where(static p => p.Value.ValueKind == JsonValueKind.String)
                .Select(p => KeyValuePair.Create(p.Name, image.Text(p.Name) ?? ""))
            : [];
}
