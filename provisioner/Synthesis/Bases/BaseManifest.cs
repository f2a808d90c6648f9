using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudlet.Synthesis.Bases;

/// <summary>A part of a base by its content.</summary>
/// <param name="Length">Bytes.</param>
/// <param name="Digest">Of its content, 64 hexadecimal digits: SHA-256 for device state, <see cref="Pages.ContentDigest"/> for disk and memory.</param>
public sealed record BasePart(long Length, string Digest);

/// <summary>What a base is. Its SHA-256 is the base's id, so that whoever has the id can check everything else.</summary>
public sealed record BaseManifest
{
    /// <summary>The only format there is.</summary>
    public const int CurrentFormat = 1;

    /// <summary><see cref="CurrentFormat"/>.</summary>
    public required int Format { get; init; }

    /// <summary>The machine; null when nothing but a disk was imported.</summary>
    public VmDefinition? Definition { get; init; }

    /// <summary>The disk, raw.</summary>
    public required BasePart Disk { get; init; }

    /// <summary>Guest memory at the moment it was sealed, raw, by guest-physical position within the one memory of the machine; null for a disk alone.</summary>
    public BasePart? Memory { get; init; }

    /// <summary>Device state of that moment; null for a disk alone.</summary>
    public BasePart? Devices { get; init; }

    /// <summary>True when it can be resumed, not only booted.</summary>
    [JsonIgnore]
    public bool IsSealed => Definition is not null && Memory is not null && Devices is not null;

    /// <summary>The id: 64 hexadecimal digits.</summary>
    public string Id() => Convert.ToHexStringLower(SHA256.HashData(ToBytes()));

    /// <summary>Canonical JSON: properties in the order of this record, no spaces.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, ManifestJson.Default.BaseManifest);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(BaseManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
